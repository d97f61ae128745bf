"""What this emulator does and how each behaviour is known, as data.

Rule of this module: one line per behaviour, with one of four provenances. `assumed` is where ARM's real
answer may be another one; each of these is a choice that a recording would settle.
"""

from typing import Literal, NamedTuple

Known = Literal["recorded", "specified", "documented", "assumed"]


class Behaviour(NamedTuple):
    """One behaviour: what is answered, how that is known, and where it was found."""

    text: str
    known: Known
    source: str


_ASO = "Azure/azure-service-operator recordings, June 2026"
_CLI = "Azure/azure-cli recordings, 2022 to 2025"
_AZD = "Azure/azure-dev recordings, April and June 2026"
_SPEC = "Azure/azure-rest-api-specs, Microsoft.CognitiveServices"
_TYPES = "Azure/bicep-types-az at 1f896de2d"
_LIMITS = "ARM documentation, request limits and throttling"
_TUNING = "documentation of fine-tuning deployments"
_US = "this emulator's choice"


def _all(known: Known, source: str, *texts: str) -> tuple[Behaviour, ...]:
    return tuple(Behaviour(text, known, source) for text in texts)


BEHAVIOURS: tuple[Behaviour, ...] = (
    *_all(
        "recorded",
        _ASO,
        "PUT of a new deployment answers 201, over an existing one 200, at once with provisioningState"
        " Succeeded",
        "no operation header comes with a plain deployment's PUT",
        "the etag in the body equals the ETag header, is a quoted GUID and new with every write",
        "systemData keeps its creation half on update",
        "answers name type before name, and model before versionUpgradeOption, currentCapacity, capabilities,"
        " raiPolicyName, provisioningState, rateLimits",
        "versionUpgradeOption and raiPolicyName come back with their defaults when left out",
        "rateLimits are the offer's per unit, times capacity",
        "DELETE of a deployment answers 200 with no body",
        "GET of an absent deployment is 404 NotFound from the provider; of an absent account 404"
        " ResourceNotFound"
        " from the gateway",
        "a name inside the body is ignored",
        "PUT of an account is a long operation; its status is a provisioning state such as Updating",
        "deletion of an account answers 200 at once",
    ),
    *_all(
        "recorded",
        _CLI,
        "an empty list is the twelve bytes of an empty value",
        "a missing resource group is ResourceGroupNotFound from the gateway",
        "with api-version 2022-03-01 and older a PUT answers Creating and no header, and DELETE does not"
        " wait",
        "PATCH of an account answers 202 with a body, Azure-AsyncOperation and Location",
        "the list was spelled ratelimits in 2023 (switch rateLimitsSpelling)",
        "ParentResourceNotFound, SubscriptionRequestsThrottled: texts of other providers behind the same"
        " gateway",
    ),
    *_all(
        "recorded",
        _AZD,
        "models come once per account kind, with one entry per base and one per fine-tuned pool of a sku",
        "usages name and label the pools; limits are those of one subscription in eastus2, used for every"
        " region",
        "lists come as one page",
        "a fresh bucket shows 249 reads left, 3749 for all principals",
        "operation URLs carry t, c, s and h and are opaque",
    ),
    *_all(
        "recorded",
        "public issues quoted in errors.py and provider_errors.py",
        "InsufficientQuota, InvalidCapacity, DeploymentModelNotSupported, ServiceModelDeprecated(ing),"
        " CannotChangeDeploymentModel, RequestConflict and their texts",
        "PUT without sku over an existing deployment is refused, on create it gets Standard and 1",
        "scaleSettings are refused from 2023-05-01 on",
        "a deployment in state Failed refuses PUT until it is deleted",
        "capacity and version do not change in one PUT",
        "one write per account: a second one meets 409",
        "an account with deployments cannot be deleted",
    ),
    *_all(
        "specified",
        _SPEC,
        "DELETE of an absent deployment answers 204",
        "PATCH of a deployment takes sku and tags and nothing else",
        "skus of a deployment, model capacities, PTU estimates and content filters have these shapes",
        "DELETE may answer 202 with Location (switch deletes: long)",
        "purge of a deleted account answers 200, then 204",
    ),
    *_all(
        "specified",
        _TYPES,
        "which api-versions exist, and which properties each of them knows",
    ),
    *_all(
        "documented",
        _LIMITS,
        "buckets of 250 reads, 200 writes and 200 deletes, refilled with 25, 10 and 10 a second",
        "all principals of a subscription together have fifteen times as much",
    ),
    *_all(
        "documented",
        _TUNING,
        "sourceAccount in another tenant needs that tenant's token in x-ms-authorization-auxiliary",
        "an idle fine-tuned deployment is deleted after 15 days, a DeveloperTier one after 24 hours",
        "fine-tuned models are deployed under version 1 and draw on a pool of their own",
    ),
    *_all(
        "documented",
        "documentation of quotas, models and accounts",
        "only subscriptions that already have a deprecating version may create more of it",
        "a deleted account keeps its name for 48 hours unless restored or purged",
        "a provisioned update shows Updating",
        "PTU estimates use the published tokens per PTU and output weights",
    ),
    *_all(
        "assumed",
        _US,
        "provisioned and fine-tuned deployments are long operations that end with the second poll, or"
        " after a minute",
        "the form of a deployment's long operation is that of an account's",
        "a collision counts as a look at the operation it met",
        "sku.name may change in place (switch skuChange)",
        "model.source and sourceAccount come back (switch sourceReturned)",
        "source does not reach into another tenant: DeploymentModelNotSupported in the wording of 2024",
        "source, like sourceAccount, is checked as a linked scope",
        "another format, source or sourceAccount over an existing deployment is CannotChangeDeploymentModel",
        "a model version left out on update becomes the default version",
        "ProvisionedStandard is refused as an unknown sku name",
        "a lower-case sku name is accepted and read back in ARM's spelling",
        "a capacity between two steps is InvalidCapacity with the step in its text",
        "a sku without capacity has capacity 1",
        "the order of the checks: name, state, sku, model, change, offer, dates, capacity, quota",
        "dates and lifecycle are asked only when model version or sku is new to the deployment",
        "provisioned pools and pools without an observed limit hold 1000",
        "deployment of fine-tuned models is counted in OpenAI.FineTuned.Deployments, limit 10, PTU apart",
        "a checkpoint's base is any model of the region with a fine-tune offer",
        "in regions without a recorded list, offers are those of the documented region tables",
        "capabilities about training and commitments are not shown by a deployment",
        "raiPolicyName has no default for gpt-35-turbo",
        "a content filter policy has to exist; the text of the refusal",
        "If-Match is ignored (switch etags)",
        "unknown properties are ignored (switch unknownProperties)",
        "properties an api-version does not know are dropped by a PUT through it",
        "tags stand between sku and properties",
        "an identity without a posted role may do everything",
        "POST on a deployment is 405",
        "validateResources answers 200 or InvalidTemplateDeployment with the inner errors",
        "versions are upgraded by the service only with the switch autoUpgrade",
        "pause and resume change deploymentState only",
        "a Location poll ends with the resource, or with nothing after a delete",
        "spilloverDeploymentName and parentDeploymentName may name a deployment that is not there",
        "no limit on deployments per account but the quota pools",
        "a write to a deployment found in a state that is not terminal, with no operation running, is 409",
        "a body that does not say it is JSON is 415; one over 4 MiB is 413",
    ),
)
"""Everything `GET /_emulator/behaviours` tells."""
