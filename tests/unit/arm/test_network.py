"""The way out: which proxy, whose certificates, and what is said of a setting that cannot be obeyed."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from azure import identity
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.arm.azure_credential import azure_credential
from reconciler.arm.network import Network, bypassed
from reconciler.arm.origin import Origin
from reconciler.errors import UsageProblem

ARM = Origin(scheme="https", host="management.azure.com", port=443)
LOCAL = Origin(scheme="http", host="127.0.0.1", port=8080)


def network(**environ: str) -> Network:
    return Network(environ=environ)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128 (from HTTPS_PROXY)"),
        ({"https_proxy": "proxy:3128", "HTTPS_PROXY": "other:1"}, "http://proxy:3128 (from https_proxy)"),
        ({"ALL_PROXY": "http://all"}, "http://all (from ALL_PROXY)"),
        ({"HTTP_PROXY": "http://plain:3128"}, None),
        ({"HTTPS_PROXY": " "}, None),
        ({"HTTPS_PROXY": "http://me:CANARY@proxy:3128/"}, "http://proxy:3128 (from HTTPS_PROXY)"),
        ({"HTTPS_PROXY": "http://[fd00::1]:3128"}, "http://[fd00::1]:3128 (from HTTPS_PROXY)"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".azure.com"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, None),
        (
            {"HTTPS_PROXY": "http://p", "NO_PROXY": "10.96.0.0/12,fd00::/8,[::1]"},
            "http://p (from HTTPS_PROXY)",
        ),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(environ: dict[str, str], wanted: str | None) -> None:
    """F-148."""
    route = network(**environ).route(ARM)
    assert (None if route is None else str(route)) == wanted
    assert "CANARY" not in repr(route)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("http://proxy:99999", "'99999' is not a port"),
        ("http://proxy:abc", "'abc' is not a port"),
        ("http://proxy:0", "'0' is not a port"),
        ("ftp://proxy", "ftp:// is not a known kind of proxy"),
        ("http://", "not the address of a proxy"),
        ("http://pro xy:1", "not the address of a proxy"),
        ("http://user:CANARY@:3128", "not the address of a proxy"),
        ("http://[::1:3128", "not the address of a proxy"),
        ("http://pro\x00xy", "not the address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_told_with_the_variable_that_names_it(value: str, why: str) -> None:
    """F-148: today "a bug in this program: InvalidURL"."""
    with pytest.raises(UsageProblem) as found:
        network(HTTPS_PROXY=value).route(ARM)
    assert str(found.value).startswith("HTTPS_PROXY cannot be used: ")
    assert why in str(found.value)
    assert "CANARY" not in str(found.value)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
def test_a_socks_proxy_without_its_extra_says_what_to_install(scheme: str) -> None:
    """F-148."""
    with pytest.raises(UsageProblem, match=r"reconciler\[socks\]"):
        network(all_proxy=f"{scheme}://proxy:1080").route(ARM)


def test_nothing_stands_between_us_and_this_machine() -> None:
    assert network(HTTP_PROXY="http://proxy:99999", ALL_PROXY="x://").route(LOCAL) is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "wanted"),
    [
        ("10.96.0.0/12", "10.96.0.1", True),
        ("10.96.0.0/12", "10.112.0.1", False),
        ("10.96.0.7/12", "10.96.0.1", True),
        ("fd00::/8", "[fd12::1]", True),
        ("fd00::/8", "[fe80::1]", False),
        ("[::1]", "[::1]", True),
        ("::1", "[::1]", True),
        ("[::1]:443", "[::1]", True),
        ("[::1]:80", "[::1]", False),
        ("0.0.0.0/0", "[::1]", False),
        ("azure.com", "management.azure.com", True),
        (".azure.com", "management.azure.com", True),
        ("*.azure.com", "management.azure.com", True),
        ("azure.com", "notazure.com", False),
        ("MANAGEMENT.azure.com:443", "management.azure.com", True),
        ("management.azure.com:8443", "management.azure.com", False),
        ("a, b  management.azure.com", "management.azure.com", True),
        ("", "management.azure.com", False),
        (".", "management.azure.com", False),
        ("/12", "10.0.0.1", False),
    ],
)
def test_no_proxy_lists_names_suffixes_addresses_and_networks(
    no_proxy: str,
    host: str,
    wanted: bool,
) -> None:
    """F-148."""
    assert bypassed(no_proxy, host, 443) is wanted


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]),
        st.text(max_size=40) | st.from_regex(r"(http|socks5h?)://[^ ]{0,20}:?[0-9]{0,6}", fullmatch=True),
    )
)
def test_no_environment_is_worse_than_a_usage_problem(environ: dict[str, str]) -> None:
    """F-148."""
    with suppress(UsageProblem):
        route = Network(environ=environ).route(ARM)
        assert route is None or route.variable in environ


# -- certificates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "environ", "named"),
    [
        (True, {"SSL_CERT_FILE": "b", "REQUESTS_CA_BUNDLE": "c"}, "--ca-file"),
        (False, {"SSL_CERT_FILE": "b", "REQUESTS_CA_BUNDLE": "c"}, "SSL_CERT_FILE"),
        (False, {"REQUESTS_CA_BUNDLE": "c"}, "REQUESTS_CA_BUNDLE"),
        (False, {}, None),
    ],
)
def test_one_rule_says_whose_certificates_are_believed(
    flag: bool,
    environ: dict[str, str],
    named: str | None,
) -> None:
    """F-148."""
    found = Network(ca_file=Path("a") if flag else None, environ=environ).authorities
    assert (found and found[0]) == named


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_file_that_holds_no_certificates_is_told_with_the_variable_that_names_it(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(UsageProblem, match=f"{name} .*ca.pem cannot be read as PEM"):
        _ = Network(environ={name: str(tmp_path / "ca.pem")}).context


def test_sign_in_goes_out_as_arm_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-148: by the same proxy and NO_PROXY, with the very same certificates, reading no variable itself."""
    given: dict[str, object] = {}
    monkeypatch.setattr(identity, "EnvironmentCredential", lambda **words: given.update(words))
    way = network(HTTPS_PROXY="http://proxy:3128", NO_PROXY="169.254.0.0/16")
    azure_credential("environment", "login.microsoftonline.com", None, way)
    session = given["transport"].session  # type: ignore[attr-defined]  # azure-core's own
    assert session.trust_env is False
    settings = session.merge_environment_settings(
        "https://login.microsoftonline.com/x?y", {}, None, None, None
    )
    assert settings["proxies"] == {"https": "http://proxy:3128"}
    direct = session.merge_environment_settings("http://169.254.169.254/metadata", {}, None, None, None)
    assert direct["proxies"] == {}
    pool = session.get_adapter("https://login.microsoftonline.com").poolmanager
    assert pool.connection_pool_kw["ssl_context"] is way.context


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTPS_PROXY": "socks5h://proxy:1080"},
        {"HTTPS_PROXY": "http://proxy:99999"},
        {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.96.0.0/12,fd00::/8,[::1]"},
        {"HTTPS_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/dev/null"},
    ],
)
def test_no_network_setting_ends_a_command_in_a_bug(environ: dict[str, str], tmp_path: Path) -> None:
    """F-148: as somebody in a company's network runs it."""
    words = ["plan", "examples/quickstart", "--cloud", "AzureCloud", "--credential", "environment"]
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words, "--timeout", "20"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "PYTHONPATH": ".", "HOME": str(tmp_path), **environ},
    )
    assert done.returncode in {1, 64}, done.stderr
    assert "a bug in this program" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
