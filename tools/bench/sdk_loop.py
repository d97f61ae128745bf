"""What people write today: a loop over accounts with azure-mgmt-cognitiveservices. Knows nothing of ours.

python -S sdk_loop.py URL ACCOUNTS EACH SUBSCRIPTIONS
"""

import json
import sys
import time
from typing import Any

from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient


class Signed(SansIOHTTPPolicy):
    """A token without a sign-in, which is to the loop's advantage; the SDK's own policy wants https."""

    def on_request(self, request: Any) -> None:  # noqa: ANN401 -- as the SDK has it
        request.http_request.headers["Authorization"] = "Bearer none"


def main(url: str, accounts: int, each: int, subscriptions: int) -> None:
    started = time.perf_counter()
    clients = [
        CognitiveServicesManagementClient(
            object(),
            f"{number:08d}-1111-1111-1111-111111111111",
            base_url=url,
            authentication_policy=Signed(),
        )
        for number in range(subscriptions)
    ]
    found = 0
    for number in range(accounts):
        client = clients[number % subscriptions]
        found += sum(1 for _ in client.deployments.list("rg", f"account-{number:05}"))
    if found != accounts * each:
        sys.exit(f"{found} deployments instead of {accounts * each}")
    print(json.dumps({"wall": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
