"""A pin moves only where its proof is of exactly this pin, passed, young enough and not revoked, and it is not bad."""

from __future__ import annotations

from datetime import timedelta

import pytest
from promotion_toys import (
    FAILED,
    NOW,
    PASSED,
    V1,
    V2,
    deployment,
    hidden,
    machine,
    nothing_known,  # noqa: F401  (a fixture)
    proof,
    release,
    resource,
    runcomfy,
)

from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.promotion.gate import Gate, duration, refused
from pulumi_comfy.promotion.records import Record

REVOKED = {"revokedAt": "2026-11-26T11:00:00Z", "runId": "run-9", "code": "COMFY3101"}


def refusals(*resources, name="portrait", **gate):
    found = release(*resources)
    return [str(one) for one in Gate("staging", NOW, **gate).refusals(found.pins[name])]


def codes(*resources, **more):
    return [one[-10:-1] for one in refusals(*resources, **more)]


def test_what_has_passed_may_go():
    assert refusals(deployment(V1)) == []
    assert refusals(runcomfy()) == []


def test_a_check_that_was_skipped_since_takes_nothing_from_the_proof():
    assert refusals(deployment(V1, last={"status": "skipped"})) == []


def test_what_was_never_checked_is_refused():
    (said,) = refusals(deployment(V1, proved={}, last=None))

    assert said == (
        'deployment "portrait" of staging is not proved: it has no inference check. Run `pulumi up` in the source '
        "stack with its inference check, then try again. [COMFY5001]"
    )


def test_what_was_checked_and_never_passed_is_refused():
    (said,) = refusals(deployment(V1, proved={}, last={"status": "skipped"}))

    assert "not proved: no inference check of it has passed" in said


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"workflowVersion": V2}, f"the newest proof is of version {V2}"),
        (
            {"workflowVersion": None, "workflowDigest": "5f0c5f0c5f0c5f0c"},
            "the newest proof is of version 5f0c5f0c5f0c.",
        ),
        ({"machineDigest": "build-0"}, "the newest proof is of another build of its machine (build-0)"),
    ],
    ids=["version", "no version", "machine"],
)
def test_a_proof_of_something_else_is_told_as_what_it_is_of(shown, said):
    (told,) = refusals(deployment(V1, proved=proof("deployment-1", V1, **shown)))

    assert said in told
    assert told.endswith("[COMFY5001]")


def test_a_proof_of_another_document_under_the_same_version_is_told():
    from promotion_toys import version

    shown = proof("deployment-1", V1, workflowDigest="another-document")

    (said,) = refusals(deployment(V1, proved=shown), version(V1, 1))

    assert "the newest proof is of another document (another-docu)" in said


def test_a_machine_without_a_deployment_that_names_it_is_told_what_to_give():
    (said,) = refusals(deployment(V1, proved=proof("deployment-1", V1, machineDigest=None)), machine(), name="gpu")

    assert (
        'serverless machine "gpu" of staging is not proved: the newest proof is of a deployment that names no' in said
    )
    assert "machine_build_digest=<machine>.build_digest" in said


def test_a_machine_that_was_rebuilt_is_told_of_which_build_the_proof_is():
    (said,) = refusals(deployment(V1), machine(build="build-2"), name="gpu")

    assert "the newest proof is of machine build-1" in said


def test_a_machine_that_nothing_runs_on_is_told():
    (said,) = refusals(machine(), name="gpu")

    assert "it has no inference check" in said


def test_a_revoked_proof_is_refused_with_the_run_that_revoked_it():
    (said,) = refusals(deployment(V1, proved=proof("deployment-1", V1, revoked=REVOKED), last=FAILED))

    assert "was revoked at 2026-11-26T11:00:00Z by run run-9, COMFY3101" in said
    assert said.endswith("[COMFY5003]")


def test_a_revocation_without_a_run_is_told_too():
    (said,) = refusals(deployment(V1, proved=proof("deployment-1", V1, revoked={**REVOKED, "runId": None})))

    assert "was revoked at 2026-11-26T11:00:00Z, COMFY3101" in said


def test_a_last_check_that_failed_is_refused_although_an_older_proof_holds():
    (said,) = refusals(deployment(V1, last=FAILED))

    assert 'the last inference check of deployment "portrait" of staging failed, run run-9' in said
    assert said.endswith("[COMFY5003]")


def test_a_failure_that_has_no_run_is_told_too():
    (said,) = refusals(deployment(V1, last={"status": "failed"}))

    assert said.startswith('the last inference check of deployment "portrait" of staging failed. ')


def test_a_nightly_check_that_failed_stops_what_passed_when_it_was_deployed():
    check = resource(
        "comfydeploy:InferenceCheck", "nightly", "run-9", {"deploymentId": "deployment-1"}, {"result": FAILED}
    )

    (said,) = refusals(deployment(V1), check)

    assert '(check of "nightly") failed, run run-9' in said


def test_a_proof_of_another_version_that_was_revoked_says_nothing_of_this_one():
    shown = proof("deployment-1", V2, revoked=REVOKED)
    check = resource(
        "comfydeploy:InferenceCheck",
        "nightly",
        "r",
        {"deploymentId": "deployment-1"},
        {"result": PASSED, "proof": shown},
    )

    assert refusals(deployment(V1), check) == []


class TestAge:
    def test_a_proof_that_is_young_enough_may_go(self):
        assert refusals(deployment(V1), max_age=timedelta(hours=1, minutes=59)) == []

    def test_one_that_is_older_is_refused_with_both_ages(self):
        (said,) = refusals(deployment(V1), max_age=timedelta(hours=1))

        assert "staging is 1 hour 59 minutes old, and 1 hour are allowed" in said
        assert said.endswith("[COMFY5002]")

    def test_one_whose_end_nobody_can_read_is_refused(self):
        (said,) = refusals(deployment(V1, proved=proof("deployment-1", V1, endedAt="soon")), max_age=timedelta(days=9))

        assert "of an unknown age (soon)" in said

    @pytest.mark.parametrize("ahead", ["2026-11-26T12:06:00Z", "2031-01-01T00:00:00Z"])
    def test_one_that_is_yet_to_end_is_not_young_but_of_an_unknown_age(self, ahead):
        shown = proof("deployment-1", V1, endedAt=ahead)

        (said,) = refusals(deployment(V1, proved=shown), max_age=timedelta(days=9))

        assert f"of an unknown age ({ahead})" in said
        assert "Set the clocks right" in said

    def test_one_made_by_a_clock_that_is_a_little_ahead_is_young(self):
        shown = proof("deployment-1", V1, endedAt="2026-11-26T12:04:59Z")

        assert refusals(deployment(V1, proved=shown), max_age=timedelta(0)) == []

    def test_without_a_limit_any_age_will_do(self):
        shown = proof("deployment-1", V1, endedAt="2019-01-01T00:00:00Z")

        assert refusals(deployment(V1, proved=shown)) == []

    @pytest.mark.parametrize(
        ("span", "said"),
        [
            (timedelta(days=3, hours=1, minutes=5), "3 days 1 hour"),
            (timedelta(seconds=61), "1 minute 1 second"),
            (timedelta(0), "0 seconds"),
            (timedelta(seconds=-5), "0 seconds"),
        ],
    )
    def test_durations_are_told_in_two_units(self, span, said):
        assert duration(span) == said


def test_a_bad_pin_is_refused_with_who_marked_it_and_why():
    pin = release(deployment(V1)).pins["portrait"]
    mark = Record(
        seq=1, kind="mark", target="production", began="2026-11-25T09:00:00Z", outcome="marked", reason="green faces"
    )

    (said,) = refusals(deployment(V1), bad={pin.digest: mark})

    assert 'deployment "portrait" of staging is marked bad (production, 2026-11-25T09:00:00Z: green faces)' in said
    assert said.endswith("[COMFY5005]")
    assert f'take it back: `pulumi-comfy unmark {pin.digest[:12]} --reason "..."`' in said
    bare = mark.model_copy(update={"reason": None})
    assert "2026-11-25T09:00:00Z)" in refusals(deployment(V1), bad={pin.digest: bare})[0]


def test_a_bad_pin_of_a_stack_named_in_full_is_unmarked_in_the_history_beside_it():
    pin = release(deployment(V1)).pins["portrait"]
    mark = Record(seq=1, kind="mark", target="acme/shop/production", began="2026-11-25T09:00:00Z", outcome="marked")
    gate = Gate("acme/shop/staging", NOW, bad={pin.digest: mark})

    (refused,) = gate.standing(pin, "it")

    assert f'`pulumi-comfy unmark {pin.digest[:12]} --reason "..." --stack acme/shop/staging`' in str(refused)


def test_what_the_platform_no_longer_has_is_refused_in_its_words():
    asked = []

    def availability(pin):
        asked.append(pin.values)
        return "RunComfy keeps three versions, and v1 is none of them"

    (said,) = refusals(runcomfy(), availability=availability)

    assert 'deployment "portrait" of staging: RunComfy keeps three versions, and v1 is none of them.' in said
    assert said.endswith("[COMFY5007]")
    assert asked == [{"workflowVersion": "v1"}]


def test_what_the_platform_has_may_go():
    assert refusals(runcomfy(), availability=lambda _pin: None) == []


def test_what_is_half_done_is_refused():
    row = deployment(V1, initErrors=["the check failed"])

    (said,) = refusals(row)

    assert "is half done: a command that changed it was killed or failed. Run `pulumi up` in staging" in said


class TestSecrets:
    def test_a_secret_is_never_promoted(self):
        (said,) = refusals(deployment(V1), machine(extraArgs=hidden("--token abcdefghij")), name="gpu")

        assert '`extraArgs` of serverless machine "gpu" of staging is or holds a secret' in said
        assert "abcdefghij" not in said
        assert said.endswith("[COMFY5006]")

    def test_nor_what_is_known_to_be_one_elsewhere(self):
        register_secret("hf_known_elsewhere")
        steps = [{"type": "commands", "data": "RUN curl -H hf_known_elsewhere"}]

        assert codes(deployment(V1), machine(dockerCommandSteps=steps), name="gpu") == ["COMFY5006"]

    def test_nor_what_looks_like_a_credential(self):
        steps = [{"type": "commands", "data": "RUN git clone https://me:password1@example.com/a"}]

        assert codes(deployment(V1), machine(dockerCommandSteps=steps), name="gpu") == ["COMFY5006"]

    def test_a_line_break_is_no_secret(self):
        steps = [{"type": "commands", "data": "RUN a\r\nRUN b"}]

        assert codes(deployment(V1), machine(dockerCommandSteps=steps), name="gpu") == []


def test_a_refusal_stands_on_one_line_without_control_characters():
    said = refused("COMFY5006", "a\nb\x1b[31m", todo="do\tit.")

    assert str(said) == "a b. do it. [COMFY5006]"
