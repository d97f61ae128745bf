"""Every error of the provider Microsoft.CognitiveServices, each spelled once, in its own words.

Rule of this module: a text is quoted from a recording, an issue or documentation, or its docstring says
"assumed".
"""

from reconciler.emulator.clock import Spelling
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
        f"Cannot modify resource with id '{resource_id}' because the resource entity provisioning state is "
        "not terminal. Please wait for the provisioning state to become terminal and then retry the request.",
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
        "The scale settings of account deployment is deprecated since API version '2023-05-01', please use "
        "'sku' instead."
    )


def scale_type_not_supported(kind: str, model: str) -> Refusal:
    """A scale type other than Standard, before deployments had skus (reported, 2023).

    Through 2022-03-01 there was another one (recorded).
    """
    return invalid_properties(
        f"The specified scale type '{kind}' of account deployment is not supported by the model '{model}'."
    )


def sku_not_supported(sku: str, model: str, version: str) -> Refusal:
    return invalid_properties(
        f"The specified SKU '{sku}' of account deployment is not supported by the model '{model}' version:"
        f" '{version}'."
    )


_PRINTED = ("Publisher", "Format", "Name", "Version", "Source", "SourceAccount")


def _printed(model: Json, spelling: Spelling) -> str:
    """A model as a refusal prints it (reported in each year from 2023 to 2026)."""
    if spelling != "compact":
        parts = {"first": _PRINTED[1:5], "spaced": _PRINTED[1:4]}.get(spelling, _PRINTED)
        return ", ".join(f"{part}: {model.get(part[0].lower() + part[1:], '')}" for part in parts)
    publisher = model.get("publisher") if model.get("format") != "OpenAI" else None
    front = f"Publisher:{publisher}," if publisher else ""
    return f"{front}Format:{model['format']},Name:{model['name']},Version:{model.get('version', '')}"


def model_not_supported(model: Json, spelling: Spelling = "compact") -> Refusal:
    text = f"The model '{_printed(model, spelling)}' of account deployment is not supported."
    return Refusal(400, "DeploymentModelNotSupported", text)


def no_access_to_model(name: str) -> Refusal:
    """A model that the subscription may not deploy (reported, 2025; the end of the sentence is ours)."""
    shown = name.replace("gpt", "GPT", 1)
    text = f"The current subscription does not have access to this model '{shown}'."
    return Refusal(400, "SpecialFeatureOrQuotaIdRequired", text)


def held_back() -> Refusal:
    """A subscription that the protection against fraud holds back (reported, 2026)."""
    text = "An error occurred. Please reach out to support for additional assistance."
    return Refusal(400, "715-123420", text)


def not_for_sale(reason: str) -> Refusal:
    """A partner's model that the Marketplace does not sell to this subscription (reported, 2025 and 2026)."""
    return Refusal(400, "UserError", f"Error occurred when subscribing to Marketplace: {reason}")


def model_retired(name: str) -> Refusal:
    return Refusal(
        400,
        "DeploymentModelNotSupported",
        f"Creating account deployment is not supported by the model '{name}'. This is usually because there "
        "are better models available for the similar functionality.",
    )


def model_deprecated(model: Json, since: str, spelling: Spelling = "compact") -> Refusal:
    """`since` is the offer's deprecationDate as MM/dd/yyyy HH:mm:ss."""
    text = f"The model '{_printed(model, spelling)}' has been deprecated since {since}."
    return Refusal(400, "ServiceModelDeprecated", text)


def model_deprecating(model: Json, spelling: Spelling = "compact") -> Refusal:
    return Refusal(
        400,
        "ServiceModelDeprecating",
        f"The model '{_printed(model, spelling)}' is in deprecating state and cannot be used for new"
        " deployments.",
    )


def capacity_out_of_range(capacity: int, minimum: int, maximum: int, *, is_of_2023: bool = False) -> Refusal:
    """A size outside of an offer's range (reported; the wording changed after 2023)."""
    least = "greater than 0" if is_of_2023 else f"at least {minimum}"
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be {least} and no more than"
        f" {maximum}.",
    )


def capacity_not_null() -> Refusal:
    """A capacity beside the scale type Standard, before deployments had skus (reported, July 2023)."""
    return Refusal(400, "InvalidCapacity", "The capacity should be null for standard deployment.")


def capacity_off_step(capacity: int, minimum: int, maximum: int, step: int) -> Refusal:
    """Assumed: the refusal of a size between two steps is in no public text."""
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be at least {minimum} and no more "
        f"than {maximum}, in increments of {step}.",
    )


def no_capacity(sku: str, region: str) -> Refusal:
    """Assumed: a region that is short of capacity, by the switch `capacityShortage: refused`."""
    text = f"The region '{region}' has not enough capacity left for the SKU '{sku}' of account deployment."
    return Refusal(400, "InsufficientCapacity", text)


def insufficient_quota_of_2023(capacity: int, label: str, used: int, limit: int) -> Refusal:
    """The wording of 2023 (reported)."""
    return Refusal(
        400,
        "InsufficientQuota",
        f"The specified capacity '{capacity}' of account deployment is bigger than available capacity"
        f" '{limit - used}' for UsageName '{label}'.",
    )


def insufficient_quota(needed: int, label: str, used: int, limit: int) -> Refusal:
    return Refusal(
        400,
        "InsufficientQuota",
        f"This operation require {needed} new capacity in quota {label}, which is bigger than the current "
        f"available capacity {limit - used}. The current quota usage is {used} and the quota limit is "
        f"{limit} for quota {label}.",
    )


def cannot_change_model() -> Refusal:
    return Refusal(400, "CannotChangeDeploymentModel", "The model of deployment cannot be changed.")


def capacity_and_model_together() -> Refusal:
    """The text is reported (January 2024), its code is not: assumed to be the provider's catch-all."""
    return invalid_properties("Cannot change capacity and model at the same time for deployment")


def failed_state(deployment: str) -> Refusal:
    text = f"The deployment '{deployment}' is in 'Failed' state, please delete it before creating a new one."
    return Refusal(400, "BadRequest", text)


def invalid_name() -> Refusal:
    return Refusal(
        400,
        "InvalidResourceName",
        "The resource name is invalid. Resource name can only include alphanumeric characters, underscores "
        "and hyphens; Resource name only allows 2 to 64 characters.",
    )


def precondition_failed(deployment: str) -> Refusal:
    """Assumed: whether If-Match is honoured is unknown; only the switch `etags: enforced` reaches it."""
    text = f"The deployment '{deployment}' has been modified (etag mismatch)."
    return Refusal(412, "PreconditionFailed", text)


def no_such_spillover(target: str) -> Refusal:
    """Assumed: a spillover target has to be a deployment of the same account; the text is ours."""
    return invalid_properties(f"The spillover deployment '{target}' of account deployment cannot be found.")


def no_such_member(model: str) -> Refusal:
    """Documented: a model router routes to Claude only where the account has a deployment of it."""
    return invalid_properties(
        f"The model '{model}' of the routing of account deployment has no deployment in this account."
    )


def illegal_spillover(target: str) -> Refusal:
    """Assumed: documented as illegal (itself, from a standard one, another model); the text is ours."""
    return invalid_properties(
        f"The spillover deployment '{target}' of account deployment has to be another, standard deployment of"
        " the same model and version, and only a provisioned deployment spills over."
    )


def is_spillover_target(target: str, source: str) -> Refusal:
    """Assumed: only the switch `spilloverTargetDelete: refused` reaches it."""
    return invalid_properties(f"The deployment '{target}' is the spillover deployment of '{source}'.")


def model_provider_data_missing() -> Refusal:
    """A partner's model without the three fields (reported, March 2026)."""
    return Refusal(
        400,
        "InvalidModelProviderData",
        "ModelProviderData is required for Anthropic model deployments but was not provided. Please provide"
        " all required fields: industry, organizationName, and countryCode.",
    )


def invalid_upgrade_option(option: str) -> Refusal:
    """Assumed: a versionUpgradeOption outside of the enum; the text is ours."""
    return invalid_properties(f"The version upgrade option '{option}' of account deployment is invalid.")


def sku_not_in_region(sku: str, model: str, version: str, region: str) -> Refusal:
    """The model has this sku, and not in this region (reported, 2024)."""
    return invalid_properties(
        f"The specified SKU '{sku}' for model '{model} {version}' is not supported in this region '{region}'."
    )


def null_refused(name: str) -> Refusal:
    """Assumed: only the switch `nulls: refused` reaches it."""
    return invalid_properties(f"The property '{name}' of account deployment cannot be null.")


def too_many_deployments(most: int) -> Refusal:
    """Assumed: the limit is documented, its refusal is in no public text."""
    text = f"The number of deployments of the account would exceed the limit of {most}."
    return Refusal(400, "ResourceQuotaExceeded", text)


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


def invalid_filter() -> Refusal:
    """A content filter that does not exist: the sentence stands in the place of the code (reported, 2026)."""
    text = "Resource has invalid content filter"
    return Refusal(400, text, text)


def no_such_base_policy(policy: str) -> Refusal:
    """Assumed: a base policy has to be one of the system's; the text is ours."""
    return invalid_properties(f"The base policy '{policy}' of RAI policy cannot be found.")
