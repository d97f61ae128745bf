"""Errors of the provider about accounts and what is below them beside deployments.

Rule of this module: as in `provider_errors`.
"""

from reconciler.emulator.errors import Refusal


def no_such_connection(resource_id: str) -> Refusal:
    """What is absent of an account's private links (recorded, 2022-03-01)."""
    return Refusal(404, "ResourceNotFound", f"The resource with identifier '{resource_id}' is not found.")


def projects_not_allowed() -> Refusal:
    """Assumed: a project below an account that holds none."""
    return Refusal(
        400,
        "BadRequest",
        "Project can only be created under AIServices Kind account with allowProjectManagement set to true.",
    )


def no_local_auth() -> Refusal:
    """Keys of an account that takes none (reported)."""
    return Refusal(400, "BadRequest", "Failed to list key. disableLocalAuth is set to be true")


def no_account_left(name: str) -> Refusal:
    """An account beyond the number that a subscription may have in a region (reported, 2023)."""
    text = f"Insufficient quota. Cannot create/update/move resource '{name}'."
    return Refusal(400, "InsufficientQuota", text)


def special_feature_required(sku: str, kind: str, day: str) -> Refusal:
    """A subscription that may not have accounts of a kind (reported in March, April and December 2023 on)."""
    more = " ." if day < "2023-04" else "" if day < "2023-12" else " or contains blocked QuotaId/Feature."
    text = f"The subscription does not have QuotaId/Feature required by SKU '{sku}' from kind '{kind}'{more}"
    return Refusal(400, "SpecialFeatureOrQuotaIdRequired", text)


def one_capability_host(existing: str, state: str, wanted: str, holder: str) -> Refusal:
    """A second capability host of an account or a project (documented, 2025)."""
    return Refusal(
        409,
        "Conflict",
        f"There is an existing Capability Host with name: {existing}, provisioning state: {state} for "
        f"workspace: {holder}, cannot create a new Capability Host with name: {wanted} for the same "
        "ClientId.",
    )


def capability_host_busy(name: str, holder: str) -> Refusal:
    """A capability host that is still being deleted (documented, 2025)."""
    text = f"Create: Capability Host {name} is currently in non creating, retry after its complete: {holder}"
    return Refusal(409, "Conflict", text)


def soft_deleted(account_id: str) -> Refusal:
    return Refusal(
        409,
        "FlagMustBeSetForRestore",
        f"An existing resource with ID '{account_id}' has been soft-deleted. To restore the resource, you "
        "must specify 'restore' to be 'true' in the property. If you don't want to restore existing "
        "resource, please purge it first.",
    )


def invalid_kind(kind: str) -> Refusal:
    """An account of a kind that the provider or the region does not have (recorded, 2022-10-01)."""
    text = f"The account type '{kind}' is either invalid or unavailable in given region."
    return Refusal(400, "InvalidApiSetId", text)


def invalid_sku_id(sku: str, kind: str) -> Refusal:
    """An account sku that its kind does not have (recorded, 2022-10-01)."""
    return Refusal(400, "InvalidSkuId", f"The SKU name '{sku}' in account type '{kind}' is invalid.")


def subdomain_taken(name: str) -> Refusal:
    """A custom subdomain that another account has, deleted ones included (reported; the link is ours)."""
    return Refusal(
        409,
        "CustomDomainInUse",
        f"Please pick a different name. The subdomain name '{name}' is not available as it's already used by"
        " a resource. If the resource using the name was deleted in the last 48 hours, you may need to purge"
        " the deleted resource. Learn more at"
        " https://learn.microsoft.com/azure/ai-services/recover-purge-resources",
    )


def nothing_to_restore(resource_id: str) -> Refusal:
    """Assumed: `restore` where no deleted account is kept; the text is ours."""
    return Refusal(404, "CanNotRestoreANonExistingResource", f"No deleted resource '{resource_id}' is kept.")


def one_free_account(kind: str) -> Refusal:
    """Assumed: a second account of a kind with the free sku; remembered, not found again."""
    return Refusal(
        400,
        "CanNotCreateMultipleFreeAccounts",
        f"Operation failed. Only one free account is allowed for account type '{kind}'.",
    )


def invalid_account_name() -> Refusal:
    """An account's name outside of what it may be (reported, 2025)."""
    return Refusal(
        400,
        "InvalidAccountName",
        "The account name is invalid. Account name can only include alphanumeric characters, underscores and "
        "hyphens; Account name only allows 2 to 64 characters.",
    )


def invalid_subdomain(name: str) -> Refusal:
    """A custom subdomain that is no host name (reported, 2025)."""
    return Refusal(400, "CustomDomainInvalid", f"Sub domain name '{name}' is not valid.")


def account_not_provisioned() -> Refusal:
    """A project below an account whose own creation failed (reported, 2025)."""
    text = "Parent account does not provision correctly, please retry creating the account."
    return Refusal(400, "BadRequest", text)


def terms_not_accepted(kind: str) -> Refusal:
    """A kind whose terms nobody of the subscription agreed to in the portal (reported, 2024)."""
    return Refusal(
        400,
        "ResourceKindRequireAcceptTerms",
        f"This subscription cannot create {kind} until you agree to Responsible AI terms for this resource."
        " You can agree to Responsible AI terms by creating a resource through the Azure Portal then trying"
        " again. For more detail go to https://aka.ms/csrainotice",
    )


def api_property_unknown(name: str) -> Refusal:
    """A member of `apiProperties` that the account's kind has not (reported, 2025)."""
    return Refusal(
        400,
        "ApiPropertiesInvalid",
        f"The given 'apiProperties' '{name}' is invalid. Validation errors: Property '{name}' has not been"
        f" defined and the schema does not allow additional properties. Path 'apiProperties.{name}'.",
    )
