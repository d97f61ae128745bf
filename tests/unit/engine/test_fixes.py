"""The advice on error codes; its table belongs to the engine, which puts it into every report."""

import re

import pytest

from reconciler.engine.fixes import after_failure, fix_for
from reconciler.manifest import rules

# Codes met with deployments, as recordings, public issues and documentation show them.
CODES = [
    "715-123420",
    "AnthropicOrganizationCreationException",
    "InvalidModelProviderData",
    "MarketplacePurchaseEligibilityFailed",
    "MarketplaceSubscriptionCannotBeCompleted",
    "OperationNotAllowed",
    "ReadOnlyDisabledSubscription",
    "RequestDisallowedByAzure",
    "AccountProvisioningStateInvalid",
    "AuthorizationFailed",
    "BadGatewayConnection",
    "CannotChangeDeploymentModel",
    "CannotDeleteResource",
    "CustomDomainInUse",
    "DeploymentModelNotSupported",
    "ExpiredAuthenticationToken",
    "FlagMustBeSetForRestore",
    "GatewayTimeout",
    "InsufficientQuota",
    "InternalServerError",
    "InvalidAuthenticationTokenTenant",
    "InvalidCapacity",
    "InvalidRequestContent",
    "InvalidResourceName",
    "InvalidResourceProperties",
    "LinkedAuthorizationFailed",
    "MissingSubscriptionRegistration",
    "NoRegisteredProviderFound",
    "NotFound",
    "ParentResourceNotFound",
    "PreconditionFailed",
    "RequestConflict",
    "RequestDisallowedByPolicy",
    "ResourceGroupNotFound",
    "ResourceNotFound",
    "ResourceRequestsThrottled",
    "ScopeLocked",
    "ServiceModelDeprecated",
    "ServiceModelDeprecating",
    "SpecialFeatureOrQuotaIdRequired",
    "SubscriptionNotFound",
    "SubscriptionRequestsThrottled",
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_met_with_deployments_has_a_fix(code: str) -> None:
    assert len(fix_for(code, "")) > 20


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("CannotChangeDeploymentModel", "", "new name"),
        ("715-123420", "", "`reconciler quota`"),
        ("715-123420", "", "soft-deleted"),
        ("provisioningState Failed", "", "--replace-failed"),
        ("AnthropicOrganizationCreationException", "", "--replace-failed"),
        ("UserError", "Error occurred when subscribing to Marketplace: …", "billing owner"),
        ("InvalidResourceProperties", "The raiPolicy 'x' does not exist", "not in this account"),
        ("RequestDisallowedByAzure", "", "another region"),
        ("InvalidResourceProperties", "This action is noncompliant with policy /p/x Operator", "exemption"),
        ("715-123420", "", "partners' models"),
    ],
)
def test_a_fix_names_what_helps(code: str, message: str, words: str) -> None:
    """F-145 for the refusals that rights, policies and subscriptions are behind."""
    assert words in fix_for(code, message)


def test_codes_are_compared_without_case() -> None:
    assert fix_for("insufficientquota", "") == fix_for("InsufficientQuota", "")


def test_after_a_failed_operation_every_fix_names_the_flag_that_replaces() -> None:
    again = "It stays Failed and takes no change until it is deleted: pass --replace-failed"
    assert after_failure("") == again
    assert after_failure(fix_for("InternalServerError", "")) == again, "no answer was lost"
    market = fix_for("MarketplaceSubscriptionCannotBeCompleted", "")
    assert after_failure(market) == f"{market}. {again}"
    organisation = fix_for("AnthropicOrganizationCreationException", "")
    assert after_failure(organisation) == organisation, "it is named once"


def test_an_unknown_code_has_no_fix_rather_than_a_guess() -> None:
    assert fix_for("SomethingNew", "The model of deployment cannot be changed.") == ""


ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
TOLD: list[tuple[str, str, str, str]] = [
    (
        "InsufficientQuota",
        "This operation require 240 new capacity in quota X, which is bigger than the available capacity 0.",
        "not the question",
        "quota is taken for a shortage of the region",
    ),
    (
        "ResourceQuotaExceeded",
        "The number of deployments of the account would exceed the limit of 32.",
        "the number of things",
        "a count of deployments is taken for a quota of tokens",
    ),
    (
        "LinkedAuthorizationFailed",
        "the current tenant 'x' is not authorized to access linked subscription 'y'.",
        "not a region problem",
        "a refused source account is taken for a region without fine-tuning",
    ),
    (
        "DeploymentModelNotSupported",
        "Creating account deployment is not supported by the model 'x': there are better models available.",
        "this is not a region problem",
        "a closed model is closed everywhere",
    ),
    (
        "InvalidResourceProperties",
        "The specified SKU 'Standard' for model 'gpt-4o 1' is not supported in this region 'eastus'.",
        "another region",
        "here it is the region",
    ),
    (
        "InvalidResourceProperties",
        "The deployment sku name 'S0' is invalid.",
        "An account's SKU",
        "the SKU of an account is taken for one of a deployment",
    ),
    (
        "BadRequest",
        "The deployment 'chat' is in 'Failed' state, please delete it before creating a new one.",
        "--replace-failed",
        "only a delete helps",
    ),
    (
        "RequestConflict",
        "Cannot modify resource with id 'x' because the resource entity provisioning state is not terminal.",
        "has not ended",
        "not another tool, but the same deployment",
    ),
    (
        "NotFound",
        f"Specified resource '{ACCOUNT}' cannot be found.",
        "The account does not exist",
        "an id that ends with the account is about the account",
    ),
    (
        "NotFound",
        f"Specified resource '{ACCOUNT}/deployments/d' cannot be found.",
        "The deployment is not there",
        "an id that ends with the deployment is about the deployment",
    ),
]


@pytest.mark.parametrize(("code", "message", "expected", "reason"), TOLD, ids=[case[3] for case in TOLD])
def test_the_message_makes_the_fix_exact(code: str, message: str, expected: str, reason: str) -> None:
    assert expected in fix_for(code, message), reason


def test_every_rule_that_a_fix_points_to_can_be_explained() -> None:
    messages = ["", *(message for _, message, _, _ in TOLD), "SKU 'x' is not supported by the model"]
    texts = {fix_for(code, message) for code in CODES for message in messages}
    pointed = {code for text in texts for code in re.findall(r"reconciler explain ([\w-]+)", text)}
    assert pointed
    assert pointed <= set(rules.CODES)
