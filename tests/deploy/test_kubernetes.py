"""The Kubernetes manifests: valid by the cluster's own schema, without rights, run by this very program."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from reconciler.cli import run
from reconciler.engine.pace import DEFAULT_PACE

KUBERNETES = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
BASE, EXAMPLE = KUBERNETES / "base", KUBERNETES / "example"
# The first version in which all that these files say is on by default, and the newest that the schemas know.
VERSIONS = ("1.29", kubernetes_validate.latest_version())
CONTAINER = "reconciler"


def kustomization(folder: Path) -> Any:  # noqa: ANN401 -- any YAML
    return yaml.safe_load((folder / "kustomization.yaml").read_text())


def objects() -> list[Any]:
    return [
        document
        for name in kustomization(BASE)["resources"]
        for document in yaml.safe_load_all((BASE / name).read_text())
    ]


def named(name: str) -> Any:  # noqa: ANN401 -- any YAML
    (found,) = (one for one in objects() if one["metadata"]["name"] == name)
    return found


def jobs() -> Iterator[Any]:
    """The specs of what becomes a Job."""
    for one in objects():
        if one["kind"] == "Job":
            yield one["spec"]
        elif one["kind"] == "CronJob":
            yield one["spec"]["jobTemplate"]["spec"]


def pods() -> list[Any]:
    return [job["template"] for job in jobs()]


def container(pod: Any) -> Any:  # noqa: ANN401 -- any YAML
    (found,) = pod["spec"]["containers"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_and_has_no_key_that_the_cluster_does_not_know(version: str) -> None:
    for one in objects():
        kubernetes_validate.validate(one, version, strict=True)


def test_the_schema_is_one_that_can_fail() -> None:
    wrong = named("reconciler-apply")
    wrong["spec"]["completionsMode"] = wrong["spec"].pop("completionMode")
    with pytest.raises(kubernetes_validate.ValidationError, match="completionsMode"):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_file_of_the_base_is_a_part_of_it_and_none_has_a_namespace_of_its_own() -> None:
    used = [*kustomization(BASE)["resources"], *(one["path"] for one in kustomization(BASE)["replacements"])]
    assert sorted(used) == sorted(
        path.name for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml"
    )
    assert [one for one in objects() if "namespace" in one["metadata"]] == []


def test_nothing_has_any_right_in_the_cluster() -> None:
    """There is no role and no token for the API server; the identity's token comes from its own webhook."""
    kinds = {one["kind"] for one in objects()}
    assert kinds == {"ServiceAccount", "NetworkPolicy", "CronJob", "Job"}
    accounts = {one["metadata"]["name"]: one for one in objects() if one["kind"] == "ServiceAccount"}
    assert all(one["automountServiceAccountToken"] is False for one in accounts.values())
    assert {pod["spec"]["serviceAccountName"] for pod in pods()} == set(accounts)
    for pod in pods():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
        assert "hostNetwork" not in pod["spec"]


def test_pods_are_as_restricted_as_the_strictest_pod_security_standard_asks() -> None:
    for pod in pods():
        context, own = pod["spec"]["securityContext"], container(pod)["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert own == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(pod["spec"]["volumes"][1]) == {"name", "emptyDir"}
        assert "memory" in container(pod)["resources"]["limits"]


def test_the_network_policy_takes_nothing_in_and_covers_every_pod() -> None:
    policy = named("reconciler")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    for pod in pods():
        assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_the_job_tells_each_pod_how_many_shards_there_are() -> None:
    spec = named("reconciler-apply")["spec"]
    env = {one["name"]: one["value"] for one in container(spec["template"])["env"]}
    assert spec["completionMode"] == "Indexed"
    assert env["RECONCILER_SHARDS"] == str(spec["completions"])
    assert env["RECONCILER_JOB"] == f"completions={spec['completions']}"
    assert spec["parallelism"] <= spec["completions"]


@pytest.mark.parametrize(("completions", "shards"), [(4, 5), (5, 4)])
def test_pods_of_a_job_whose_two_numbers_differ_say_so_and_fail(
    completions: int, shards: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    monkeypatch.setenv("RECONCILER_SHARDS", str(shards))
    monkeypatch.setenv("RECONCILER_JOB", f"completions={completions}")
    assert run(["apply", "manifests", "--shard=auto", "--yes"]) == 64
    assert (
        f"the Job has {completions} completions, but RECONCILER_SHARDS is {shards}" in capsys.readouterr().err
    )


def test_what_kustomize_copies_is_where_the_pods_read_it() -> None:
    """`completions` goes behind the = of RECONCILER_JOB, in the base and after the example's patches."""
    (copied,) = yaml.safe_load((BASE / "shards.yaml").read_text())
    assert copied["source"] == {"kind": "Job", "name": "reconciler-apply", "fieldPath": "spec.completions"}
    (target,) = copied["targets"]
    (path,) = target["fieldPaths"]
    here = named("reconciler-apply")
    for step in path.split("."):
        here = here[int(step) if step.isdigit() else step]
    assert here.split(target["options"]["delimiter"])[target["options"]["index"]] == "4"
    assert kustomization(EXAMPLE)["replacements"] == [{"path": "../base/shards.yaml"}]


def test_the_namespace_of_the_example_enforces_the_strictest_pod_security_standard() -> None:
    namespace = yaml.safe_load((EXAMPLE / "namespace.yaml").read_text())
    kubernetes_validate.validate(namespace, VERSIONS[0], strict=True)
    assert namespace["metadata"]["name"] == kustomization(EXAMPLE)["namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_image_of_the_example_is_named_by_its_digest() -> None:
    (image,) = kustomization(EXAMPLE)["images"]
    assert image["digest"].startswith("sha256:")
    assert "newTag" not in image


def test_nothing_goes_out_but_names_and_https_to_public_addresses() -> None:
    names, https = named("reconciler")["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert names["to"][0]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "kube-system"
    }
    assert https["ports"] == [{"protocol": "TCP", "port": 443}]
    closed = [ip_network(one) for to in https["to"] for one in to["ipBlock"]["except"]]
    inside = (
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.1.1",
        "fd00::1",
        "fe80::1",
        "::1",
    )
    for address in inside:
        assert any(ip_address(address) in network for network in closed), address


def test_the_program_ends_before_the_cluster_ends_it() -> None:
    for job in jobs():
        pod = job["template"]["spec"]
        assert pod["restartPolicy"] == "Never"
        assert pod["terminationGracePeriodSeconds"] >= DEFAULT_PACE.grace + 10
        limit = next(
            int(word.partition("=")[2])
            for word in container(job["template"])["args"]
            if word.startswith("--timeout=")
        )
        tries = 1 + job.get("backoffLimitPerIndex", job.get("backoffLimit", 6))
        assert job.get("activeDeadlineSeconds", tries * limit + 1) > tries * limit


def mounted(folder: Path) -> Path:
    """The example's manifests as a ConfigMap is mounted: links into a hidden folder named by the time."""
    hidden = folder / "..2026_11_25_05_17_00.123456789"
    hidden.mkdir(parents=True)
    (folder / "..data").symlink_to(hidden.name)
    for name in kustomization(EXAMPLE)["configMapGenerator"][0]["files"]:
        (hidden / name).write_text((EXAMPLE / name).read_text())
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def as_in_the_pod(pod: Any, folder: Path, state: Path) -> list[str]:  # noqa: ANN401 -- any YAML
    """The container's own words, on an emulator instead of Azure."""
    words = [str(folder) if word == "/manifests" else word for word in container(pod)["args"]]
    cloud = ["--cloud", "emulator", "--emulator-state", str(state)]
    return [*(word for word in words if not word.startswith("--credential=")), *cloud]


def test_the_commands_of_all_pods_together_converge_and_then_nothing_drifts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests, state = mounted(tmp_path / "manifests"), tmp_path / "e.db"
    monkeypatch.setenv("HOME", str(tmp_path))
    apply, drift = named("reconciler-apply")["spec"], named("reconciler-drift")["spec"]["jobTemplate"]["spec"]
    looking = as_in_the_pod(drift["template"], manifests, state)
    assert run(looking) == 2
    monkeypatch.setenv("RECONCILER_SHARDS", str(apply["completions"]))
    for index in range(apply["completions"]):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(index))
        assert run(as_in_the_pod(apply["template"], manifests, state)) == 0
    assert run(looking) == 0
    assert (tmp_path / ".local" / "state" / "reconciler" / "journal.jsonl").exists()


def test_wrong_usage_ends_the_whole_job_and_everything_else_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The exit code that the policy names is the one that a wrong count of shards has."""
    spec = named("reconciler-apply")["spec"]
    (fatal,) = (rule for rule in spec["podFailurePolicy"]["rules"] if rule["action"] == "FailJob")
    assert fatal["onExitCodes"]["containerName"] == container(spec["template"])["name"] == CONTAINER
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "4")
    monkeypatch.setenv("RECONCILER_SHARDS", "4")
    assert [run(["apply", "manifests", "--shard=auto", "--yes"])] == fatal["onExitCodes"]["values"]


def test_the_example_changes_what_is_there_to_be_changed() -> None:
    """Every patch has its target, every path exists, and the shards are counted alike in all places."""
    overlay = kustomization(EXAMPLE)
    assert {image["name"] for image in overlay["images"]} == {container(pod)["image"] for pod in pods()}
    wanted = {pod["spec"]["volumes"][0]["configMap"]["name"] for pod in pods()}
    assert {one["name"] for one in overlay["configMapGenerator"]} == wanted
    changed = {}
    for patch in overlay["patches"]:
        target = named(patch["target"]["name"])
        assert target["kind"] == patch["target"]["kind"]
        for change in yaml.safe_load(patch["patch"]):
            *way, last = (int(step) if step.isdigit() else step for step in change["path"].split("/")[1:])
            here = target
            for step in way:
                here = here[step]
            assert change["op"] == ("replace" if last in here or isinstance(last, int) else "add")
            changed[last] = change["value"]
    assert str(changed["completions"]) == str(changed["parallelism"]) == changed["value"]


def test_the_examples_manifests_are_valid() -> None:
    files = kustomization(EXAMPLE)["configMapGenerator"][0]["files"]
    assert run(["validate", *(str(EXAMPLE / name) for name in files)]) == 0
