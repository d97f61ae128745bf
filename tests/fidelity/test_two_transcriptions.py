"""Two transcriptions of the same facts: the emulator's world and the client's catalogue.

They were made apart, by different scripts, so that one mistake is not made twice. A difference is listed
below or fails; so does a listed one that is gone.
"""

from reconciler.catalogue.load import catalogue
from reconciler.domain.sku import SkuName
from reconciler.emulator.offers import shipped

Range = tuple[int, int, int | None]

DISAGREEMENTS: tuple[tuple[str, str, Range, Range | None], ...] = (
    # Model and version, sku, (minimum, step, maximum) in the world, the same in the catalogue. An offer can
    # stand in the world several times, once per set of regions that list it with these sizes.
    ("Llama-3.3-70B-Instruct 9", "GlobalStandard", (1, 1, 1000), (1, 1, 10000)),
    ("gpt-4.1 2025-04-14", "DeveloperTier fine-tuned", (0, 10, 250), (1, 1, 250)),
    ("gpt-4.1 2025-04-14", "Standard fine-tuned", (50, 50, 1000000), (1, 1, 10000000)),
    ("gpt-4o 2024-05-13", "DataZoneProvisionedManaged", (15, 5, 10000), (15, 5, 100000)),
    ("gpt-4o 2024-05-13", "DataZoneStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-05-13", "GlobalStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-05-13", "Standard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-08-06", "DataZoneProvisionedManaged", (15, 5, 10000), (15, 5, 100000)),
    ("gpt-4o 2024-08-06", "DataZoneStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-08-06", "GlobalStandard fine-tuned", (50, 50, 1000000), (1, 1, 1000000)),
    ("gpt-4o 2024-08-06", "GlobalStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-08-06", "Standard fine-tuned", (50, 50, 1000000), (1, 1, 1000000)),
    ("gpt-4o 2024-08-06", "Standard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-11-20", "DataZoneStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-11-20", "GlobalStandard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o 2024-11-20", "Standard", (1, 1, 10000), (1, 1, 1000000)),
    ("gpt-4o-audio-preview 2024-12-17", "Provisioned", (100, 100, 30000), None),
    ("gpt-4o-mini 2024-07-18", "DataZoneBatch", (1, 1, 20000), (1, 1, 15000000)),
    ("gpt-4o-mini 2024-07-18", "DataZoneProvisionedManaged", (15, 5, 10000), (15, 5, 100000)),
    ("gpt-4o-mini 2024-07-18", "DataZoneStandard", (1, 1, 20000), (1, 1, 1000000)),
    ("gpt-4o-mini 2024-07-18", "GlobalProvisionedManaged", (25, 25, 30000), (15, 5, 100000)),
    ("gpt-4o-mini 2024-07-18", "GlobalStandard fine-tuned", (50, 50, 1000000), (1, 1, 1000000)),
    ("gpt-4o-mini 2024-07-18", "GlobalStandard", (1, 1, 50000), (1, 1, 1000000)),
    ("gpt-4o-mini 2024-07-18", "Standard", (1, 1, 2000), (1, 1, 1000000)),
    ("gpt-oss-20b 11", "GlobalStandard", (1, 1, 1000), None),
)


def ranges() -> set[tuple[str, str, Range, Range | None]]:
    """Every offer of the world whose sizes the catalogue gives otherwise, or not at all."""
    known = catalogue()
    found = set()
    for entry in shipped()["models"]:
        model = entry["model"]
        for sku in model["skus"]:
            tuned = sku["usageName"].endswith("-finetune")
            sizes = known.offer(model["name"], model["version"], SkuName(sku["name"]), fine_tuned=tuned)
            capacity = sku["capacity"]
            ours = (capacity.get("minimum", 1), capacity.get("step", 1), capacity.get("maximum"))
            theirs = None if sizes is None else (sizes.minimum, sizes.step, sizes.maximum)
            if ours != theirs:
                name = f"{sku['name']} fine-tuned" if tuned else sku["name"]
                found.add((f"{model['name']} {model['version']}", name, ours, theirs))
    return found


def test_the_world_and_the_catalogue_disagree_about_sizes_only_where_it_is_listed() -> None:
    assert ranges() == set(DISAGREEMENTS)


def test_the_catalogue_knows_every_model_version_of_the_world() -> None:
    known = catalogue()
    missing = [
        (entry["model"]["name"], entry["model"]["version"])
        for entry in shipped()["models"]
        if entry["model"]["version"] not in known.versions(entry["model"]["name"])
    ]
    assert missing == []


def test_both_know_the_same_regions() -> None:
    ours = set(shipped()["regions"])
    theirs = {region.name for region in catalogue().regions()}
    assert ours - theirs == set()
