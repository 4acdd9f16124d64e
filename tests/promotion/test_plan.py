"""A promotion is decided whole before anything moves, and told to people and to machines."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from promotion_toys import (
    FAILED,
    NOW,
    PROMPT,
    V1,
    V2,
    V3,
    WORKFLOW,
    deployment,
    digest_of,
    hidden,
    machine,
    nothing_known,  # noqa: F401  (a fixture)
    proof,
    release,
    runcomfy,
    version,
)

from pulumi_comfy import workflows
from pulumi_comfy.promotion.plan import going_back, plan
from pulumi_comfy.promotion.records import PinRecord, Record, former_proven

SEED = {"name": "seed", "type": "integer", "hasDefault": True}


def production(*resources):
    return release(*resources, stack="production")


def served(version_id=V1, name="portrait", **more):
    """A deployment of production, on a machine of its own."""
    given = {"object_id": f"prod-{name}", "machine": "prod-machine", **more}
    return deployment(version_id, name, **given)


def decide(source, target, **more):
    return plan(source, target, now=NOW, **more)


def codes(decided):
    return [(one.code, one.name) for one in decided.refusals]


class TestWhatMoves:
    def test_a_version_that_has_passed_moves(self):
        decided = decide(release(deployment(V2)), production(served(V1)))

        assert decided.is_allowed
        assert [(one.name, one.kind) for one in decided.changes] == [("portrait", "changed")]
        assert decided.pins_after == {
            "portrait": {
                "workflowVersionId": V2,
                "digests": {"machineDigest": "build-1", "workflowDigest": digest_of(V2)},
            }
        }

    def test_what_serves_already_and_is_pinned_is_nothing_to_promote(self):
        pins = {"portrait": {"workflowVersionId": V1, "digests": {"machineDigest": "of another build"}}}

        decided = decide(release(deployment(V1)), production(served(V1)), pins=pins)

        assert decided.is_empty
        assert decided.pins_after == pins
        assert decided.text() == "staging -> production\n  nothing to promote"

    def test_what_serves_already_and_is_not_pinned_is_pinned_without_another_proof(self):
        decided = decide(release(deployment(V1, proved={}, last=None)), production(served(V1)))

        assert decided.is_allowed
        assert decided.changes[0].kind == "pinned"

    def test_what_is_pinned_and_does_not_serve_yet_moves(self):
        decided = decide(release(deployment(V2)), production(served(V1)), pins={"portrait": {"workflowVersionId": V2}})

        assert decided.changes[0].kind == "changed"

    def test_what_the_target_does_not_have_yet_is_new(self):
        decided = decide(release(deployment(V2)), production())

        assert decided.changes[0].kind == "new"
        assert decided.is_allowed
        assert 'must declare it with `comfy.pinned("portrait", ...)`' in decided.warnings[0]

    def test_what_only_the_target_has_stays_with_its_pin(self):
        pins = {"hero": {"workflowVersionId": V3}}

        decided = decide(release(deployment(V2)), production(served(V1), served(V3, "hero")), pins=pins)

        assert decided.pins_after["hero"] == pins["hero"]
        assert decided.warnings == ['deployment "hero" is in production only, and so its pin stays as it is']

    def test_a_pin_of_what_no_stack_has_any_more_is_told_and_stays(self):
        pins = {"former": {"workflowVersionId": V3}}

        decided = decide(release(deployment(V2)), production(served(V1)), pins=pins)

        assert decided.pins_after["former"] == pins["former"]
        (told,) = decided.warnings
        assert told == 'the settings file of production pins "former", which neither stack has: take it out by hand'

    def test_all_pins_move_or_none(self):
        source = release(deployment(V2), deployment(V3, "hero", object_id="d2", last=FAILED))

        decided = decide(source, production(served(V1), served(V1, "hero")))

        assert not decided.is_allowed
        assert codes(decided) == [("COMFY5003", "hero")]

    def test_another_platform_s_version_moves_by_the_same_mark(self):
        decided = decide(release(runcomfy("v2")), production(runcomfy("v1", object_id="p")))

        assert decided.pins_after["portrait"]["workflowVersion"] == "v2"

    def test_the_clock_is_the_present_one_where_none_is_given(self):
        decided = plan(release(deployment(V2)), production(served(V1)), max_age=timedelta(days=36500))

        assert decided.is_allowed


class TestOnly:
    def test_only_the_named_pins_move(self):
        source = release(deployment(V2), deployment(V3, "hero", object_id="d2", last=FAILED))

        decided = decide(source, production(served(V1), served(V1, "hero")), only=["portrait"])

        assert decided.is_allowed
        assert decided.pins_after.keys() == {"portrait"}

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("portrat", 'has the name "portrat": did you mean portrait?'),
            ("zzz", 'has the name "zzz"; there are gpu, portrait'),
            ("hero", 'only production has "hero", staging has not'),
        ],
    )
    def test_a_name_that_cannot_move_is_told(self, name, said):
        decided = decide(release(deployment(V2), machine()), production(served(V3, "hero")), only=[name, "portrait"])

        assert codes(decided) == [("COMFY5006", name)]
        assert said in decided.refusals[0].text

    def test_no_name_is_nothing(self):
        assert decide(release(deployment(V2)), production(served(V1)), only=[]).is_empty


class TestMisfits:
    def test_a_source_without_anything_to_promote_is_told(self):
        decided = decide(release(), production(served(V1)))

        assert codes(decided) == [("COMFY5006", None)]
        assert not decided.is_empty

    @pytest.mark.parametrize("side", ["staging", "production"])
    def test_two_resources_of_one_name_are_told(self, side):
        double = [deployment(V2, "gpu"), machine()]
        source = release(*(double if side == "staging" else double[:1]))

        decided = decide(source, production(*(double if side == "production" else double[:1])))

        assert codes(decided) == [("COMFY5006", "gpu")]
        assert f'two resources of {side} that are promoted have the name "gpu"' in decided.refusals[0].text

    def test_another_kind_of_the_same_name_is_told(self):
        decided = decide(release(deployment(V2)), production(runcomfy()))

        assert codes(decided) == [("COMFY5006", "portrait")]
        assert '"portrait" is a comfydeploy:Deployment in staging and a runcomfy:Deployment' in decided.refusals[0].text

    def test_a_version_of_another_workflow_is_told(self):
        target = production(served(V1, inputs={"workflowId": "another"}))

        decided = decide(release(deployment(V2)), target)

        assert codes(decided) == [("COMFY5006", "portrait")]
        assert f"serves workflow {WORKFLOW} in staging and another in production" in decided.refusals[0].text

    def test_a_secret_is_told_also_where_it_serves_there_already(self):
        rows = deployment(V1), machine(extraArgs="--key a-secret-argument")
        rows[1]["inputs"]["__secrets"] = [["extraArgs"]]

        decided = decide(release(*rows), production(*rows))

        assert codes(decided) == [("COMFY5006", "gpu")]


class TestCallers:
    SOURCE = release(deployment(V2))
    TARGET = production(served(V1, proved=proof("prod-portrait", V1, runInputs=[PROMPT, SEED])))

    def test_a_change_that_breaks_them_is_refused(self):
        decided = decide(self.SOURCE, self.TARGET)

        assert codes(decided) == [("COMFY5004", "portrait")]
        assert "in production would break: run input `seed` is gone" in decided.refusals[0].text

    def test_a_name_of_an_input_moves_no_cursor(self):
        old = [PROMPT, {**SEED, "name": "se\x1b[2Jed\n"}]
        target = production(served(V1, proved=proof("prod-portrait", V1, runInputs=old)))

        decided = decide(self.SOURCE, target)

        assert decided.changes[0].breaking == ["run input `seed ` is gone"]

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_no_reason_is_none(self, reason):
        assert codes(decide(self.SOURCE, self.TARGET, allow_breaking=reason)) == [("COMFY5004", "portrait")]

    def test_with_a_reason_it_may_be(self):
        decided = decide(self.SOURCE, self.TARGET, allow_breaking="nobody\ngave it")

        assert decided.is_allowed
        assert decided.allow_breaking == "nobody\ngave it"
        assert "callers may break, because: nobody gave it" in decided.text()
        assert "breaks callers: run input `seed` is gone" in decided.text()

    def test_a_reason_without_a_break_is_not_kept(self):
        assert decide(self.SOURCE, production(served(V1)), allow_breaking="any").allow_breaking is None

    def test_where_all_inputs_go_that_is_a_break(self):
        bare = release(deployment(V2, proved=proof("deployment-1", V2, runInputs=[])))

        assert codes(decide(bare, self.TARGET)) == [("COMFY5004", "portrait")]

    def test_where_nothing_tells_their_inputs_that_is_said(self):
        decided = decide(self.SOURCE, production(served(V1, proved={}, last=None)))

        assert decided.is_allowed
        assert "takes is not known of both stacks, so they were not compared" in decided.warnings[0]


def test_what_was_marked_bad_does_not_come_back():
    bad = Record(
        seq=1,
        kind="rollback",
        target="production",
        began="2026-11-25T09:00:00Z",
        outcome="begun",
        marked={"portrait": release(deployment(V2)).pins["portrait"].digest},
    )

    assert codes(decide(release(deployment(V2)), production(served(V1)), records=[bad])) == [("COMFY5005", "portrait")]


def test_the_platform_is_asked_for_what_would_move_alone():
    asked = []
    source = release(runcomfy("v2"), runcomfy("v1", "hero", object_id="h"))
    target = production(runcomfy("v1", object_id="p"), runcomfy("v1", "hero", object_id="ph"))

    decided = decide(source, target, availability=lambda pin: asked.append(pin.name) or "it is gone")

    assert asked == ["portrait"]
    assert codes(decided) == [("COMFY5007", "portrait")]


class TestMachines:
    def test_a_deployment_on_the_source_s_machine_is_one_environment_with_it(self):
        decided = decide(
            release(deployment(V2), machine()), production(served(V1, machine="machine-1")), only=["portrait"]
        )

        (warning,) = decided.warnings
        assert 'deployment "portrait" of production runs on machine machine-1, which staging owns: two env' in warning
        assert decided.is_allowed

    def test_a_machine_that_neither_owns_and_both_use_is_told(self):
        (warning,) = decide(release(deployment(V2)), production(served(V1, machine="machine-1"))).warnings

        assert "machine-1, which both stacks use" in warning

    def test_another_stack_s_machine_is_told(self):
        shared = release(machine("shared-machine"), stack="shared")

        (warning,) = decide(
            release(deployment(V2)), production(served(V1, machine="shared-machine")), others=[shared]
        ).warnings

        assert "shared-machine, which shared owns" in warning

    def test_it_is_told_also_where_there_is_nothing_to_promote(self):
        pins = {"portrait": {"workflowVersionId": V1}}

        decided = decide(release(deployment(V1)), production(served(V1, machine="machine-1")), pins=pins)

        assert decided.is_empty
        assert "two environments on one machine are one environment" in decided.text(200)

    def test_a_proof_that_names_no_build_of_the_machine_is_told(self):
        source = release(deployment(V2, proved=proof("deployment-1", V2, machineDigest=None)))

        (warning,) = decide(source, production(served(V1))).warnings

        assert warning == 'the proof of deployment "portrait" does not say on which build of its machine it was made'

    def test_a_machine_of_its_own_is_nothing_to_say(self):
        target = production(served(V1), machine("prod-machine"))

        assert decide(release(deployment(V2), machine()), target).warnings == []

    def test_nor_is_one_that_nobody_knows(self):
        assert decide(release(deployment(V2)), production(served(V1))).warnings == []

    def test_a_version_that_goes_without_its_machine_s_definition_is_told(self):
        source = release(deployment(V2), machine(extraArgs="--fast"))
        target = production(served(V1), machine("prod-machine"))

        (warning,) = decide(source, target, only=["portrait"]).warnings

        assert warning == (
            'deployment "portrait" was proved on serverless machine "gpu", '
            "whose definition in production is another one"
        )
        assert decide(source, target).warnings == []


class TestWords:
    def test_a_change_is_told_by_its_nodes(self):
        decided = decide(release(deployment(V2), version(V2, 2, 30)), production(served(V1), version(V1, 1, 20)))

        assert decided.changes[0].words == [
            f"version 1 ({V1}) -> version 2 ({V2})",
            "KSampler #7: steps 20 -> 30",
        ]

    def test_documents_of_a_shared_stack_are_read(self):
        shared = release(version(V1, 1, 20), version(V2, 2, 30), stack="shared")

        decided = decide(release(deployment(V2)), production(served(V1)), others=[shared])

        assert "KSampler #7: steps 20 -> 30" in decided.changes[0].words

    def test_documents_that_were_read_elsewhere_are_used(self):
        read = {
            digest_of(one): workflows.parse(json.dumps({"7": {"class_type": "KSampler", "inputs": {"steps": steps}}}))
            for one, steps in ((V1, 20), (V2, 30))
        }

        decided = decide(release(deployment(V2)), production(served(V1)), documents=read)

        assert "KSampler #7: steps 20 -> 30" in decided.changes[0].words

    def test_where_nobody_holds_both_the_digests_are_told(self):
        (_, line) = decide(release(deployment(V2)), production(served(V1))).changes[0].words

        assert line.startswith("its document: document-of- -> document-of- (no state holds both")

    def test_a_document_that_cannot_be_read_is_held_by_nobody(self):
        broken = version(V1, 1)
        broken["inputs"]["workflow"] = "{"

        (_, line) = decide(release(deployment(V2), version(V2, 2)), production(served(V1), broken)).changes[0].words

        assert line.startswith("its document: ")

    def test_another_version_with_the_same_document_is_told_so(self):
        source = release(deployment(V2, proved=proof("deployment-1", V2, workflowDigest="same")))
        target = production(served(V1, proved=proof("prod-portrait", V1, workflowDigest="same")))

        assert decide(source, target).changes[0].words == [f"version {V1} -> version {V2}", "its document is the same"]

    def test_where_no_digest_is_known_the_version_alone_is_told(self):
        target = production(served(V1, proved={}, last=None))

        assert decide(release(deployment(V2)), target).changes[0].words == [f"version {V1} -> version {V2}"]

    def test_one_that_is_only_pinned_is_told_by_its_version(self):
        assert decide(release(deployment(V1)), production(served(V1))).changes[0].words == [f"version {V1}"]

    def test_a_new_one_is_told_by_its_version(self):
        assert decide(release(deployment(V2)), production()).changes[0].words == [f"version {V2}"]

    def test_a_machine_is_told_by_its_definition(self):
        step = {"type": "commands", "data": "RUN a"}
        source = release(
            deployment(V1),
            machine(pythonVersion="3.12", dockerCommandSteps=[step], modelsToCache=["a", "b"], extraArgs="--fast"),
        )
        target = production(served(V1), machine("prod-machine", modelsToCache=["b", "a"], prestartCommand="x" * 200))

        (words,) = [one.words for one in decide(source, target).changes if one.name == "gpu"]

        assert words == [
            'docker_command_steps: added {"type": "commands", "data": "RUN a"}',
            'extra_args: "--fast"',
            "models_to_cache: in another order",
            f'prestart_command: "{"x" * 119}… -> none',
            'python_version: "3.11" -> "3.12"',
        ]

    def test_a_removed_step_is_told(self):
        target = production(served(V1), machine("prod-machine", dockerCommandSteps=[{"type": "commands", "data": "a"}]))

        (words,) = [
            one.words for one in decide(release(deployment(V1), machine()), target).changes if one.name == "gpu"
        ]

        assert words == ['docker_command_steps: removed {"type": "commands", "data": "a"}']

    def test_a_new_machine_is_told_whole(self):
        (words,) = [one.words for one in decide(release(deployment(V1), machine()), production(served(V1))).changes][:1]

        assert 'python_version: "3.11"' in words

    def test_settings_that_differ_are_told_and_stay(self):
        source = release(deployment(V2, inputs={"gpu": "L4", "inferenceCheck": {"inputs": {"prompt": "a"}}}))
        target = production(served(V1, inputs={"gpu": "H100", "keepWarm": 1, "inferenceCheck": {"inputs": {}}}))

        decided = decide(source, target)

        assert decided.changes[0].settings == [
            'gpu is "H100" in production, "L4" in staging',
            "inference_check differs",
            "keep_warm is 1 in production, none in staging",
        ]
        assert 'stays: gpu is "H100" in production' in decided.text()
        assert "gpu" not in decided.pins_after["portrait"]


class TestGoingBack:
    def record(self, before, after, seq=1):
        pins = [
            {name: PinRecord.of_pin(pin, is_proved=True) for name, pin in production(served(one)).pins.items()}
            for one in (before, after)
        ]
        return Record(
            seq=seq,
            kind="promotion",
            source="staging",
            target="production",
            began="2026-11-25T09:00:00Z",
            outcome="promoted",
            before=pins[0],
            after=pins[1],
        )

    def decide(self, **more):
        records, target = [self.record(V1, V2)], production(served(V2))
        return going_back(target, former_proven(records, target), records=records, pins={"hero": {"a": 1}}, **more)

    def test_the_former_pin_takes_the_place_of_what_serves_and_that_is_marked(self):
        decided = self.decide()

        assert decided.is_allowed
        assert decided.pins_after["portrait"]["workflowVersionId"] == V1
        assert decided.pins_after["hero"] == {"a": 1}
        assert decided.marks == {"portrait": production(served(V2)).pins["portrait"].digest}
        assert decided.after["portrait"].proof.run_id == "run-1"

    def test_it_is_told(self):
        text = self.decide().text()

        assert text.startswith("production goes back\n")
        assert f"version {V2} -> version {V1}" in text
        assert "proof: passed 2026-11-26T10:01:00Z, run run-1" in text
        assert self.decide().to_json()["changes"][0]["proof"]["runId"] == "run-1"

    def test_where_there_is_nothing_to_go_back_to_that_is_refused(self):
        decided = going_back(production(served(V1)), {})

        assert codes(decided) == [("COMFY5009", None)]

    def test_what_the_platform_no_longer_has_is_said_before_anything_moves(self):
        assert codes(self.decide(availability=lambda _pin: "it is gone")) == [("COMFY5007", "portrait")]

    def test_a_resource_that_is_gone_comes_back_and_marks_nothing(self):
        records = [self.record(V1, V2)]
        target = production()

        decided = going_back(target, former_proven(records, target), records=records)

        assert (decided.changes[0].kind, decided.marks) == ("new", {})

    def test_a_pin_of_another_workflow_is_refused(self):
        target = production(served(V2, inputs={"workflowId": "another"}))

        decided = going_back(target, former_proven([self.record(V1, V2)], target))

        assert codes(decided) == [("COMFY5006", "portrait")]

    def test_a_pin_that_was_written_down_without_a_proof_is_told_without_one(self):
        to = {"portrait": PinRecord.of_pin(production(served(V1)).pins["portrait"], is_proved=False)}

        decided = going_back(production(served(V2)), to)

        assert "proof" not in decided.text()
        assert decided.to_json()["changes"][0]["proof"] is None

    def test_nothing_to_do_reads_as_such(self):
        from pulumi_comfy.promotion.changes import Plan

        assert Plan(None, "production").text() == "production goes back\n  nothing to go back to"


class TestTelling:
    def test_the_keys_of_the_json_stay(self):
        told = decide(release(deployment(V2)), self.target()).to_json()

        assert list(told) == [
            *("format", "from", "to", "isEmpty", "isAllowed", "changes", "refusals", "warnings", "allowBreaking"),
            *("marks", "pins"),
        ]
        assert list(told["changes"][0]) == [
            *("name", "token", "kind", "digest", "before", "after", "words", "settings", "breaking", "proof")
        ]
        assert list(told["refusals"][0]) == ["code", "name", "text", "todo"]
        assert json.loads(json.dumps(told)) == told

    def target(self):
        return production(served(V1, proved=proof("prod-portrait", V1, runInputs=[PROMPT, SEED])))

    def test_a_new_one_has_nothing_before(self):
        (change,) = decide(release(deployment(V2)), production()).to_json()["changes"]

        assert change["before"] is None

    def test_a_person_reads_lines_that_fit(self):
        text = decide(release(deployment(V2)), self.target()).text(60)

        assert text.splitlines()[:2] == ["staging -> production", '  deployment "portrait"']
        assert all(len(line) <= 60 or " " not in line.strip() for line in text.splitlines())
        assert "proof: passed 2026-11-26T10:01:00Z, run run-1, 4.2 s on L40S" in " ".join(text.split())
        assert "[COMFY5004]" in text

    def test_a_narrow_terminal_gets_words_all_the_same(self):
        assert "COMFY5004" in decide(release(deployment(V2)), self.target()).text(1)

    def test_seconds_are_told_as_a_person_reads_them(self):
        measured = proof("deployment-1", V2, seconds=1.20001)

        assert ", 1.2 s on" in decide(release(deployment(V2, proved=measured)), production(served(V1))).text()

    def test_a_proof_of_little_is_told_in_little(self):
        bare = proof("deployment-1", V2, seconds=None, gpu=None)

        assert "run run-1\n" in decide(release(deployment(V2, proved=bare)), production(served(V1))).text() + "\n"

    def test_no_secret_and_no_control_character_is_in_any_output(self):
        canary = "canary-of-a-secret"
        steps = [{"type": "commands", "data": hidden(f"RUN echo {canary}")}]
        source = release(deployment(V2, "por\x1b[31mtrait"), machine(dockerCommandSteps=steps, extraArgs="-a\x07"))

        decided = decide(source, production(), allow_breaking=f"{canary}\n\x1b[2J")
        told = decided.text() + json.dumps(decided.to_json(), ensure_ascii=False)

        assert canary not in told
        assert "\x1b" not in told
        assert "\x07" not in told
        assert ("COMFY5006", "gpu") in codes(decided)
