"""A placeholder where an account is to be filled in is one mistake, and hides no other."""

import pytest

from tests.manifests.checking import check_text

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: f}
spec:
  subscriptions:
    main: {id: "<GUID of the subscription>"}
---
"""
SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: s}
spec:
  account: {subscription: SUBSCRIPTION, resourceGroup: "GROUP", name: acc, region: swedencentral}
  deployments:
    - name: chat
      undecided: deployed only if x
      model: {name: gpt-4.1, version: nonsense}
      sku: {name: Standard}
"""
GUID = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("fleet", "subscription", "group"),
    [("", GUID, "<resourceGroup().name>"), (FLEET, "main", "rg"), (FLEET, "main", "<resourceGroup().name>")],
)
def test_what_is_wrong_with_the_deployments_is_found_too(fleet: str, subscription: str, group: str) -> None:
    checked = check_text(fleet + SET.replace("SUBSCRIPTION", subscription).replace("GROUP", group))
    assert {"invalid-value", "undecided", "unknown-model-version", "capacity-missing"} <= checked.codes
    assert checked.loaded.desired is None


def test_two_placeholders_are_two_accounts() -> None:
    sets = [SET.replace("SUBSCRIPTION", GUID).replace("GROUP", f"<{name}>") for name in "ab"]
    assert "duplicate-deployment" not in check_text("---".join(sets)).codes
    same = [sets[0], sets[0].replace("name: s}", "name: t}")]
    assert "duplicate-deployment" in check_text("---".join(same)).codes


def test_a_header_with_another_mistake_is_not_guessed_at() -> None:
    text = SET.replace("SUBSCRIPTION", GUID).replace("GROUP", "<x>").replace("region:", "regoin:")
    assert "unknown-model-version" not in check_text(text).codes
