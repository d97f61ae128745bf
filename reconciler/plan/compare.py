"""Two states become one action per deployment. Pure; every branch is about one question.

From an account that could not be listed to the end, only `Blocked` follows: absence is evidence only
when the listing was complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import Region
from reconciler.domain.marks import Whose, mark_of, owner_of, whose
from reconciler.domain.state import Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import Action, Adopt, Blocked, Create, FieldChange, Keep, Reason, Update, Wait
from reconciler.plan.admission import admitted
from reconciler.plan.body import replacement_body
from reconciler.plan.dependants import block_dependants, judge_names, keep_referenced, say_why_here
from reconciler.plan.diff import fields_of
from reconciler.plan.evidence import unless_expired
from reconciler.plan.legality import (
    fixed_paths,
    forbids_model_change,
    migrates,
    only_marks,
    reason_for,
    replacement,
    writes_for,
)
from reconciler.plan.moved import Mover, RegionalUpgrades, accepting, who_moved
from reconciler.plan.pair import Compared, Pair, alike
from reconciler.plan.removal import undeclared
from reconciler.plan.terms import Terms, by_account, hindrance

_PROVIDER_DATA: Final = "modelProviderData"


def compare(
    desired: DesiredState,
    observed: ObservedState,
    *,
    take_over: bool = False,
    replace_failed: bool = False,
    renew_marks: bool = False,
    recreate_expired: bool = False,
    today: date | None = None,
) -> tuple[Action, ...]:
    """One action per declared or observed deployment in scope, ordered by identity."""
    terms = Terms(
        fleet=desired.fleet,
        take_over=take_over,
        replace_failed=replace_failed,
        renew_marks=renew_marks,
        recreate_expired=recreate_expired,
        expiries=observed.expiries,
        today=today,
    )
    declared, compared = by_account(desired), Compared()
    actions = [
        action
        for account in desired.accounts
        for action in _account(account, declared.get(account.id, ()), desired, observed, terms, compared)
    ]
    named = judge_names(admitted(actions, observed), observed)
    judged = keep_referenced(block_dependants(named), observed)
    explained = map(_with_consent, say_why_here(judged, desired.scope.pulled_in))
    return tuple(sorted(explained, key=lambda action: action.id.key))


class AtRest:
    """Whether a plan leaves all of an account as it is, told from what the account itself answers.

    Where that is so, quotas and offers of its region say nothing to the plan. In doubt it is not so.
    """

    def __init__(self, desired: DesiredState) -> None:
        self._desired = desired
        self._declared = by_account(desired)
        self._accounts = {account.id: account for account in desired.accounts}
        self._terms = Terms(fleet=desired.fleet, renew_marks=True)
        self._shared = Compared()

    def __call__(self, reading: Listed) -> bool:
        """Whether everything that is declared is as declared, and nothing else is there."""
        account = self._accounts[reading.account.id]
        declared = self._declared.get(account.id, ())
        alone = ObservedState(readings={account.id: reading})
        actions = _account(account, declared, self._desired, alone, self._terms, self._shared)
        return all(action.reason is Reason.IN_SYNC for action in actions)


def _with_consent(action: Action) -> Action:
    """A write that sends modelProviderData says what that means: it is a legal act of the caller."""
    declares = action.desired is not None and action.desired.spec.settings.get(_PROVIDER_DATA)
    if not action.writes or not declares:
        return action
    consent = f"sending {_PROVIDER_DATA} accepts the provider's Marketplace offer in your name"
    return action.explained(action.explanation, consent)


def _account(
    account: DesiredAccount,
    declared: Sequence[DesiredDeployment],
    desired: DesiredState,
    observed: ObservedState,
    terms: Terms,
    compared: Compared,
) -> Iterator[Action]:
    wanted = [each for each in declared if desired.covers(each.id)]
    reading = observed.readings.get(account.id)
    hindered = hindrance(account, reading)
    if hindered is not None:
        for item in wanted:
            known = reading.account.region if isinstance(reading, Listed) else account.region
            yield Blocked(
                id=item.id,
                region=known or item.region,
                reason=hindered.reason,
                explanation=hindered.explanation,
                fix=hindered.fix,
                desired=item,
                observed=reading.find(item.id) if isinstance(reading, Listed) else None,
            )
    elif isinstance(reading, Listed):
        region = reading.account.region
        for item in wanted:
            upgrades = RegionalUpgrades(observed, account.id, region, terms.today)
            yield _declared(item, reading, upgrades, terms, compared)
        names = {each.id for each in declared}
        for existing in reading.deployments:
            if existing.id not in names and desired.covers(existing.id):
                yield undeclared(existing, account.prune, region, terms)


def _declared(
    desired: DesiredDeployment, reading: Listed, upgrades: RegionalUpgrades, terms: Terms, compared: Compared
) -> Action:
    observed, region = reading.find(desired.id), reading.account.region
    if observed is None:
        body, fields = compared.creation(desired, terms.mark)
        return unless_expired(_creation(desired, region, body, fields), terms)
    if alike(desired, observed) in compared.in_sync:
        return _in_sync(desired, observed, region)
    mover = who_moved(desired, observed, upgrades)
    pair = Pair(
        desired=accepting(desired, mover),
        observed=observed,
        mark=terms.mark,
        region=region,
        mover=mover,
        renew=terms.renew_marks,
    )
    action = _strange(pair, terms) or _known(pair, terms)
    if action.reason is Reason.IN_SYNC:
        compared.in_sync.add(alike(desired, observed))
    return action


def _creation(
    desired: DesiredDeployment,
    region: Region | None,
    body: JsonObject,
    fields: tuple[FieldChange, ...],
    explanation: str = "",
) -> Create:
    return Create(
        id=desired.id,
        region=region,
        reason=Reason.NOT_THERE,
        explanation=explanation,
        desired=desired,
        changes=fields,
        writes=(body,),
    )


def _strange(pair: Pair, terms: Terms) -> Blocked | None:
    """Blocked where the deployment is somebody else's and nobody said that we may take it over."""
    owner, belongs = owner_of(pair.observed), whose(pair.observed, terms.mark)
    if belongs in {Whose.OURS, Whose.NAMESAKE} or terms.take_over:
        return None
    if owner is not None:
        return pair.blocked(
            Reason.OTHER_FLEET,
            f"it carries the mark of the fleet {owner!r}",
            f"let {owner!r} stop declaring it, or pass --take-over",
        )
    if only_marks(pair.changes) or pair.desired.adopt:
        return None
    return pair.blocked(
        Reason.NOT_OURS,
        "it exists without any fleet's mark and is not as declared",
        "write adopt: true in its DeploymentSet, or pass --take-over; or declare it as it is",
    )


def _known(pair: Pair, terms: Terms) -> Action:
    """What is ours, or may become so."""
    state = pair.observed.provisioning_state.lower()
    if not pair.observed.settled:
        return _in_progress(pair, terms)
    if pair.observed.failed:
        return replacement(pair, terms)
    if state == "disabled":
        explanation = "ARM settled it in state Disabled, which no PUT is known to end"
        fix = "enable it in Azure, or delete it; then run again"
        return pair.blocked(Reason.DISABLED_STATE, explanation, fix)
    if state == "canceled":
        explanation = (
            "its last operation was cancelled, so it has not converged; what is declared is sent again"
        )
        return _change(pair, terms, explanation, settled_badly=True)
    if not pair.changes:
        keep = _in_sync(pair.desired, pair.observed, pair.region)
        if pair.mover is not Mover.SERVICE:
            return keep
        text = f"the service moved it to {pair.running}, as it may"
        return replace(keep, reason=Reason.AUTO_UPGRADED, explanation=text)
    return _change(pair, terms)


def _in_progress(pair: Pair, terms: Terms) -> Action:
    """What is declared is shown as it would be done now; apply waits for the end and looks again (F-078)."""
    if pair.observed.deleting:  # the second half of a replacement that was cut short
        body = replacement_body(pair.desired, pair.observed, terms.mark)
        why = "it is being deleted; apply waits for the end of that"
        return _creation(pair.desired, pair.region, body, fields_of(body), why)
    explanation = f"an operation is going on in it (provisioningState {pair.observed.provisioning_state})"
    if pair.changes:
        return _change(pair, terms, f"{explanation}; apply waits for its end and looks again")
    text = f"{explanation}; its fields are as declared: apply waits for its end and writes nothing"
    return pair.action(Wait, Reason.IN_PROGRESS, text)


def _in_sync(desired: DesiredDeployment, observed: ObservedDeployment, region: Region | None) -> Keep:
    return Keep(id=desired.id, region=region, reason=Reason.IN_SYNC, desired=desired, observed=observed)


def _change(pair: Pair, terms: Terms, explanation: str = "", *, settled_badly: bool = False) -> Action:
    unclaimed = whose(pair.observed, pair.mark) in {Whose.NOBODYS, Whose.NAMESAKE}
    action: Action
    if pair.mover is Mover.UNTOLD:
        why = (
            f"it runs {pair.running}, and ARM's list of models, which tells whether the service moved it "
            "there, could not be read"
        )
        action = pair.blocked(Reason.MODELS_UNREADABLE, why, _READ_MODELS)
    elif forbids_model_change(pair):
        action = pair.blocked(Reason.MODEL_CHANGE_REFUSED, *_REFUSED_CHANGE)
    elif fixed_paths(pair.desired, pair.observed.sku, pair.changes):
        action = replacement(pair, terms)
    elif only_marks(pair.changes) and unclaimed and not settled_badly:
        text = "only our mark is added" if owner_of(pair.observed) is None else _NEW_ID
        action = pair.action(Adopt, Reason.MARK_MISSING, f"it is as declared; {text}", pair.body)
    else:
        writes = writes_for(pair)
        reason = reason_for(pair) if pair.changes else Reason.CANCELED_STATE
        remarks = "; ".join(_remarks(pair, len(writes)))
        action = pair.action(Update, reason, remarks, *writes, carried=pair.carried)
    return action.explained(action.explanation, explanation)


_READ_MODELS = (
    "run again when ARM answers, or give this identity Microsoft.CognitiveServices/locations/models/read on "
    "the subscription; or declare the model that runs"
)


_REFUSED_CHANGE = (
    "the declared model is not the one that is there, and its manifest says modelChange: refuse",
    "declare the model that is there, or take lifecycle.modelChange out and look at the new plan",
)


_NEW_ID = "its mark gets the id of this fleet"


def _remarks(pair: Pair, writes: int) -> Iterator[str]:
    match whose(pair.observed, pair.mark):
        case Whose.NOBODYS:
            yield "it carried nobody's mark and is taken over"
        case Whose.NAMESAKE:
            yield _NEW_ID
        case Whose.THEIRS:
            yield f"it is taken over from the fleet {owner_of(pair.observed)!r}"
        case Whose.OURS:
            pass
    if migrates(pair):
        yield ("ARM migrates it in place at the same size, in 20 to 30 minutes; it keeps serving meanwhile")
    if writes > 1:
        yield "ARM refuses a new size and another model in one write, so there are two"
    # How the live model came to differ, where the manifest is not behind it.
    if pair.mover is Mover.SOMEBODY:
        yield f"somebody moved it to {pair.running}, which the service does not do here; it is moved back"
    elif pair.mover is Mover.SERVICE:
        yield f"the service moved it to {pair.running}, as it may; that stays"
    elif pair.mover is Mover.UNKNOWN and mark_of(pair.observed) is not None:
        yield (
            f"it runs {pair.running}, and its marks do not tell whether the manifest was changed, or the "
            "service or somebody moved it"
        )
    if only_marks(pair.changes) and pair.desired.spec.model.source is not None:
        yield "ARM may not return a model's source: if that is what changed, it can refuse this write"
