"""Which addresses may get a token."""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.arm.origin import LONGEST_URL, Origin, acceptable, endpoint_origin, origin_of

HOME = Origin(scheme="https", host="management.azure.com", port=443)
LOCAL = Origin(scheme="http", host="127.0.0.1", port=8080)


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/subscriptions/x?api-version=2017-04-18&t=1&s=a%2Fb",
        "https://management.azure.com:443/x",
        "HTTPS://Management.Azure.COM/x",
        "https://management.azure.com/" + "x" * 3200,
    ],
)
def test_an_address_of_the_endpoint_is_followed(url: str) -> None:
    """F-066, F-123."""
    assert acceptable(url, HOME)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://evil.example/x", "another host"),
        ("https://management.azure.com.evil.example/x", "a look-alike behind"),
        ("https://evilmanagement.azure.com/x", "a look-alike in front"),
        ("https://management.azure.com:8443/x", "another port"),
        ("http://management.azure.com/x", "another scheme"),
        ("ftp://management.azure.com/x", "no scheme of ours"),
        ("https://management.azure.com@evil.example/x", "userinfo that looks like the host"),
        ("https://user:pass@management.azure.com/x", "userinfo"),
        ("https://evil.example\\@management.azure.com/x", "a backslash that parsers read differently"),
        ("https://management.azure.com\\.evil.example/x", "the same in the host"),
        ("https://evil.example#@management.azure.com/x", "a fragment that hides the host"),
        ("https://management.azure.com/x#y", "a fragment"),
        ("//management.azure.com/x", "no scheme"),
        ("/subscriptions/x", "relative (F-067)"),
        ("", "empty (F-067)"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://management.azure.com:99999/x", "no port"),
        ("https://management.azure.com:0/x", "no port"),
        ("https://management.azure.com /x", "a blank"),
        (" https://management.azure.com/x", "a blank in front"),
        ("https://management.azure.com/x\r\nHost: evil.example", "a header in it"),
        ("https://management.azure.com/\x00", "a control character"),
        ("https://managemént.azure.com/x", "letters beyond ASCII"),
        ("https://management。azure。com/x", "dots beyond ASCII"),
        ("https://management.azure.com/" + "x" * 8200, "longer than 8 KiB (F-067)"),
    ],
)
def test_any_other_address_is_refused(url: str, reason: str) -> None:
    """F-066, F-067, F-123."""
    assert not acceptable(url, HOME), reason


def test_the_longest_address_and_the_last_port_are_still_good() -> None:
    """F-067."""
    start = "https://management.azure.com/"
    assert acceptable(start + "x" * (LONGEST_URL - len(start)), HOME)
    assert not acceptable(start + "x" * (LONGEST_URL - len(start) + 1), HOME)
    assert origin_of("https://x:65535/") == Origin(scheme="https", host="x", port=65535)
    assert origin_of("https://x:1/") == Origin(scheme="https", host="x", port=1)
    assert origin_of("https://x:65536/") is None


def test_plain_http_is_for_this_machine_only() -> None:
    """F-066."""
    plain = Origin(scheme="http", host="management.azure.com", port=80)
    assert not acceptable("http://management.azure.com/x", plain)
    assert acceptable("http://127.0.0.1:8080/x", LOCAL)
    assert not acceptable("http://127.0.0.1:8081/x", LOCAL)


@given(st.text(alphabet="htps:/\\@#?.%evil-azuremgnt127[]\t\r\n 0", max_size=60))
@example("https://management.azure.com:443@evil/")
@example("https://evil/?https://management.azure.com/")
def test_what_is_accepted_is_dialled_at_the_endpoint(text: str) -> None:
    """F-066, F-123: the strict pattern and httpx never disagree on the host of an accepted address."""
    for url in (text, "https://management.azure.com" + text, "https://" + text):
        if acceptable(url, HOME):
            dialled = httpx.URL(url)
            assert (dialled.scheme, dialled.host, dialled.port or 443) == ("https", HOME.host, 443)
            assert not dialled.userinfo


@pytest.mark.parametrize(
    ("endpoint", "wanted"),
    [
        ("https://management.azure.com", "https://management.azure.com"),
        ("https://management.azure.com/", "https://management.azure.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_endpoint_is_a_bare_origin(endpoint: str, wanted: str) -> None:
    assert str(endpoint_origin(endpoint)) == wanted


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://management.azure.com",
        "http://0.0.0.0:80",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "https://management.azure.com/path",
        "https://management.azure.com?x=1",
        "management.azure.com",
        "",
    ],
)
def test_other_endpoints_are_refused(endpoint: str) -> None:
    """F-135."""
    assert endpoint_origin(endpoint) is None


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1/x", 80),
        ("https://management.azure.com/x", 443),
        ("https://management.azure.com:1/x", 1),
        ("https://management.azure.com:65535/x", 65535),
        ("https://management.azure.com:0/x", None),
        ("https://management.azure.com:65536/x", None),
    ],
)
def test_a_port_is_the_usual_one_or_one_that_there_is(url: str, port: int | None) -> None:
    found = origin_of(url)
    assert (None if found is None else found.port) == port


def test_an_address_has_at_most_eight_kib() -> None:
    """F-067."""
    longest = f"{HOME}/".ljust(8 * 1024, "x")
    assert acceptable(longest, HOME)
    assert not acceptable(f"{longest}x", HOME)


@pytest.mark.parametrize(
    ("scheme", "port", "usual"),
    [("https", 443, True), ("https", 8443, False), ("http", 443, False), ("http", 80, False)],
)
def test_only_https_at_its_port_is_usual(scheme: str, port: int, *, usual: bool) -> None:
    assert Origin(scheme=scheme, host="management.azure.com", port=port).usual is usual


def test_loopback_is_told_by_address_not_by_look() -> None:
    """F-135."""
    assert [origin_of(url).loopback for url in ("http://127.9.9.9", "http://[::1]", "http://localhost")] == [  # type: ignore[union-attr] # all three are origins
        True,
        True,
        True,
    ]
    assert not HOME.loopback
