"""The data plane of a deployment: chat completions, responses, embeddings, messages, and no thought in them.

Rule of this module: what is said is a fixed word; what counts is which deployment answers, with which status
and headers, and that the call is counted. A resource is named by `Host` (`{name}.openai.azure.com`), by the
first segment of the path (`/{name}.openai.azure.com/openai/…`), or not at all when there is only one.
"""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.emulator import account_actions, auth, clock, errors, offers, traffic
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Answer, Json, Request, at

_NAMED = re.compile(
    r"^(?P<name>[\w-]+)\.(openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)(:\d+)?$",
    re.IGNORECASE,
)
_NEW = timedelta(minutes=5)
"""For so long a new deployment may still be unknown here (the service's own hint)."""

_DATED = re.compile(
    r"^/openai/deployments/(?P<deployment>[^/]+)/(?P<call>chat/completions|completions|embeddings)$"
)
_BY_BODY = re.compile(
    r"^/(openai/v1/(chat/completions|responses|embeddings)|openai/responses|anthropic/v1/messages(/count_tokens)?)$"
)


def answer(store: Store, request: Request, now: datetime) -> Answer | None:
    """The answer to a call of the data plane; None when the request is not one."""
    path, name = request.path, None
    first, _, rest = path.lstrip("/").partition("/")
    if (by_path := _NAMED.match(first)) is not None:
        name, path = by_path["name"], f"/{rest}"
    elif (by_host := _NAMED.match(request.headers.get("host", ""))) is not None:
        name = by_host["name"]
    dated, by_body = _DATED.match(path), _BY_BODY.match(path)
    if request.method != "POST" or (dated is None and by_body is None):
        return None
    account = _account(store, name)
    if account is None or not _may(store, request, account, now):
        return _error(401, "401", "Access denied due to invalid subscription key or wrong API endpoint.")
    if dated is not None and not request.query.get("api-version"):
        return _error(404, "404", "Resource not found")
    try:
        body = json.loads(request.content or b"{}")
    except (ValueError, RecursionError):
        return _error(400, "BadRequest", "The request body is not valid JSON.")
    if not isinstance(body, dict):
        return _error(400, "BadRequest", "The request body is not an object.")
    wanted = dated["deployment"] if dated is not None else str(body.get("model", ""))
    return _served(store, now, account, wanted, path, body)


def _account(store: Store, name: str | None) -> Json | None:
    found: list[Json] = [item["body"] for item in store.scan("account")]
    if name is None:
        return found[0] if len(found) == 1 else None
    for account in found:
        domain = account["properties"].get("customSubDomainName") or account["name"]
        if domain.lower() == name.lower():
            return account
    return None


def _may(store: Store, request: Request, account: Json, now: datetime) -> bool:
    """A key of the account, or a token issued here."""
    key = request.headers.get("api-key") or request.headers.get("x-api-key")
    if key is not None:
        if at(account, "properties", "disableLocalAuth") is True:
            return False
        return key in account_actions.keys(store, str(account["id"]).lower()).values()
    try:
        auth.authenticate(store, now, request.headers)
    except errors.Refusal:
        return False
    return True


def _served(store: Store, now: datetime, account: Json, wanted: str, path: str, body: Json) -> Answer:
    key = f"{account['id']}/deployments/{wanted}".lower()
    found = store.get("deployment", key)
    if found is None:
        return _not_found()
    refused = _refusal(store, now, found)
    if refused is None:
        return _done(store, now, found, path, body)
    target = at(found, "body", "properties", "spilloverDeploymentName")
    if target and refused.status in {429, 500, 503}:
        other = store.get("deployment", f"{account['id']}/deployments/{target}".lower())
        if other is not None:
            second = _refusal(store, now, other) or _done(store, now, other, path, body)
            values = {
                "x-ms-spillover-from-deployment": found["body"]["name"],
                "x-ms-deployment-name": other["body"]["name"],
                "x-ms-spillover-error": str(refused.status),
            }  # documented
            return replace(second, headers={**second.headers, **values})
    traffic.count(store, now, key, prompt=0, generated=0, status=refused.status)
    return refused


def _refusal(store: Store, now: datetime, found: Json) -> Answer | None:
    """Why a deployment does not answer: by its state, or by the switch `inference`."""
    switches = store.setting("switches")
    if switches.get("inference") == "absent":
        return _not_found()
    properties = found["body"]["properties"]
    if switches.get("newDeployments") == "late" and now < clock.parse(found["born"]) + _NEW:
        return _not_found()
    if properties.get("deploymentState") == "Paused":
        return _error(423, "DeploymentPaused", "The deployment is paused.")
    if properties["provisioningState"] == "Disabled" or switches.get("inference") == "gone":
        return _error(410, "ModelDeprecated", "The model of this deployment has been retired.")
    if properties["provisioningState"] in {"Creating", "Failed"}:
        return _not_found()
    if switches.get("inference") == "throttled" and found["body"]["sku"]["name"] not in _spared(store):
        text = "Requests have exceeded the rate limit of this deployment. Please retry after 1 second."
        return _error(429, "429", text, {"retry-after": "1", "retry-after-ms": "1000"})
    if switches.get("inference") == "failing":
        return _error(503, "ServiceUnavailable", "The service is temporarily unable to process your request.")
    return None


def _spared(store: Store) -> frozenset[str]:
    """Skus that the switch leaves alone: standard ones where a provisioned deployment spills over."""
    spills = any(
        at(item, "body", "properties", "spilloverDeploymentName") for item in store.scan("deployment")
    )
    return offers.STANDARD if spills else frozenset()


def _done(store: Store, now: datetime, found: Json, path: str, body: Json) -> Answer:
    deployment = found["body"]
    prompt = max(1, len(json.dumps(body)) // 4)
    generated = 0 if path.endswith(("embeddings", "count_tokens")) else 1
    traffic.count(store, now, str(deployment["id"]).lower(), prompt=prompt, generated=generated, status=200)
    model = deployment["properties"]["model"]
    name = f"{model['name']}-{model['version']}" if model["format"] == "OpenAI" else model["name"]
    content = _content(path, name, prompt, int(now.timestamp()))
    return Answer(status=200, body=content, headers=_limits(deployment), from_provider=False)


def _limits(deployment: Json) -> dict[str, str]:
    """The effective limits that any answer tells (documented)."""
    found = {}
    for rate in deployment["properties"].get("rateLimits", []):
        name = {"request": "requests", "token": "tokens"}.get(rate["key"])
        if name is not None:
            found[f"x-ratelimit-limit-{name}"] = str(int(rate["count"]))
            found[f"x-ratelimit-remaining-{name}"] = str(max(0, int(rate["count"]) - 1))
    return found


def _content(path: str, model: str, prompt: int, created: int) -> Json:
    usage = {"prompt_tokens": prompt, "completion_tokens": 1, "total_tokens": prompt + 1}
    if path.endswith("count_tokens"):
        return {"input_tokens": prompt}
    if path.endswith("messages"):
        return {
            "id": "msg_emulator",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": "ok"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": prompt, "output_tokens": 1},
        }
    if path.endswith("embeddings"):
        item = {"object": "embedding", "index": 0, "embedding": [0.0, 1.0]}
        only = {"prompt_tokens": prompt, "total_tokens": prompt}
        return {"object": "list", "model": model, "data": [item], "usage": only}
    if path.endswith("responses"):
        text = {"type": "output_text", "text": "ok", "annotations": []}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [text]}
        return {
            "id": "resp_emulator",
            "object": "response",
            "created_at": created,
            "status": "completed",
            "model": model,
            "output": [message],
            "usage": {"input_tokens": prompt, "output_tokens": 1, "total_tokens": prompt + 1},
        }
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}
    return {
        "id": "chatcmpl-emulator",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def _not_found() -> Answer:
    return _error(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5"
        " minutes, please wait a moment and try again.",
    )


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    body: Json = {"error": {"code": code, "message": message}}
    return Answer(status=status, body=body, headers=headers or {}, from_provider=False)
