"""Every error of the provider Microsoft.CognitiveServices, each spelled once, in its own words.

Rule of this module: a text is quoted from a recording, an issue or documentation, or its docstring says
"assumed".
"""

from reconciler.emulator.errors import Refusal
from reconciler.emulator.wire import Json


def not_found(resource_id: str) -> Refusal:
    """GET of an absent deployment below an existing account (recorded, api-version 2025-06-01)."""
    return Refusal(404, "NotFound", f"Specified resource '{resource_id}' cannot be found.")


def another_operation(account_id: str) -> Refusal:
    return Refusal(
        409,
        "RequestConflict",
        f"Another operation is being performed on the parent resource '{account_id}'. Please try again"
        " later.",
    )


def not_terminal(resource_id: str) -> Refusal:
    return Refusal(
        409,
        "RequestConflict",
        f"Cannot modify resource with id '{resource_id}' because the resource entity provisioning state is"
        " not"
        " terminal. Please wait for the provisioning state to become terminal and then retry the request.",
    )


def invalid_properties(message: str) -> Refusal:
    """Each caller quotes the text; the code is the provider's catch-all for a 400."""
    return Refusal(400, "InvalidResourceProperties", message)


def invalid_sku_name(sku: str) -> Refusal:
    return invalid_properties(f"The deployment sku name '{sku}' is invalid.")


def sku_missing() -> Refusal:
    return invalid_properties("The sku of model deployment is not provided.")


def scale_settings_refused() -> Refusal:
    return invalid_properties(
        "The scale settings of account deployment is deprecated since API version '2023-05-01', please use"
        " 'sku'"
        " instead."
    )


def sku_not_supported(sku: str, model: str, version: str) -> Refusal:
    return invalid_properties(
        f"The specified SKU '{sku}' of account deployment is not supported by the model '{model}' version:"
        f" '{version}'."
    )


def model_not_supported(model_format: str, name: str, version: str) -> Refusal:
    return Refusal(
        400,
        "DeploymentModelNotSupported",
        f"The model 'Format:{model_format},Name:{name},Version:{version}' of account deployment is not"
        " supported.",
    )


def sourced_model_not_supported(model: Json) -> Refusal:
    """The wording of October 2024, which prints source and sourceAccount."""
    parts = ("Publisher", "Format", "Name", "Version", "Source", "SourceAccount")
    printed = ", ".join(f"{part}: {model.get(part[0].lower() + part[1:], '')}" for part in parts)
    return Refusal(
        400, "DeploymentModelNotSupported", f"The model '{printed}' of account deployment is not supported."
    )


def model_retired(name: str) -> Refusal:
    return Refusal(
        400,
        "DeploymentModelNotSupported",
        f"Creating account deployment is not supported by the model '{name}'. This is usually because there"
        " are better"
        " models available for the similar functionality.",
    )


def model_deprecated(model_format: str, name: str, version: str, since: str) -> Refusal:
    """`since` is the offer's deprecationDate as MM/dd/yyyy HH:mm:ss."""
    return Refusal(
        400,
        "ServiceModelDeprecated",
        f"The model 'Format:{model_format},Name:{name},Version:{version}' has been deprecated since {since}.",
    )


def model_deprecating(publisher: str, model_format: str, name: str, version: str) -> Refusal:
    front = f"Publisher:{publisher}," if publisher and model_format != "OpenAI" else ""
    return Refusal(
        400,
        "ServiceModelDeprecating",
        f"The model '{front}Format:{model_format},Name:{name},Version:{version}' is in deprecating state and"
        " cannot be"
        " used for new deployments.",
    )


def capacity_out_of_range(capacity: int, minimum: int, maximum: int) -> Refusal:
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be at least {minimum} and no more"
        " than"
        f" {maximum}.",
    )


def capacity_off_step(capacity: int, minimum: int, maximum: int, step: int) -> Refusal:
    """Assumed: the refusal of a size between two steps is in no public text."""
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be at least {minimum} and no more"
        " than"
        f" {maximum}, in increments of {step}.",
    )


def insufficient_quota(needed: int, label: str, used: int, limit: int) -> Refusal:
    return Refusal(
        400,
        "InsufficientQuota",
        f"This operation require {needed} new capacity in quota {label}, which is bigger than the current"
        " available"
        f" capacity {limit - used}. The current quota usage is {used} and the quota limit is {limit} for"
        " quota"
        f" {label}.",
    )


def cannot_change_model() -> Refusal:
    return Refusal(400, "CannotChangeDeploymentModel", "The model of deployment cannot be changed.")


def capacity_and_model_together() -> Refusal:
    """The text is reported (January 2024), its code is not: assumed to be the provider's catch-all."""
    return invalid_properties("Cannot change capacity and model at the same time for deployment")


def failed_state(deployment: str) -> Refusal:
    return Refusal(
        400,
        "BadRequest",
        f"The deployment '{deployment}' is in 'Failed' state, please delete it before creating a new one.",
    )


def invalid_name() -> Refusal:
    return Refusal(
        400,
        "InvalidResourceName",
        "The resource name is invalid. Resource name can only include alphanumeric characters, underscores"
        " and"
        " hyphens; Resource name only allows 2 to 64 characters.",
    )


def soft_deleted(account_id: str) -> Refusal:
    return Refusal(
        409,
        "FlagMustBeSetForRestore",
        f"An existing resource with ID '{account_id}' has been soft-deleted. To restore the resource, you"
        " must specify"
        " 'restore' to be 'true' in the property. If you don't want to restore existing resource, please"
        " purge it"
        " first.",
    )


def precondition_failed(deployment: str) -> Refusal:
    """Assumed: whether If-Match is honoured is unknown; only the switch `etags: enforced` reaches it."""
    return Refusal(
        412, "PreconditionFailed", f"The deployment '{deployment}' has been modified (etag mismatch)."
    )


def no_such_spillover(target: str) -> Refusal:
    """Assumed: a spillover target has to be a deployment of the same account; the text is ours."""
    return invalid_properties(f"The spillover deployment '{target}' of account deployment cannot be found.")


def too_many_deployments(most: int) -> Refusal:
    """Assumed: the limit is documented, its refusal is in no public text."""
    return Refusal(
        400,
        "ResourceQuotaExceeded",
        f"The number of deployments of the account would exceed the limit of {most}.",
    )


def model_missing() -> Refusal:
    """Assumed: a PUT that names no model."""
    return invalid_properties("The model of account deployment is not provided.")


def sku_name_fixed() -> Refusal:
    """Assumed: only the switch `skuChange: refused` reaches it."""
    return invalid_properties("The sku name of account deployment cannot be changed.")


def no_such_policy(policy: str) -> Refusal:
    """Assumed: a content filter policy has to exist; the text is ours."""
    return invalid_properties(f"The RAI policy '{policy}' of account deployment cannot be found.")


def system_policy(policy: str) -> Refusal:
    """Assumed: the policies an account is born with cannot be written; the text is ours."""
    return invalid_properties(f"The RAI policy '{policy}' is managed by the system and cannot be changed.")
