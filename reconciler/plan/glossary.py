"""What the words of a plan mean and what to do about them: reasons of actions, codes of refusals and notices.

Rule of this module: every word that a plan can print has an entry; a test holds it. The kinds of action and
the verdicts on quota pools are among them.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import definitions
from reconciler.plan.actions import Reason
from reconciler.plan.plan import Verdict

_REASONS = """
not-there: The manifests declare the deployment and the complete list of its account does not have it. It is
    created; nothing else has to be done
model-changed: The declared model is not the one that is there. ARM changes the model of a provisioned
    deployment only. Elsewhere declare a new one beside it and move the callers, or write lifecycle: {replace:
    allowed} and accept the outage
version-changed: The declared version is not the one that is there. ARM changes it in place; together with the
    capacity it takes two writes, which the plan shows as one update
sku-changed: The declared SKU is not the one that is there. Whether ARM takes that in place is not documented,
    so it is a replacement unless lifecycle.skuChange says inPlace
capacity-changed: The declared capacity is not the one that is there. It is changed in place, after the
    releases that it needs. If an autoscaler owns it, write lifecycle: {ignoreChanges: [sku.capacity]}
settings-changed: Another declared field, such as raiPolicyName or versionUpgradeOption, differs. It is
    changed in place; fields that the manifest does not state are carried over as they are
tags-changed: Declared tags differ. Tags that no manifest states are carried over: a tag is never removed by
    deleting its line
source-changed: The declared source account of a fine-tuned model is not the one that ARM gives. A model's
    source is part of the model: see model-changed
mark-missing: The deployment is as declared and carries nobody's mark. The mark is added, so that pruning and
    drift know whose it is; no other field changes
mark-outdated: Nothing differs but our own mark: the manifest says the same in other words, or what it says of
    lifecycle has changed. The mark is written again
failed-state: ARM settled the deployment in state Failed and refuses every PUT until it is deleted. Allow that
    with lifecycle: {replace: allowed} or --replace-failed
canceled-state: The last operation on the deployment was cancelled, so it has not converged although its
    fields may be as declared. What is declared is sent again
disabled-state: The service has disabled the deployment; no write is known to end that. See the subscription
    and the account in the portal, or delete the deployment
not-declared: The deployment carries this fleet's mark (or its account is prune: exclusive) and no manifest
    declares it any more. It is deleted. To keep it, declare it again, or write lifecycle: {onRemoval: retain}
    before its entry is removed
in-sync: What is there is as declared, and its state is Succeeded
auto-upgraded: The service moved the deployment to a newer version, or to the successor of its model, as its
    versionUpgradeOption allows, or because a preview has ended. To decide yourself, declare what runs now,
    with versionUpgradeOption: NoAutoUpgrade
retained: No manifest declares the deployment, and it stays: its account is prune: never, or its last manifest
    said lifecycle.onRemoval: retain
not-ours: Nobody's mark is on the deployment. Undeclared, it is left alone. Declared and different, it is not
    changed either, until its DeploymentSet says adopt: true or --take-over is given
other-fleet: The deployment carries another fleet's mark. Let that fleet stop declaring it, or pass
    --take-over if you know that it is yours
replace-forbidden: ARM cannot make this change in place, and the manifest does not allow a replacement.
    Declare the new deployment beside the old one, move the callers, remove the old; or write lifecycle:
    {replace: allowed}, which means an outage and, for PTUs, capacity that may not come back
account-missing: ARM does not find the account. This program makes deployments, not accounts: create it first,
    or correct the names. One that is soft-deleted is named with the commands that restore or purge it. An
    account of another tenant looks the same where its alias names the wrong tenant
account-unreadable: The deployments of the account could not be listed to the end, so nothing is concluded
    about any of them: neither that they are absent nor that they are ours. The message says why; other
    accounts go on
account-not-ready: The account itself is being deleted or has failed; nothing can be written in it until it is
    repaired
region-mismatch: The manifest asserts a region that is not the account's. Correct the region, or name the
    account that was meant: capacity and quota are judged by the region
in-progress: An operation is going on in the deployment. Apply waits for its end, looks again, and only then
    writes what still differs
protected: Deleting or replacing is forbidden: by lifecycle.preventDestroy in its manifest, also one that is
    gone by now, or by a glob in the Fleet's guards.protect. Lift it in a merged change of its own
not-offered: ARM's own list of the region does not have this model, version, SKU or size for this kind of
    account. The message names what there is
policy-missing: The account has no content filter of the declared raiPolicyName. Make it there first, or
    correct the name
source-missing: The account that the fine-tuned model is to come from is not there, or does not have that
    model. Correct model.name or model.source
refused-by-arm: With --validate-with-arm, ARM's own validation was asked about the exact write and would not
    take it; its code and message are shown. Azure Policy is a common cause
quota-exceeded: The quota pool has no room for the write, counting what the plan itself releases before.
    `reconciler quota` shows who holds it
dependency-blocked: The deployment names another one (spillover, parent) that is not there and cannot be made,
    waits for a write that is not done, or is a model router whose account has no deployment of a Claude model
    that it routes to. See to that one first
still-referenced: Another deployment names it as its spillover target or parent, and would go on naming it.
    Un-set that first: write spilloverDeploymentName: null (or parentDeploymentName: null) in the entry that
    names it
model-migration: A provisioned deployment gets another model or version in place. ARM takes 20 to 30 minutes,
    and the deployment keeps serving meanwhile. lifecycle.modelChange: replace or refuse decides otherwise
model-change-refused: The declared model or version is not the one that is there, and lifecycle.modelChange:
    refuse forbids to change it. Take that line out, or declare what is there
models-unreadable: It runs another model than its manifest states, and ARM's list of models, which tells
    whether the service moved it there, could not be read: it is neither moved back nor replaced. Run again
    when ARM answers, or declare the model that runs
no-fleet: No manifest declares the deployment, and there is no Fleet document, so nothing is deleted. Add a
    Fleet (`reconciler init` writes one) to have removed entries pruned
expired: The service has removed the deployment, as it does with idle fine-tuned ones after 15 days and with
    DeveloperTier ones after 24 hours: the Activity Log has a write of it and no delete. Write lifecycle:
    {recreateExpired: true}, pass --recreate-expired, or remove the entry
stale: The deployment is no longer as the saved plan saw it, so the plan's consent does not cover it. Plan
    again, look, and apply the new plan
"""
REASONS: Mapping[Reason, str] = {Reason(word): text for word, text in definitions(_REASONS).items()}

REFUSALS: Mapping[str, str] = definitions("""
policy: What the plan would leave behind breaks a rule of a Policy. The message begins with its code, and
    `reconciler explain policy/ID` shows the rule. Change the manifest as the fix says, or ask whoever keeps
    the policy for an exemption
empty-fleet: The manifests declare nothing while there is something to lose, and a wrong path looks just like
    that. Name the right folder; if everything is to go, pass --allow-empty
max-deletes: More deployments would be deleted or replaced than one run may. The limit is the Fleet's
    guards.maxDeletes and maxDeletePercent, or else the smaller of 5 and 20 % of the owned ones. Look at the
    list; --max-deletes N lifts it for one run
max-capacity-reduction: More PTUs of one quota pool would be given back than the Fleet's
    guards.maxCapacityReductionPercent allows. PTUs that are given back may not be available again. Do it in
    smaller steps, or raise the limit in the Fleet
max-monthly-increase: The plan would raise the monthly cost at list prices by more than the Fleet's
    guards.maxMonthlyIncrease allows, or a fixed price in it is not known, so that nobody can tell. Look at
    `plan --cost`; --max-monthly-increase AMOUNT lifts it for one run
quota: The plan needs more of a quota pool than its limit, in whatever order. The message names the pool, its
    limit and who holds what: shrink or remove some of those, choose another SKU or region, or ask Azure for
    more
quota-circle: Deployments would swap quota pools that are full: each needs what another one releases, so there
    is no order in which the pools are never exceeded. Do one half first, with --target, or lower one for a
    while
""")

NOTICES: Mapping[str, str] = definitions("""
capacity-given-back: The plan takes PTUs out of a region, by a smaller size or a delete. The quota stays
    yours, the machines do not: when the region is full, a later scale-up is refused. Keep them if you will
    need them soon, or look at `reconciler capacity` before
protect-unmatched: A glob of the Fleet's guards.protect matches no deployment that is declared or that was
    found in the fleet's accounts, so it guards nothing: mostly a misspelling, or what it named is gone.
    Correct it or take it out. It is a warning and stops nothing; it is not given for a part of the fleet
    (--target, --exclude, --select, --shard), nor where an account could not be read
""")


ACTIONS: Mapping[str, str] = definitions("""
create: The deployment is declared and not there: it is made as declared
update: What is declared differs from what is there, and ARM takes the change in place. The plan shows every
    field that changes; what no manifest states is carried over
replace: The change needs a new deployment: the old one is deleted and created again, with an outage between.
    Only with lifecycle: {replace: allowed}, or --replace-failed for one in state Failed
delete: No manifest declares the deployment any more, and its account's prune lets it go. The guards
    maxDeletes and maxDeletePercent limit how many
adopt: The deployment is there as declared and is nobody's: our mark is added to its tags and no other field
    changes. From then on pruning and drift know that it is this fleet's
wait: An operation is under way in the deployment, and its fields are as declared. Nothing is written; apply
    waits for the end. Alone it is no change for --detailed-exitcode
none: Nothing is written: it is as declared, or it is not ours and stays as it is. `plan -v` lists these with
    their reasons
blocked: Something ought to be done and must not be, for the reason that is shown with its fix. The others go
    on; `plan` ends with 1, and an apply with 3 where it wrote something, else with 1
""")

_VERDICTS = """
fits: ARM's own counter of the quota pool has room for the plan, at its peak too
exceeds: The quota pool has no room for what the plan takes, less what it releases before. `reconciler quota`
    shows who holds it
unverified: A check could not be made: a quota pool or a list of ARM's (models, content filters) could not be
    read, or does not name what is declared. The plan neither claims nor denies anything then, and ARM decides
    at the write. `reconciler doctor` tells whether a right is missing
"""
VERDICTS: Mapping[Verdict, str] = {Verdict(word): text for word, text in definitions(_VERDICTS).items()}


CAPACITY: Mapping[str, str] = definitions("""
available: When ARM was asked, the region had at least as many units as the write needs. It is no promise:
    capacity moves through the day, and asking holds nothing
short: When ARM was asked, the region had fewer units than the write needs, so ARM would turn it away. Regions
    with room are named beside it; `capacity propose` gives an edit, `apply --capacity-wait S` tries again
short-capacity: The region offers the model and the quota suffices, but ARM has fewer units than that. Ask
    again later, take another region or SKU, or ask for less
short-quota: The subscription has less quota left there than that, after the plan where one is named.
    `reconciler quota` shows who holds it
""")

WORDS: Mapping[str, str] = {
    **{reason.value: text for reason, text in REASONS.items()},
    **{verdict.value: text for verdict, text in VERDICTS.items()},
    **REFUSALS,
    **NOTICES,
    **ACTIONS,
    **CAPACITY,
}
"""All of them, by the word."""


def meaning(word: str) -> str:
    """What a word of a plan means; empty for one that no plan prints."""
    return WORDS.get(word, "")
