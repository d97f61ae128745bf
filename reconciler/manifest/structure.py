"""What is found while reading, before any rule sees a value: every code with its explanation.

These codes need no catalogue. They are explained here, so that `explain` and the documentation know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.diagnostics import definitions

STRUCTURAL: Final[Mapping[str, str]] = definitions("""
yaml-syntax: The file is not YAML: a tab, a bad indent, a stray character, an unclosed quote. The position is
    where the parser gave up; the mistake is there or just before.
yaml-tag: YAML tags (`!!python/object`, `!!binary`, `!Custom`) build things that manifests do not need, so
    none is understood. Write the plain value; quote it if it must stay text.
yaml-limit: A file is larger, deeper or fuller of aliases than any manifest needs. The limits keep a small
    text from becoming a huge one: 1 MiB a file, 48 MiB and 20,000 files in all, depth 32, 100 aliases,
    100,000 nodes. Split the file.
encoding: Manifests are UTF-8, with or without a byte order mark. UTF-16 and Latin-1 are refused, because a
    guess would change names silently. Save the file as UTF-8.
control-character: The text contains a character that cannot be seen: NUL, an escape, a mark that reverses the
    reading direction; raw or as an escape in quotes. What a reviewer sees would not be what is deployed.
    Remove it.
unreadable-file: The file could not be read: it vanished, changed while being read, is not a regular file, or
    a link leads out of the folder. Nothing is concluded from the other files until it can be.
duplicate-key: A mapping has the same key twice. YAML libraries keep the last one silently; here both places
    are shown. Remove one.
unknown-field: The field is none of this format. Field names are ARM's own, in camelCase; the nearest one is
    suggested. A property that ARM has and the format lacks goes under `extraProperties`.
wrong-type: The value has another type than the field. Integers are written in plain digits (no `1_000`,
    `1e3`, `50.0`), booleans are `true` and `false`, and a field to be left unmanaged is left out, not set to
    null.
missing-field: A required field is absent. For deployments that templates help to build, the check comes after
    merging: `model.name` and `sku.name` must come from somewhere.
invalid-value: The value is of the right type but not allowed: outside a list of words, a pattern or a range.
    The message says which values are.
unknown-kind: A document is a `Fleet`, a `DeploymentSet`, a `DeploymentTemplate` or a `Policy`, with
    `apiVersion: reconciler.aoai/v1`. Other documents do not belong below the manifest folder; a name
    beginning with `_` or `.` is skipped.
duplicate-fleet: More than one `Fleet` document was found. The fleet's name is the owner mark, so there can be
    only one. Merge them, or give the command one folder.
duplicate-template: Two `DeploymentTemplate` documents have one name, and sets refer to templates by name.
    Rename one.
duplicate-deployment: An account is given two deployments of one name. ARM ignores case in names, so `Chat`
    and `chat` are one, also across sets. Rename or remove one.
duplicate-policy-rule: Two policy rules have one id. The id is the code of what the rule finds, so it must say
    which rule spoke; a rule of the manifests cannot take the id of one that `--policy` brings. Rename one.
policy-expression: The expression of a policy rule cannot be used: it is not CEL, names what does not exist,
    compares values of different types, does not come out true or false, or is too long. Line and column count
    within the expression. The guide on policies lists what an expression can name.
undecided: `reconciler export` found a deployment behind a condition whose value it could not know, and wrote
    the condition as `undecided`. Nothing is planned until somebody decides: remove the line if the deployment
    is to exist, or the entry if not. `reconciler export --assume NAME=VALUE` decides it for a whole export.
unknown-template: A set lists a template that no document declares. The nearest name is suggested; check that
    the template's file is below the given paths.
unknown-subscription: A subscription is given by an alias that the Fleet does not declare. Add the alias under
    `spec.subscriptions`, or write the subscription's GUID. Where no Fleet was found at all, this is said
    once: its file is missing, or not below the paths that were given.
api-version: ARM has no such api-version for this provider. 2024-10-21, which documentation shows in ARM
    addresses, is a version of the inference API; ARM's is 2024-10-01 or one of the later ones that the
    message lists.
region-mismatch: The declared region is not the account's. Two sets may declare one account with different
    regions (found when validating), or ARM says that the account is elsewhere (found when planning). A region
    is an assertion, so it is never changed: correct the manifest, or the account's name.
""")
