"""The error envelope, and every error of ARM's front door and own services, each spelled once, in its words.

Rule of this module: a text is quoted from a recording, an issue or documentation, or its docstring says
"assumed". These errors carry `x-ms-failure-cause: gateway`; the provider's are in `provider_errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from reconciler.emulator.wire import Answer, Json


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - ARM refuses; whether that is an error is the client's question
    """An ARM error on its way to the client: HTTP status, code, message and where it was made."""

    status: int
    code: str
    message: str
    front_door: bool = field(default=False, kw_only=True)
    details: Sequence[Json] = field(default=(), kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    target: str | None = field(default=None, kw_only=True)
    additional: Sequence[Json] = field(default=(), kw_only=True)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    def body(self) -> Json:
        """`{"code", "message", "target"?, "details"?, "additionalInfo"?}`."""
        return {
            "code": self.code,
            "message": self.message,
            **({} if self.target is None else {"target": self.target}),
            **({"details": list(self.details)} if self.details else {}),
            **({"additionalInfo": list(self.additional)} if self.additional else {}),
        }

    def answer(self) -> Answer:
        """The envelope `{"error": {"code", "message", "details"?}}` with its headers."""
        error = self.body()
        headers = {**({"x-ms-failure-cause": "gateway"} if self.front_door else {}), **self.headers}
        return Answer(
            status=self.status, body={"error": error}, headers=headers, from_provider=not self.front_door
        )


front_door = partial(Refusal, front_door=True)


def resource_not_found(account: str, group: str) -> Refusal:
    """GET of an absent account (recorded, api-version 2025-06-01)."""
    return front_door(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.CognitiveServices/accounts/{account}' under resource group '{group}' was "
        "not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def resource_group_not_found(group: str) -> Refusal:
    return front_door(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def parent_not_found(verb: str, kind: str, parent_id: str) -> Refusal:
    """A child of an absent account; `verb` is read, write or delete (recorded with other providers)."""
    return front_door(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{kind}', because the parent resource "
        f"'{parent_id}' could not be found.",
    )


def subscription_not_found(subscription: str) -> Refusal:
    return front_door(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


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
    return front_door(409, "MissingSubscriptionRegistration", message, details=[detail])


def authentication_failed(
    message: str = "Authentication failed. The 'Authorization' header is missing.",
) -> Refusal:
    """No bearer token at all (documented by ARM; the text of a missing header is public knowledge)."""
    return front_door(
        401,
        "AuthenticationFailed",
        message,
        headers={
            "WWW-Authenticate": 'Bearer authorization_uri="https://login.windows.net/",'
            ' error="invalid_token",'
            " error_description=\"The authentication failed because of missing 'Authorization' header.\""
        },
    )


def invalid_token() -> Refusal:
    """A bearer token that this emulator did not issue."""
    return front_door(
        401,
        "InvalidAuthenticationToken",
        "The access token is invalid.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def expired_token(expiry: str, now: str) -> Refusal:
    text = f"The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."
    return front_door(401, "ExpiredAuthenticationToken", text)


def wrong_tenant(token_tenant: str, subscription_tenant: str) -> Refusal:
    return front_door(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{token_tenant}/'. It must match "
        f"the tenant 'https://sts.windows.net/{subscription_tenant}/' associated with this subscription. "
        f"Please use the authority (URL) 'https://login.windows.net/{subscription_tenant}' to get the token. "
        "Note, if the subscription is transferred to another tenant there is no impact to the services, but "
        "information about new tenant could take time to propagate (up to an hour). If you just transferred "
        "your subscription and see this error message, please try back later.",
    )


def not_authorized(client: str, oid: str, action: str, scope: str) -> Refusal:
    return front_door(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{oid}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


def linked_tenant_not_authorized(action: str, scope: str, tenant: str, subscription: str) -> Refusal:
    """An id in the body lies in another tenant and no auxiliary token of that tenant came along."""
    return front_door(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{action}' on scope '{scope}', however the current "
        f"tenant '{tenant}' is not authorized to access linked subscription '{subscription}'.",
    )


def linked_scope_invalid(
    client: str, oid: str, action: str, linked_action: str, linked_scope: str
) -> Refusal:
    return front_door(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client}' with object id '{oid}' has permission to perform action '{action}'; however, "
        f"it does not have permission to perform action(s) '{linked_action}' on the linked scope(s) "
        f"'{linked_scope}' (respectively) or the linked scope(s) are invalid.",
    )


def missing_api_version() -> Refusal:
    text = "The api-version query parameter (?api-version=) is required for all requests."
    return front_door(400, "MissingApiVersionParameter", text)


def no_registered_provider(
    location: str, version: str, kind: str, versions: Sequence[str], locations: Sequence[str]
) -> Refusal:
    return front_door(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for "
        f"type '{kind}'. The supported api-versions are '{', '.join(versions)}'. The supported locations are "
        f"'{', '.join(locations)}'.",
    )


def location_not_available(location: str, kind: str, locations: Sequence[str]) -> Refusal:
    """PUT of a resource in a location that its type does not have (recorded, 2022-03-01)."""
    return front_door(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{kind}'. List of available"
        f" regions for the resource type is '{','.join(locations)}'.",
    )


def invalid_resource_location(name: str, location: str, group: str, wanted: str) -> Refusal:
    """PUT of an existing resource with another location (ARM's own text, quoted in many issues)."""
    return front_door(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{location}' in resource group '{group}'. A"
        f" resource with the same name cannot be created in location '{wanted}'. Please select a new resource"
        " name.",
    )


def invalid_content(parser_text: str) -> Refusal:
    text = f"The request content was invalid and could not be deserialized: '{parser_text}'."
    return front_door(400, "InvalidRequestContent", text)


def content_too_large(limit: int) -> Refusal:
    """Assumed: ARM's own limit is 4 MiB, the text is ours."""
    text = f"The request content exceeds the maximum size of '{limit}' bytes."
    return front_door(413, "RequestContentTooLarge", text)


def throttled(subscription: str, operation: str, seconds: int) -> Refusal:
    return front_door(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the "
        f"backend storage limit. Please try again after '{seconds}' seconds.",
        headers={"Retry-After": str(seconds), "Connection": "close"},
    )


def nested_resources_exist(ids: Sequence[str]) -> Refusal:
    listed = ",".join(ids)
    return front_door(
        409,
        "CannotDeleteResource",
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
        f"'{listed}'. Please delete all nested resources before deleting this resource.",
    )


def not_modelled(gap: str) -> Refusal:
    """Not ARM's: says loudly what this emulator leaves out."""
    return front_door(501, "EmulatorGap", f"The emulator does not model {gap}.")


def location_required() -> Refusal:
    """PUT of a new resource group without a location (documented by ARM)."""
    return front_door(400, "LocationRequired", "The location property is required for this definition.")


def unsupported_media_type(found: str) -> Refusal:
    """Assumed: a body in another format than JSON."""
    return front_door(
        415,
        "UnsupportedMediaType",
        f"The content media type '{found or '<null>'}' is not supported."
        " Only 'application/json' is supported.",
    )


def gateway_timeout() -> Refusal:
    """The provider took longer than the front door waits; what was asked may have happened (recorded)."""
    return front_door(
        504,
        "GatewayTimeout",
        "The gateway did not receive a response from 'Microsoft.CognitiveServices' within the specified time"
        " period.",
        headers={"x-ms-failure-cause": "service"},
    )


def state_unwritable(text: str) -> Refusal:
    """Not ARM's: the emulator's own file cannot be written."""
    return front_door(507, "EmulatorState", text)


def stranger(text: str) -> Refusal:
    """Not ARM's: a request that this machine's own programs would not send (403)."""
    return front_door(403, "EmulatorStranger", text)


def bad_metrics(text: str) -> Refusal:
    """A metrics query that is not understood (documented code, text ours: assumed)."""
    return front_door(400, "BadRequest", f"The metrics query is not valid: {text}.")


def bad_filter(text: str) -> Refusal:
    """Assumed: an OData filter that is not understood; the text is ours."""
    return front_door(400, "BadRequest", f"The $filter is not valid: {text}.")


def resource_validation_failed(details: Sequence[Json]) -> Refusal:
    """How the findings of validateResources arrive (documented by azapi: two wrappers around each)."""
    return front_door(
        400,
        "ResourceValidationFailed",
        "Resource validation failed, see details for more information.",
        details=[
            {
                "code": "PreflightValidationCheckFailed",
                "message": "Preflight validation failed. Please refer to the details.",
                "details": list(details),
            }
        ],
    )


def invalid_template(text: str) -> Refusal:
    """A template that cannot be read or evaluated (documented code; the sentence's end is ours)."""
    return front_door(400, "InvalidTemplate", f"Deployment template validation failed: '{text}'.")


def segment_lengths(name: str, kind: str) -> Refusal:
    """A template's resource whose name has not the length of its type (reported, 2023; its place is ours)."""
    place = {"lineNumber": 1, "linePosition": 1, "path": "properties.template.resources[0].type"}
    return front_door(
        400,
        "InvalidTemplate",
        f"Deployment template validation failed: 'The template resource '{name}' for type '{kind}' at line"
        " '1' and column '1' has incorrect segment lengths. A nested resource type must have identical number"
        " of segments as its resource name. A root resource type must have segment length one greater than"
        " its resource name. Please see https://aka.ms/arm-syntax-resources for usage details.'.",
        additional=[{"type": "TemplateViolation", "info": place}],
    )


def invalid_template_deployment(name: str, details: Sequence[Json]) -> Refusal:
    """What the provider would refuse of a template (reported)."""
    return front_door(
        400,
        "InvalidTemplateDeployment",
        f"The template deployment '{name}' is not valid according to the validation procedure. The tracking"
        " id is '00000000-0000-0000-0000-000000000000'. See inner errors for details.",
        details=details,
    )


def template_against_policy(details: Sequence[Json]) -> Refusal:
    """A template with a resource that a policy denies (documented by ARM)."""
    text = (
        "The template deployment failed because of policy violation. Please see details for more information."
    )
    return front_door(400, "InvalidTemplateDeployment", text, details=details)


def deployment_not_found(name: str) -> Refusal:
    """A template deployment that is not there (documented by ARM)."""
    return front_door(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
