"""The table of fields and the two places that a new row has to be entered in beside it."""

import pytest

from reconciler.domain.fields import FIELDS, Field
from reconciler.emulator import deployment_fields
from tests.unit.manifest.reading import codes, complete_entry, read

OWN = [field for field in FIELDS if field.own and field.arm[:-1] == ("properties",) and "." not in field.path]


@pytest.mark.parametrize("field", FIELDS, ids=[field.path for field in FIELDS])
def test_the_emulator_has_learned_every_field_that_a_manifest_can_state(field: Field) -> None:
    """It drops what it does not know: an apply would wait for a value that never comes."""
    assert ".".join(field.arm) in {row.path for row in deployment_fields.FIELDS}


@pytest.mark.parametrize("field", OWN, ids=[field.path for field in OWN])
def test_a_manifest_may_say_null_of_just_the_fields_that_a_null_unsets(field: Field) -> None:
    found = codes(read(complete_entry(f"{field.path}: null")))
    assert found == ([] if field.nullable else ["wrong-type"])
