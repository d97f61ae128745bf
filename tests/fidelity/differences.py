"""Every known difference between a recording and the emulator's answer, with its reason.

Rule of this module: one line per difference that a reader would judge differently, and none that no longer
occurs. A difference of the kind `gap` is a shortcoming and costs points; the others are the recording's own
limits: what its recorder took out, what ARM did in that year, who was calling, which world was seen.
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["gap", "recorder", "year", "caller", "world"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Facts that differ: a pattern of files, a pattern of facts, why, and whether it counts against us."""

    files: str
    fact: str
    kind: Kind
    reason: str

    def covers(self, file: str, fact: str) -> bool:
        return re.search(self.files, file) is not None and re.fullmatch(self.fact, fact) is not None


_OLD = "2022|2023|generic"
_ANY = "."

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        files=_ANY,
        fact=r"header (retry-after|date|x-ms-(request-id|correlation-request-id|routing-request-id))",
        kind="recorder",
        reason="taken out of the recordings before they were saved",
    ),
    Difference(
        files=_ANY,
        fact=r"header x-ms-ratelimit-remaining-subscription-(reads|writes|deletes)",
        kind="recorder",
        reason="taken out of the recordings before they were saved",
    ),
    Difference(
        files=_OLD,
        fact=r"header (server|transfer-encoding|vary)",
        kind="year",
        reason="answers before 2024 were chunked and came through another proxy",
    ),
    Difference(
        files=_OLD,
        fact=r"header (x-cache|x-msedge-ref)",
        kind="year",
        reason="sent since 2024",
    ),
    Difference(
        files=_OLD,
        fact=r"header x-ms-(operation-identifier|ratelimit-remaining-subscription-global-\w+)",
        kind="year",
        reason="sent since 2024 and 2025",
    ),
    Difference(
        files="deployment_crud_2025-06-01",
        fact="header x-ms-operation-identifier",
        kind="gap",
        reason="a GET of an account was recorded without it, every other call with it; we always send it",
    ),
    Difference(
        files=_ANY,
        fact=r".*systemData\.(createdByType|lastModifiedByType) =",
        kind="caller",
        reason="people were recorded; the emulator's callers are applications",
    ),
    Difference(
        files="2025-06-01",
        fact=r"body\.properties\.armFeatures.*",
        kind="world",
        reason="a preview flag of the subscription that was recorded",
    ),
    Difference(
        files="2026-09-01_excerpt",
        fact=r"header .*",
        kind="recorder",
        reason="its author kept no headers",
    ),
    Difference(
        files="2022-03-01|2023-05-01",
        fact=r"body\.properties\.capabilities\[\]\.value",
        kind="recorder",
        reason="their authors kept the first two capabilities, which have no value",
    ),
    Difference(
        files="deployment_crud_2023|account_put",
        fact=r"body\.properties\.callRateLimit\.rules\[\]\.key =",
        kind="recorder",
        reason="its author kept two of the call limits",
    ),
    Difference(
        files="deployment_crud_2025-06-01",
        fact=r"body\.properties\.endpoints\..*",
        kind="recorder",
        reason="six addresses were kept of an answer that had 40,219 bytes by its Content-Length",
    ),
    Difference(
        files="deployment_crud_2025-06-01",
        fact=r"body\.properties\.callRateLimit\.rules\[\]\.(key =|dynamicThrottlingEnabled)",
        kind="recorder",
        reason="two limits were kept of the same answer; with those of July 2026 it has 40,380 bytes",
    ),
    Difference(
        files="location_models",
        fact=r"body\.value\[[^]]*\]\.model\.skus\[[^]]*\].*",
        kind="world",
        reason="a few offers are from a later list of another subscription (world/PROVENANCE.md)",
    ),
    Difference(
        files="location_usages_eastus2",
        fact=r"body\.value\[[^]]*\].*",
        kind="world",
        reason="pools of offers that only the later lists have; every recorded pool is there",
    ),
    Difference(
        files="location_usages_2023",
        fact=r"body\.value\[[^]]*\].*",
        kind="world",
        reason="pools that came after 2023; every recorded pool is there",
    ),
    Difference(
        files="generic",
        fact=r"header x-ms-failure-cause",
        kind="year",
        reason="a throttled write of April 2022 lacks it, a throttled read of 2023 has it",
    ),
    Difference(
        files="generic",
        fact=r"body\.error\.code =",
        kind="gap",
        reason="limits per action (ResourceRequestsThrottled) are not modelled; none is documented here",
    ),
    Difference(
        files="generic",
        fact=r"body\.(code|message|error)(\..*)?( =)?",
        kind="world",
        reason="a 412 of the DNS provider has no envelope; what this provider sends is unknown",
    ),
    Difference(
        files="generic",
        fact=r"header (expires|pragma|x-powered-by|x-envoy-upstream-service-time"
        r"|x-ms-ratelimit-remaining-subscription-resource-requests)",
        kind="world",
        reason="headers of the DNS provider's own 412",
    ),
)


def reason_for(file: str, fact: str) -> Difference | None:
    """The first listed difference that covers a fact; a more special one stands before a general one."""
    return next((listed for listed in DIFFERENCES if listed.covers(file, fact)), None)
