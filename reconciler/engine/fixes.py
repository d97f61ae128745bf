"""What an error code of ARM means and what to do about it, in one table.

Rule of this module: a fix never hides what came; the code and ARM's own message are always shown too.
Codes and texts are those that recordings, public issues and Microsoft's documentation show; where people
look for the cause in the wrong place, the fix says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_LOST = (
    "ARM or the provider did not answer in time, so the write may have happened. Apply looks before it "
    "writes again; if it still fails, run it later or see Azure's status page"
)
_ABSENT = (
    "The account does not exist under this subscription and resource group, or belongs to another tenant "
    "than the Fleet's alias states. Deployments cannot create it: make the account first, or correct the "
    "names"
)

_MARKETPLACE = (
    "The subscription may not buy this Marketplace offer: no payment method, a sandbox, or an "
    "enrolment that blocks Marketplace. Its billing owner can allow it; another region does not help"
)

_REPLACE_FAILED: Final = "--replace-failed"

NAME_NOT_THERE: Final = (
    "The deployment or content filter that the message names is not in this account. Create it first, "
    "or correct its name; the SKU is not the question"
)

# By code and by what its message says: searched without regard to case, the first that fits counts.
_BY_MESSAGE: Final[Mapping[tuple[str, str], str]] = {
    ("UserError", r"marketplace"): _MARKETPLACE,
    ("InvalidResourceProperties", r"rai ?policy|content filter|spillover|parent deployment"): NAME_NOT_THERE,
    ("DeploymentModelNotSupported", r"better models available"): (
        "The model is closed for new deployments, in every region; this is not a region problem. Deploy its "
        "successor; existing deployments run until the model retires"
    ),
    ("InvalidResourceProperties", r"capacity and model at the same time"): (
        "ARM refuses a new capacity and a new model version in one write. The plan sends two, so somebody "
        "changed the deployment in between: run apply again"
    ),
    ("InvalidResourceProperties", r"not supported in this region"): (
        "The model is offered on this SKU, though not in this region. Choose another SKU, or an account in "
        "another region"
    ),
    ("InvalidResourceProperties", r"SKU '[^']*' .*not supported by the model"): (
        "This region does not offer that version of the model on that SKU. Quota is not the question: see "
        "`reconciler explain sku-not-offered` for how to look up which SKU or region has it"
    ),
    ("InvalidResourceProperties", r"noncompliant with policy"): (
        "An Azure Policy does not approve of this model; the message names its assignment. Deploy a model "
        "that it lists, or ask the assignment's owner for the model or an exemption"
    ),
    ("InvalidResourceProperties", r"deployment sku name"): (
        "No SKU of deployments has this name. An account's SKU, such as S0, is something else: write one "
        "such as GlobalStandard or ProvisionedManaged"
    ),
    ("BadRequest", r"'Failed' state"): (
        "A deployment in state Failed takes no change until it is deleted. Write lifecycle: {replace: "
        "allowed}, or pass --replace-failed"
    ),
    ("RequestConflict", r"not terminal"): (
        "An earlier write to this deployment has not ended. Apply waits for its end and tries again"
    ),
    ("NoRegisteredProviderFound", r"API version"): (
        "ARM does not have this api-version for the provider. Leave --api-version and the Fleet's apiVersion "
        "out, or name one of those that the message lists"
    ),
    ("NotFound", r"parent resource|was not found|accounts/[^/']+'"): _ABSENT,
}

_BY_CODES: Final[Mapping[tuple[str, ...], str]] = {
    # the provider
    ("InsufficientQuota",): (
        "The subscription's quota for this model and SKU in this region is used up; capacity of the region "
        "is not the question, and another account of the same subscription and region does not help. Lower "
        "the capacity, shrink or remove another deployment that draws on the same pool, choose another SKU "
        "or region (each has its own pool), or ask Azure for more quota"
    ),
    ("ResourceQuotaExceeded",): (
        "A limit on the number of things is reached, mostly of deployments in one account: neither tokens "
        "nor the region are the question. Remove some, or declare it in another account"
    ),
    ("DeploymentModelNotSupported",): (
        "This region does not offer that model and version to this kind of account, or the version has a "
        "typing error. `reconciler explain region-not-offered` tells how to look it up; a fine-tuned model "
        "must also be readable in the account that model.source names"
    ),
    ("ServiceModelDeprecated",): (
        "The model version has retired and takes no new deployment, in every region. Deploy its "
        "successor: `reconciler explain model-retired`"
    ),
    ("ServiceModelDeprecating",): (
        "The model version is about to retire: only subscriptions that have a deployment of it may make "
        "more, in whatever region. Deploy its successor"
    ),
    ("InvalidResourceProperties",): (
        "ARM does not take one of the properties; its message says which. Mostly the SKU: see "
        "`reconciler explain sku-not-offered`"
    ),
    ("InvalidCapacity",): (
        "The capacity is outside what this model takes on this SKU: provisioned SKUs have a minimum and a "
        "step, the others a maximum. This is about the size of one deployment, not about quota"
    ),
    ("InsufficientCapacity", "AllocationFailed", "SkuNotAvailable"): (
        "The region has no room for this SKU now; quota is not the question. `reconciler capacity --model M` "
        "shows where there is room, and `apply --capacity-wait S` tries again for S seconds"
    ),
    ("CannotChangeDeploymentModel",): (
        "ARM does not change this deployment to another model in place. Declare a second deployment with "
        "a new name, move the callers to it (cut over), and remove the old entry then; or write "
        "lifecycle: {replace: allowed} and accept the outage"
    ),
    ("InvalidResourceName",): (
        "A deployment's name has 2 to 64 letters, digits, hyphens, underscores and periods; some "
        "accounts refuse periods"
    ),
    ("715-123420",): (
        "ARM does not say why. Compare `reconciler quota` with the capacity that was asked for, and look "
        "for soft-deleted accounts, which keep theirs. Where there is room, the subscription is held back, "
        "or may not buy partners' models (trial, sponsored and credit ones): open a support request and "
        "give the request id"
    ),
    ("InvalidModelProviderData",): (
        "This model's publisher wants modelProviderData: {industry, organizationName, countryCode} in the "
        "manifest. Sending it accepts the publisher's Marketplace offer in your name"
    ),
    ("AnthropicOrganizationCreationException", "AnthropicOrganizationCreationFailed"): (
        "The publisher could not set the organisation up: modelProviderData is missing or malformed "
        "(industry in lower case, countryCode of two letters), or its service failed. Correct it, and "
        "pass --replace-failed: the deployment stays Failed until it is deleted"
    ),
    ("MarketplaceSubscriptionCannotBeCompleted", "MarketplacePurchaseEligibilityFailed"): _MARKETPLACE,
    ("OperationNotAllowed",): (
        "ARM refuses the operation in the state that the account or deployment is in, or because a limit "
        "of the subscription is reached; its message says which. Where it names quota, compare "
        "`reconciler quota`"
    ),
    ("SpecialFeatureOrQuotaIdRequired",): (
        "The kind of this subscription (trial, student, sponsored) is not admitted to the SKU. Use "
        "another subscription or ask Azure for access; another region does not help"
    ),
    ("RequestConflict", "AnotherOperationInProgress"): (
        "Another write to the same account is still going on, perhaps of another tool or of the portal; ARM "
        "takes one at a time. This is a queue, not a failure: apply waits and tries again"
    ),
    (
        "AccountProvisioningStateInvalid",
    ): "The account itself is still being changed. Apply waits until it has settled",
    (
        "FlagMustBeSetForRestore",
        "CustomDomainInUse",
    ): "A deleted account keeps its name and its quota for 48 hours. Restore it or purge it, in Azure",
    ("CannotDeleteResource",): "The account still has deployments or projects; they must go first",
    # the gateway: who and where
    ("AuthorizationFailed",): (
        "The identity lacks the action that the message names, on that scope or above it. Grant a role "
        "that has it, such as Cognitive Services Contributor; a new grant takes up to ten minutes"
    ),
    ("LinkedAuthorizationFailed",): (
        "The identity may write here, but not read the account that model.source names. This is not a "
        "region problem. Give it read access to the source account; where that is in another tenant, the "
        "identity must exist there too, and the Fleet's alias of the source subscription must state its "
        "tenant, so that a second token is sent"
    ),
    ("InvalidAuthenticationTokenTenant",): (
        "The subscription belongs to another tenant than the token. Correct `tenant` of its alias in the "
        "Fleet: the message names the right one"
    ),
    (
        "ExpiredAuthenticationToken",
        "InvalidAuthenticationToken",
        "AuthenticationFailed",
    ): "ARM does not take the token, also not a fresh one. Sign in again, and check this machine's clock",
    ("RequestDisallowedByPolicy",): (
        "An Azure Policy forbids it; the message names its assignment and definition. Change the manifest to "
        "what they allow, or ask the assignment's owner for an exemption"
    ),
    ("RequestDisallowedByAzure",): (
        "Azure itself keeps this subscription out of that region. No role and no policy of yours changes "
        "it: use an account in another region, or ask Azure support for access to this one"
    ),
    ("ReadOnlyDisabledSubscription", "SubscriptionNotRegistered", "DisabledSubscription"): (
        "The subscription is disabled and can only be read, mostly for an unpaid bill or an expired "
        "offer. Its billing owner can enable it again; until then nothing can be written there"
    ),
    ("ScopeLocked",): (
        "A lock on the account, group or subscription forbids the write. Only somebody with rights on "
        "locks can remove it"
    ),
    ("ResourceNotFound", "ParentResourceNotFound"): _ABSENT,
    ("ResourceGroupNotFound",): (
        "The resource group does not exist in this subscription. Correct resourceGroup or subscription "
        "in the DeploymentSet"
    ),
    ("SubscriptionNotFound", "InvalidSubscriptionId"): (
        "This identity sees no such subscription. Correct the id of the alias in the Fleet, or its "
        "tenant: a subscription of another tenant looks the same"
    ),
    ("MissingSubscriptionRegistration",): (
        "The provider Microsoft.CognitiveServices is not registered in the subscription: `az provider "
        "register --namespace Microsoft.CognitiveServices`, then wait some minutes"
    ),
    ("NoRegisteredProviderFound",): (
        "ARM does not have the api-version, or the provider is not in that location; the message lists "
        "what there is"
    ),
    (
        "InvalidRequestContent",
    ): "ARM could not read the body. Look at extraProperties first: they are sent as they are written",
    ("SubscriptionRequestsThrottled", "ResourceRequestsThrottled", "TooManyRequests", "HTTP 429"): (
        "Too many requests in a short time, also by others who use this subscription. Nothing was processed; "
        "apply waits as long as ARM asks for. Lower --parallelism if it happens often"
    ),
    (
        "GatewayTimeout",
        "BadGatewayConnection",
        "InternalServerError",
        "ServiceUnavailable",
        "ServerTimeout",
        "HTTP 500",
        "HTTP 502",
        "HTTP 503",
        "HTTP 504",
    ): _LOST,
    ("PreconditionFailed", "stale"): "Somebody changed it meanwhile. Plan again to see what is there now",
    ("NotFound",): "The deployment is not there any more. Plan again",
    # our own codes
    ("ArmUnreachable",): (
        "No usable answer came from ARM. Check the network, a proxy and --endpoint; what was sent may "
        "have arrived, and the next apply looks before it writes"
    ),
    (
        "ArmContractBroken",
    ): "The answer cannot be read as ARM's. A proxy or a sign-in page between here and ARM looks like this",
    (
        "CredentialError",
    ): "There is no token. Sign in for the tenant that the message names, or choose another --credential",
    ("OperationTimedOut",): (
        "ARM is still at work; provisioned capacity and changes of its model take half an hour and more. "
        "Run apply again: it goes on from there"
    ),
    ("NotFoundAfterSuccess",): (
        "ARM said yes and then did not have it. Run apply again; if it repeats, give the request id to "
        "Azure support"
    ),
    ("AcceptedNotApplied",): (
        "ARM took the write and left the named fields as they were: mostly a property that this "
        "api-version or this SKU ignores. Remove it from the manifest, or add it to "
        "lifecycle.ignoreChanges"
    ),
    ("provisioningState Failed",): (
        "ARM gave up on it and will take no change until it is deleted: pass --replace-failed, or write "
        "lifecycle: {replace: allowed}"
    ),
    ("provisioningState Canceled",): "The operation was cancelled in ARM. Run apply again",
    ("provisioningState Disabled",): (
        "The service has disabled it, mostly because of the subscription's state or of misuse. See the "
        "account in the portal"
    ),
    ("in-progress",): "Somebody else's operation had not ended. Run apply again later",
    ("NotUnset",): (
        "No form of a write takes this value away. Declare the value that is there, or take the line out of "
        "the manifest: what it does not name is left as it is"
    ),
    (
        "deferred",
    ): "Nothing was written: there was no time left. Run apply again, or give it a longer --timeout",
    ("interrupted",): "Run apply again: it looks before it writes, and goes on from what is there",
    ("dependency",): "Fix what it needs first; then run apply again",
}
_BY_CODE: Final = {code.lower(): fix for codes, fix in _BY_CODES.items() for code in codes}

KNOWN_CODES: Final = tuple(sorted((code for codes in _BY_CODES for code in codes), key=str.lower))
"""Every code that there is advice for, as it is written."""


def fix_for(code: str, message: str) -> str:
    """One or two sentences for a person, without a full stop; empty for a code that is not known.

    `code` is compared without case, as codes differ in it between providers; `message` is ARM's and
    only makes the fix more exact.
    """
    wanted = code.lower()
    for (known, pattern), fix in _BY_MESSAGE.items():
        if known.lower() == wanted and re.search(pattern, message[:4000], re.IGNORECASE):
            return fix
    return _BY_CODE.get(wanted, "")


def after_failure(fix: str) -> str:
    """`fix`, for a deployment that a failed operation has left Failed: no answer was lost there."""
    cause = "" if fix == _LOST else fix
    if _REPLACE_FAILED in cause:
        return cause
    again = f"It stays Failed and takes no change until it is deleted: pass {_REPLACE_FAILED}"
    return f"{cause}. {again}" if cause else again
