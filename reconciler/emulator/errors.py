"""Every error that the emulator answers, each spelled once, in ARM's words.

Rule of this module: a text is quoted from a recording, an issue or documentation, or its docstring says "assumed".
`front_door` errors come from ARM's gateway and carry `x-ms-failure-cause: gateway`; the others come from the provider.
"""

from collections.abc import Mapping, Sequence

from reconciler.emulator.wire import Answer, Json


class Refusal(Exception):  # noqa: N818 - ARM refuses; whether that is an error is the client's question
    """An ARM error on its way to the client: HTTP status, code, message and where it was made."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        front_door: bool = False,
        details: Sequence[Json] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.front_door = front_door
        self.details = tuple(details)
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The envelope `{"error": {"code", "message", "details"?}}` with its headers."""
        error: Json = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        headers = {**self.headers, **({"x-ms-failure-cause": "gateway"} if self.front_door else {})}
        return Answer(
            status=self.status, body={"error": error}, headers=headers, from_provider=not self.front_door
        )


# --- the front door ---------------------------------------------------------------------------------------------


def resource_not_found(account: str, group: str) -> Refusal:
    """GET of an absent account (recorded, api-version 2025-06-01)."""
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.CognitiveServices/accounts/{account}' under resource group '{group}' was not found."
        " For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        front_door=True,
    )


def resource_group_not_found(group: str) -> Refusal:
    return Refusal(
        404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.", front_door=True
    )


def parent_not_found(verb: str, kind: str, parent_id: str) -> Refusal:
    """A child of an absent account; `verb` is read, write or delete (recorded with other providers)."""
    return Refusal(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{kind}', because the parent resource '{parent_id}'"
        " could not be found.",
        front_door=True,
    )


def subscription_not_found(subscription: str) -> Refusal:
    return Refusal(
        404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.", front_door=True
    )


def subscription_not_registered() -> Refusal:
    message = (
        "The subscription is not registered to use namespace 'Microsoft.CognitiveServices'."
        " See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    detail = {
        "code": "MissingSubscriptionRegistration",
        "target": "Microsoft.CognitiveServices",
        "message": message,
    }
    return Refusal(409, "MissingSubscriptionRegistration", message, front_door=True, details=[detail])


def authentication_failed(message: str = "Authentication failed. The 'Authorization' header is missing.") -> Refusal:
    """No bearer token at all (documented by ARM; the text of a missing header is public knowledge)."""
    return Refusal(
        401,
        "AuthenticationFailed",
        message,
        front_door=True,
        headers={
            "WWW-Authenticate": 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token",'
            ' error_description="The authentication failed because of missing \'Authorization\' header."'
        },
    )


def invalid_token() -> Refusal:
    """A bearer token that this emulator did not issue."""
    return Refusal(
        401,
        "InvalidAuthenticationToken",
        "The access token is invalid.",
        front_door=True,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def expired_token(expiry: str, now: str) -> Refusal:
    return Refusal(
        401,
        "ExpiredAuthenticationToken",
        f"The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'.",
        front_door=True,
    )


def wrong_tenant(token_tenant: str, subscription_tenant: str) -> Refusal:
    return Refusal(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{token_tenant}/'. It must match the tenant"
        f" 'https://sts.windows.net/{subscription_tenant}/' associated with this subscription. Please use the authority"
        f" (URL) 'https://login.windows.net/{subscription_tenant}' to get the token. Note, if the subscription is"
        " transferred to another tenant there is no impact to the services, but information about new tenant could"
        " take time to propagate (up to an hour). If you just transferred your subscription and see this error"
        " message, please try back later.",
        front_door=True,
    )


def not_authorized(client: str, oid: str, action: str, scope: str) -> Refusal:
    return Refusal(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{oid}' does not have authorization to perform action '{action}' over"
        f" scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        front_door=True,
    )


def linked_tenant_not_authorized(action: str, scope: str, tenant: str, subscription: str) -> Refusal:
    """An id in the body lies in another tenant and no auxiliary token of that tenant came along."""
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{action}' on scope '{scope}', however the current tenant"
        f" '{tenant}' is not authorized to access linked subscription '{subscription}'.",
        front_door=True,
    )


def linked_scope_invalid(client: str, oid: str, action: str, linked_action: str, linked_scope: str) -> Refusal:
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client}' with object id '{oid}' has permission to perform action '{action}'; however, it does"
        f" not have permission to perform action(s) '{linked_action}' on the linked scope(s) '{linked_scope}'"
        " (respectively) or the linked scope(s) are invalid.",
        front_door=True,
    )


def missing_api_version() -> Refusal:
    return Refusal(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
        front_door=True,
    )


def no_registered_provider(
    location: str, version: str, kind: str, versions: Sequence[str], locations: Sequence[str]
) -> Refusal:
    return Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for type"
        f" '{kind}'. The supported api-versions are '{', '.join(versions)}'. The supported locations are"
        f" '{', '.join(locations)}'.",
        front_door=True,
    )


def invalid_content(parser_text: str) -> Refusal:
    return Refusal(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{parser_text}'.",
        front_door=True,
    )


def content_too_large(limit: int) -> Refusal:
    """Assumed: ARM's own limit is 4 MiB, the text is ours."""
    return Refusal(
        413,
        "RequestContentTooLarge",
        f"The request content exceeds the maximum size of '{limit}' bytes.",
        front_door=True,
    )


def method_not_allowed(method: str, scope: str) -> Refusal:
    """Assumed: ARM's status for POST on a deployment is not recorded."""
    return Refusal(
        405, "MethodNotAllowed", f"The HTTP method '{method}' is not supported at scope '{scope}'.", front_door=True
    )


def throttled(subscription: str, operation: str, seconds: int) -> Refusal:
    return Refusal(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the backend"
        f" storage limit. Please try again after '{seconds}' seconds.",
        front_door=True,
        headers={"Retry-After": str(seconds), "Connection": "close"},
    )


def nested_resources_exist(ids: Sequence[str]) -> Refusal:
    listed = ",".join(ids)
    return Refusal(
        409,
        "CannotDeleteResource",
        f"Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '{listed}'."
        " Please delete all nested resources before deleting this resource.",
        front_door=True,
    )


def not_modelled(gap: str) -> Refusal:
    """Not ARM's: says loudly what this emulator leaves out."""
    return Refusal(501, "EmulatorGap", f"The emulator does not model {gap}.", front_door=True)


# --- the provider -----------------------------------------------------------------------------------------------


def not_found(resource_id: str) -> Refusal:
    """GET of an absent deployment below an existing account (recorded, api-version 2025-06-01)."""
    return Refusal(404, "NotFound", f"Specified resource '{resource_id}' cannot be found.")


def another_operation(account_id: str) -> Refusal:
    return Refusal(
        409,
        "RequestConflict",
        f"Another operation is being performed on the parent resource '{account_id}'. Please try again later.",
    )


def not_terminal(resource_id: str) -> Refusal:
    return Refusal(
        409,
        "RequestConflict",
        f"Cannot modify resource with id '{resource_id}' because the resource entity provisioning state is not"
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
        "The scale settings of account deployment is deprecated since API version '2023-05-01', please use 'sku'"
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
        f"The model 'Format:{model_format},Name:{name},Version:{version}' of account deployment is not supported.",
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
        f"Creating account deployment is not supported by the model '{name}'. This is usually because there are better"
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
        f"The model '{front}Format:{model_format},Name:{name},Version:{version}' is in deprecating state and cannot be"
        " used for new deployments.",
    )


def capacity_out_of_range(capacity: int, minimum: int, maximum: int) -> Refusal:
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be at least {minimum} and no more than"
        f" {maximum}.",
    )


def capacity_off_step(capacity: int, minimum: int, maximum: int, step: int) -> Refusal:
    """Assumed: the refusal of a size between two steps is in no public text."""
    return Refusal(
        400,
        "InvalidCapacity",
        f"The specified capacity '{capacity}' of account deployment should be at least {minimum} and no more than"
        f" {maximum}, in increments of {step}.",
    )


def insufficient_quota(needed: int, label: str, used: int, limit: int) -> Refusal:
    return Refusal(
        400,
        "InsufficientQuota",
        f"This operation require {needed} new capacity in quota {label}, which is bigger than the current available"
        f" capacity {limit - used}. The current quota usage is {used} and the quota limit is {limit} for quota"
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
        "The resource name is invalid. Resource name can only include alphanumeric characters, underscores and"
        " hyphens; Resource name only allows 2 to 64 characters.",
    )


def soft_deleted(account_id: str) -> Refusal:
    return Refusal(
        409,
        "FlagMustBeSetForRestore",
        f"An existing resource with ID '{account_id}' has been soft-deleted. To restore the resource, you must specify"
        " 'restore' to be 'true' in the property. If you don't want to restore existing resource, please purge it"
        " first.",
    )


def precondition_failed(deployment: str) -> Refusal:
    """Assumed: whether this provider honours If-Match is unknown; only the switch `etags: enforced` reaches it."""
    return Refusal(
        412, "PreconditionFailed", f"The deployment '{deployment}' has been modified (etag mismatch)."
    )
