"""Random fleets over all nine SKUs, small enough that a failing one can be read."""

from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from reconciler.domain.deployment import UNSET, DesiredDeployment, JsonValue, Lifecycle, Unset
from reconciler.domain.sku import KNOWN_SKUS
from tests.property.toy_arm import MODELS
from tests.unit.plan.states import desired

ACCOUNTS = ("one", "two")
NAMES = ("a", "b", "c", "d")

T = TypeVar("T")


SETTINGS: tuple[dict[str, JsonValue], ...] = (
    {},
    {"serviceTier": "Priority"},
    {"routing": {"models": [1, 2]}},
)


one_of = cache(st.sampled_from)
"""One of some values, which is made and checked once: hypothesis takes longer for that than for drawing."""

SOME_TAGS: st.SearchStrategy[dict[str, str | None] | Unset] = st.sampled_from(
    (UNSET, {"team": "x"}, {"Team": "y", "a.b": "z"})
)
SOME_SETTINGS = st.sampled_from(SETTINGS)


def either(*values: T) -> st.SearchStrategy[T | Unset]:
    """One of the values, or a manifest that is silent."""
    return one_of((UNSET, *values))


@st.composite
def deployments(
    draw: st.DrawFn, name: str, in_account: str, targets: tuple[str, ...], skus: tuple[str, ...]
) -> DesiredDeployment:
    """One declared deployment, replaceable; it may spill over to one of `targets`."""
    model = draw(one_of(tuple(sorted(MODELS))))
    return desired(
        name,
        in_account=in_account,
        model=model,
        version=draw(either(*MODELS[model])),
        sku=draw(one_of(skus)),
        capacity=draw(one_of((25, 50, 75, 100))),
        tags=draw(SOME_TAGS),
        option=draw(either("NoAutoUpgrade", "OnceCurrentVersionExpired")),
        rai=draw(either("strict", "Microsoft.Default")),
        spillover=draw(either(*targets)),
        settings=draw(SOME_SETTINGS),
        lifecycle=Lifecycle(replace_allowed=True, ignore_changes=draw(one_of(((), (), ("sku.capacity",))))),
    )


declared_in = cache(deployments)
some_names = st.sets(st.sampled_from(NAMES))


@st.composite
def fleets(draw: st.DrawFn, skus: tuple[str, ...] = KNOWN_SKUS) -> tuple[DesiredDeployment, ...]:
    """What one Git folder declares; spillover targets come before those that name them, so no circles.

    With few `skus` many deployments share a pool.
    """
    declared: list[DesiredDeployment] = []
    for in_account in ACCOUNTS:
        names = sorted(draw(some_names))
        for place, name in enumerate(names):
            declared.append(draw(declared_in(name, in_account, tuple(names[:place]), skus)))
    return tuple(declared)


choices = st.lists(st.integers(min_value=0, max_value=7), max_size=12)
