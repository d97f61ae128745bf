"""Random fleets over all nine SKUs, small enough that a failing one can be read."""

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


def either(*values: T) -> st.SearchStrategy[T | Unset]:
    """One of the values, or a manifest that is silent."""
    return st.sampled_from((UNSET, *values))


@st.composite
def deployments(
    draw: st.DrawFn, name: str, in_account: str, targets: tuple[str, ...], skus: tuple[str, ...]
) -> DesiredDeployment:
    """One declared deployment, replaceable; it may spill over to one of `targets`."""
    model = draw(st.sampled_from(sorted(MODELS)))
    return desired(
        name,
        in_account=in_account,
        model=model,
        version=draw(either(*MODELS[model])),
        sku=draw(st.sampled_from(skus)),
        capacity=draw(st.sampled_from([25, 50, 75, 100])),
        tags=draw(either({"team": "x"}, {"Team": "y", "a.b": "z"})),
        option=draw(either("NoAutoUpgrade", "OnceCurrentVersionExpired")),
        rai=draw(either("strict", "Microsoft.Default")),
        spillover=draw(either(*targets)),
        settings=draw(st.sampled_from(SETTINGS)),
        lifecycle=Lifecycle(
            replace_allowed=True, ignore_changes=draw(st.sampled_from([(), (), ("sku.capacity",)]))
        ),
    )


@st.composite
def fleets(draw: st.DrawFn, skus: tuple[str, ...] = KNOWN_SKUS) -> tuple[DesiredDeployment, ...]:
    """What one Git folder declares; spillover targets come before those that name them, so no circles.

    With few `skus` many deployments share a pool.
    """
    declared: list[DesiredDeployment] = []
    for in_account in ACCOUNTS:
        names = sorted(draw(st.sets(st.sampled_from(NAMES))))
        for place, name in enumerate(names):
            declared.append(draw(deployments(name, in_account, tuple(names[:place]), skus)))
    return tuple(declared)


choices = st.lists(st.integers(min_value=0, max_value=7), max_size=12)
