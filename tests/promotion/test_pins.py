"""What moves of a resource is read from a stack's exported state, by the marks on its inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promotion_toys import (
    FAILED,
    PASSED,
    PROMPT,
    V1,
    V2,
    WORKFLOW,
    deployment,
    digest_of,
    hidden,
    machine,
    nothing_known,  # noqa: F401  (a fixture)
    proof,
    release,
    resource,
    runcomfy,
    state,
    version,
)

from pulumi_comfy.core.model import PROMOTED, VERSIONS_OF, fields_marked
from pulumi_comfy.core.platform import all_platforms
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.promotion.pins import release_of

BASELINES = Path(__file__).resolve().parents[1] / "baselines"
STATES = sorted(BASELINES.rglob("state.json"))


def only(found):
    (pin,) = found.pins.values()
    return pin


def marked(mark):
    kinds = [handler for platform in all_platforms() for handler in platform.handlers.values()]
    return {handler.token: fields_marked(handler.inputs_model, mark) for handler in kinds}


def test_every_platform_that_tells_versions_apart_promotes_one():
    promoted = {token: sorted(names) for token, names in marked(PROMOTED).items() if names}
    del promoted["comfydeploy:ServerlessMachine"]

    assert promoted == {
        "comfycloud:InferenceCheck": ["version_id"],
        "comfycloud:Publication": ["workflow_digest"],
        "comfydeploy:Deployment": ["workflow_version_id"],
        "runcomfy:Deployment": ["workflow_version"],
        "selfhosted:Deployment": ["workflow_version_id"],
    }


def test_a_size_of_an_environment_is_never_promoted():
    sizes = {"gpu", "concurrency_limit", "keep_warm", "idle_timeout", "run_timeout", "memory_limit", "hardware"}

    assert not sizes & frozenset().union(*marked(PROMOTED).values())


def test_a_kind_whose_version_is_promoted_promotes_nothing_else():
    versions = marked(VERSIONS_OF)

    assert {len(names) for token, names in marked(PROMOTED).items() if versions[token] and names} == {1}


def test_a_kind_whose_version_is_promoted_says_what_it_is_a_version_of():
    named = marked(VERSIONS_OF)

    assert {token for token, names in marked(PROMOTED).items() if names and not named[token]} == {
        "comfydeploy:ServerlessMachine"
    }


def test_a_deployment_moves_its_version_and_tells_its_digests():
    pin = release(deployment(V2), version(V2, 2)).pins["portrait"]

    assert pin.values == {"workflowVersionId": V2}
    assert pin.of == {"workflowId": WORKFLOW}
    assert pin.digests == {"workflowDigest": digest_of(V2), "machineDigest": "build-1"}
    assert pin.label == 'deployment "portrait"'
    assert pin.in_configuration() == {
        "workflowVersionId": V2,
        "digests": {"machineDigest": "build-1", "workflowDigest": digest_of(V2)},
    }


def test_the_digest_of_a_document_that_no_state_holds_comes_from_its_proof():
    assert only(release(deployment(V1))).digests["workflowDigest"] == digest_of(V1)


def test_a_machine_moves_its_definition_and_not_its_size():
    pin = only(release(machine(pythonVersion="3.12", dockerCommandSteps=[{"type": "commands", "data": "RUN a"}])))

    assert {"pythonVersion", "dockerCommandSteps", "comfyuiVersion"} <= pin.values.keys()
    assert not {"gpu", "name", "keepWarm"} & pin.values.keys()
    assert pin.settings["gpu"] == "L4"


def test_an_input_that_an_older_version_did_not_write_down_has_its_default():
    assert only(release(machine())).values["pythonVersion"] == "3.11"


def test_what_the_platform_was_seen_to_hold_counts_more_than_what_was_declared():
    row = deployment(V1)
    row["outputs"]["workflowVersionId"] = V2

    assert only(release(row)).values == {"workflowVersionId": V2}


def test_a_resource_without_anything_to_promote_is_no_pin():
    check = resource("comfycloud:InferenceCheck", "it", "run-1", {"workflowId": WORKFLOW}, {"result": PASSED})

    assert release(check).pins == {}


@pytest.mark.parametrize(
    "more", [{"external": True}, {"delete": True}, {"pendingReplacement": True}, {"custom": False}], ids=str
)
def test_what_the_stack_does_not_own_or_is_leaving_is_no_pin(more):
    assert release(deployment(V1) | more).pins == {}


@pytest.mark.parametrize(
    "shown",
    ["aws:s3/bucket:Bucket", "other:comfydeploy:Deployment", "pulumi-python:comfydeploy:Spaceship", "x", ""],
)
def test_what_is_none_of_ours_is_no_pin(shown):
    assert release(deployment(V1) | {"type": shown}).pins == {}


def test_a_state_of_the_former_types_is_read_too():
    row = deployment(V1) | {"type": "pulumi-python:dynamic/comfy/comfydeploy:Deployment"}

    assert only(release(row)).token == "comfydeploy:Deployment"


def test_an_empty_stack_has_no_pins():
    assert release_of({"version": 3, "deployment": None}, stack="production").pins == {}


def test_a_logical_name_may_hold_what_parts_an_urn():
    assert list(release(deployment(V1, name="a::b")).pins) == ["a::b"]


def test_two_promoted_resources_of_one_name_are_told():
    found = release(deployment(V1, name="gpu"), machine())

    assert found.doubles == {"gpu"}


def test_an_interrupted_resource_is_told():
    row = deployment(V1)

    assert only(release(row, pending=(row["urn"],))).is_interrupted
    assert only(release(deployment(V1, initErrors=["failed"]))).is_interrupted
    assert not only(release(row)).is_interrupted


def test_a_create_that_is_pending_although_it_is_there_interrupts_nothing():
    row = deployment(V1)

    assert not only(release(row, pending=(row["urn"],), operation="creating")).is_interrupted


def test_a_pin_is_known_again_in_another_stack():
    here, there = (
        only(release(deployment(V1))),
        only(release(deployment(V1, name="hero", object_id="d2", machine="m2"))),
    )

    assert here.digest == there.digest
    assert here.digest != only(release(deployment(V2))).digest


def test_a_label_that_has_come_to_mean_another_document_is_not_the_same():
    other = runcomfy("v1")
    other["outputs"]["proof"]["workflowDigest"] = "another"
    was, now = only(release(runcomfy("v1"))), only(release(other))

    assert was.digest == now.digest
    assert not was.is_same(now)


def test_what_is_wired_from_another_resource_or_names_the_place_is_no_setting():
    settings = only(release(deployment(V1, inputs={"gpu": "H100"}))).settings

    assert settings == {"gpu": "H100"}


def test_the_machine_itself_tells_its_digest_before_what_runs_on_it():
    pin = release(deployment(V1), machine(build="build-2")).pins["portrait"]

    assert pin.digests["machineDigest"] == "build-2"
    assert pin.proof is None


class TestProofs:
    def test_a_proof_of_the_very_pin_holds(self):
        assert only(release(deployment(V1))).proof.run_id == "run-1"

    def test_it_tells_what_callers_may_give(self):
        (given,) = only(release(deployment(V1))).run_inputs

        assert (given.name, given.has_default) == ("prompt", True)

    def test_one_that_does_not_know_the_run_inputs_tells_none(self):
        shown = proof("deployment-1", V1, runInputs=None)

        assert only(release(deployment(V1, proved=shown))).run_inputs is None

    @pytest.mark.parametrize(
        "other",
        [{"workflowVersion": V2}, {"workflowDigest": "another"}, {"machineDigest": "build-0"}],
        ids=lambda other: next(iter(other)),
    )
    def test_a_proof_of_anything_else_does_not(self, other):
        shown = proof("deployment-1", V1, **other)

        assert release(deployment(V1, proved=shown), version(V1, 1)).pins["portrait"].proof is None

    def test_a_proof_that_names_no_machine_holds_for_the_version_and_not_for_the_machine(self):
        found = release(deployment(V1, proved=proof("deployment-1", V1, machineDigest=None)), machine())

        assert found.pins["portrait"].proof is not None
        assert found.pins["gpu"].proof is None

    def test_a_machine_whose_build_nobody_knows_is_not_proved_by_a_proof_that_names_none(self):
        row = machine()
        del row["outputs"]["buildDigest"]

        found = release(deployment(V1, proved=proof("deployment-1", V1, machineDigest=None)), row)

        assert found.pins["gpu"].proof is None

    def test_a_machine_is_proved_by_what_runs_on_it(self):
        assert release(deployment(V1), machine()).pins["gpu"].proof.run_id == "run-1"

    def test_a_machine_that_was_rebuilt_since_is_not(self):
        assert release(deployment(V1), machine(build="build-2")).pins["gpu"].proof is None

    def test_a_machine_that_nothing_runs_on_is_not(self):
        assert release(deployment(V1, machine="another"), machine()).pins["gpu"].proof is None

    def test_a_check_by_itself_proves_the_deployment_that_it_names(self):
        row = deployment(V1, proved={}, last=None)
        inputs = {"deploymentId": "deployment-1"}
        shown = proof("deployment-1", V1, machineDigest=None, runId="run-2")
        check = resource("comfydeploy:InferenceCheck", "nightly", "run-2", inputs, {"result": PASSED, "proof": shown})

        pin = release(row, check).pins["portrait"]

        assert pin.proof.run_id == "run-2"
        assert [one.name for one in pin.witnesses] == ["nightly"]

    def test_another_deployment_of_the_same_workflow_tells_nothing_of_it(self):
        other = deployment(V1, name="hero", object_id="d2", last=FAILED)

        assert [one.name for one in release(deployment(V1), other).pins["portrait"].witnesses] == ["portrait"]

    def test_a_publication_is_proved_by_a_check_of_its_workflow(self):
        given = {"workflowId": WORKFLOW, "path": "workflows/hero.json", "workflowDigest": digest_of("c1")}
        link = resource("comfycloud:Publication", "link", "share-1", given, {})
        shown = proof(WORKFLOW, "c1", platform="comfycloud", machineDigest=None)
        check = resource(
            "comfycloud:InferenceCheck",
            "check",
            "run-1",
            {"workflowId": WORKFLOW, "versionId": "c1"},
            {"result": PASSED, "proof": shown},
        )

        found = release(link, check)

        assert found.pins["link"].proof.run_id == "run-1"
        assert found.pins["check"].proof.run_id == "run-1"

    def test_of_two_proofs_the_newer_one_counts(self):
        shown = proof("deployment-1", V1, endedAt="2026-11-26T11:00:00Z", runId="run-2")
        check = resource(
            "comfydeploy:InferenceCheck",
            "n",
            "r",
            {"deploymentId": "deployment-1"},
            {"result": PASSED, "proof": shown},
        )

        assert release(deployment(V1), check).pins["portrait"].proof.run_id == "run-2"

    def test_what_a_newer_version_wrote_besides_is_passed_over(self):
        assert only(release(deployment(V1, proved=proof("deployment-1", V1, weather="fine")))).proof is not None

    def test_what_is_no_proof_is_none(self):
        assert only(release(deployment(V1, proved={"runId": 7}))).proof is None


class TestSecrets:
    def test_a_secret_is_nowhere_in_a_release(self):
        steps = [{"type": "commands", "data": hidden("RUN login hush-hush-secret")}]
        row = deployment(V1, inputs={"inferenceCheck": {"inputs": {"key": hidden("hush-hush-too")}}})

        found = release(row, machine(dockerCommandSteps=steps), version(V1, 1))

        assert "hush-hush" not in repr(found)
        assert found.pins["gpu"].secrets == {"dockerCommandSteps"}

    def test_what_an_export_shows_is_masked_from_then_on(self):
        release(machine(extraArgs=hidden("--key a-very-secret-word")))

        assert "a-very-secret-word" not in redact("it said a-very-secret-word")

    def test_a_secret_that_cannot_be_read_is_one_all_the_same(self):
        broken = {**hidden(), "plaintext": "no JSON"}

        assert release(machine(extraArgs=broken)).pins["gpu"].secrets == {"extraArgs"}

    def test_a_machine_whose_id_is_secret_is_not_told(self):
        assert release(deployment(V1, machine=hidden("a-machine-s-id"))).pins["portrait"].machine is None

    def test_a_ciphertext_is_told_as_a_secret_too(self):
        assert release(machine(extraArgs=hidden())).pins["gpu"].secrets == {"extraArgs"}

    def test_what_the_program_said_is_secret_is_one_although_the_state_does_not_hide_it(self):
        row = machine(extraArgs="--key abcdefgh", prestartCommand="echo")
        row["inputs"]["__secrets"] = [["extraArgs"]]

        assert release(row).pins["gpu"].secrets == {"extraArgs"}

    def test_a_secret_setting_is_not_shown(self):
        assert "link" not in str(
            release(deployment(V1, inputs={"gpu": hidden("H100-secret")})).pins["portrait"].settings
        )

    def test_a_secret_document_is_held_by_nobody(self):
        row = version(V1, 1)
        row["inputs"]["workflow"] = hidden(row["inputs"]["workflow"])

        assert release(row).documents == {}
        assert redact("KSampler #7: steps 20 -> 30") == "KSampler #7: steps 20 -> 30"

    def test_a_word_that_also_stands_in_the_open_is_not_masked(self):
        release(machine(extraArgs=hidden("--preview hush-hush-word"), prestartCommand="echo --preview"))

        assert redact("echo --preview; echo hush-hush-word") == "echo --preview; echo [secret]"


def test_documents_and_numbers_of_versions_are_read():
    found = release(version(V1, 1), version(V2, 2, steps=30))

    assert {found.versions[V1], found.versions[V2]} == {"version 1", "version 2"}
    assert set(found.documents) == {digest_of(V1), digest_of(V2)}


def test_a_document_in_two_parts_is_read_whole():
    row = version(V1, 1)
    row["inputs"]["workflowApi"] = row["inputs"]["workflow"]

    (texts,) = release(row).documents.values()

    assert texts == (row["inputs"]["workflow"], row["inputs"]["workflow"])


def test_a_version_whose_number_nobody_told_has_no_word():
    row = version(V1, 1)
    row["outputs"]["versionNumber"] = None

    assert release(row).versions == {}


@pytest.mark.parametrize("path", STATES, ids=lambda path: path.parent.name)
def test_the_states_of_earlier_versions_are_read(path):
    found = release_of(json.loads(path.read_text("utf-8")), stack="dev")

    promoting = {token for token, names in marked(PROMOTED).items() if names}
    assert {pin.token for pin in found.pins.values()} <= promoting
    assert found.objects
    assert "a-token-of-the-machine" not in repr(found)
    assert "a-key-of-a-partner" not in repr(found)


def test_the_toys_are_like_a_real_state():
    real = json.loads((BASELINES / "0.1.0+ebc89aa" / "state.json").read_text("utf-8"))["deployment"]["resources"]
    toys = state(deployment(V1), machine(), version(V1, 1))["deployment"]["resources"]
    kinds = {row["type"].rpartition("/")[2]: row for row in real}

    for toy in toys[1:]:
        shown = kinds[toy["type"].removeprefix("pulumi-python:")]
        assert toy["inputs"].keys() <= shown["inputs"].keys() | {"machineBuildDigest"}
        assert toy["outputs"].keys() - {"proof"} <= shown["outputs"].keys() | {"gpu"}


def test_the_only_run_input_of_the_toys_is_one_that_can_be_left_out():
    assert PROMPT["hasDefault"]
