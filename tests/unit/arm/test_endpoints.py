"""Where a token may go, whatever names the address."""

import pytest

from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.arm.tokens import AzureTokens
from reconciler.cli import run
from reconciler.errors import UsageProblem
from tests.simulated.time import VirtualClock


@pytest.mark.parametrize(
    ("cloud", "endpoint"),
    [
        ("AzureCloud", "https://evil.example"),
        ("AzureCloud", "https://management.azure.com.evil.example"),
        ("AzureCloud", "https://evilmanagement.azure.com"),
        ("AzureCloud", "https://azure.com"),
        ("AzureCloud", "https://management.azure.com:8443"),
        ("AzureCloud", "https://management.usgovcloudapi.net"),
        ("AzureUSGovernment", "https://management.azure.com"),
    ],
)
def test_a_real_credential_goes_to_the_hosts_of_its_own_cloud_alone(cloud: str, endpoint: str) -> None:
    """F-147."""
    with pytest.raises(UsageProblem, match=f"is not an address of {cloud}"):
        ArmClient(ArmSettings(endpoint=endpoint), AzureTokens(cloud=cloud), VirtualClock())


@pytest.mark.parametrize(
    ("cloud", "endpoint"),
    [
        ("AzureCloud", "https://management.azure.com"),
        ("AzureCloud", "https://eastus2.management.azure.com/"),
        ("AzureChinaCloud", "https://management.chinacloudapi.cn"),
    ],
)
def test_the_hosts_of_a_cloud_are_its_address_and_those_below_it(cloud: str, endpoint: str) -> None:
    ArmClient(ArmSettings(endpoint=endpoint), AzureTokens(cloud=cloud), VirtualClock())


@pytest.mark.parametrize("how", ["variable", "flag"])
def test_an_address_of_somebody_elses_is_refused_before_anybody_signs_in(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-147: seen with RECONCILER_ENDPOINT; a flag names no other host either."""
    flags = ["--endpoint", "https://evil.example"] if how == "flag" else []
    if how == "variable":
        monkeypatch.setenv("RECONCILER_ENDPOINT", "https://evil.example")
    code = run(["plan", "examples/quickstart", "--cloud", "AzureCloud", "--credential", "cli", *flags])
    assert code == 64
    told = " ".join(capsys.readouterr().err.split())
    assert "https://evil.example is not an address of AzureCloud" in told
    assert "Traceback" not in told
