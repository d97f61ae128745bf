"""The table of fields, and what has to go with a row of it."""

import pytest

from reconciler.arm.api_version import DEFAULT_API_VERSION
from reconciler.domain.fields import FIELDS, Field, not_carried
from reconciler.emulator import deployment_fields, versions
from reconciler.manifest.entry import ModelEntry, SkuEntry
from reconciler.manifest.fleet import PREVIEWS, STABLE


@pytest.mark.parametrize("field", FIELDS, ids=[field.path for field in FIELDS])
def test_the_emulator_has_learned_every_field_that_a_manifest_can_state(field: Field) -> None:
    """It drops what it does not know: an apply would wait for a value that never comes."""
    assert ".".join(field.arm) in {row.path for row in deployment_fields.FIELDS}


def test_every_part_of_a_model_and_of_a_sku_has_a_line_in_the_manifest() -> None:
    lines = [f"model.{name}" for name in ModelEntry.model_fields]
    lines += [f"sku.{name}" for name in SkuEntry.model_fields]
    assert sorted(lines) == sorted(row.path for row in FIELDS if row.path.startswith(("model.", "sku.")))


def test_the_version_that_is_spoken_is_the_newest_stable_one_and_carries_every_field() -> None:
    """A field that is newer than it would be warned of in every run."""
    assert STABLE[-1] == versions.STABLE[-1] == DEFAULT_API_VERSION
    assert not_carried(DEFAULT_API_VERSION) == ()
    assert {row.since for row in FIELDS} <= {"", *STABLE, *PREVIEWS}
