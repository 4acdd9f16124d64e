"""The proof on a toy: what it tells, what revokes it, and what it never holds."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from test_prove import AWAY, BURNT, CHECK, DONE, Slot, Toaster

from pulumi_comfy import __version__
from pulumi_comfy.core.errors import KeptError, LostEngineError, UndoneError
from pulumi_comfy.core.model import revive
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.inference.proof import CheckedOutputs, Proof, ProofInput, Subject, check_digest, stored
from pulumi_comfy.inference.prove import Failed, check, prove
from pulumi_comfy.inference.rollback import failed_update
from pulumi_comfy.inference.runner import Run
from pulumi_comfy.inference.settings import CheckResult, Expect, InferenceCheck

RYE = Subject("v1", "d1", "m1", "T4", (ProofInput(name="bread", type="string", has_default=True),), "n1")
OTHER = replace(RYE, workflow_version="v2", workflow_digest="d2")


class Proved(Toaster):
    """A toaster that tells what it toasts."""

    told = RYE

    def subject(self):
        return self.told


def proof_of(toaster, asked=CHECK):
    return asyncio.run(prove(toaster, asked)).proof


@pytest.fixture
def proof():
    return proof_of(Proved(DONE))


def test_a_passed_check_leaves_a_proof_of_what_was_run_and_of_what_it_made(proof):
    told = proof.to_wire()

    assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z", told.pop("startedAt"))
    assert told.pop("endedAt") >= proof.started_at
    assert told == {
        "platform": "toys",
        "scope": "toys.example",
        "target": "toaster-1",
        "workflowVersion": "v1",
        "workflowDigest": "d1",
        "machineDigest": "m1",
        "gpu": "T4",
        "machine": "n1",
        "checkDigest": check_digest(CHECK, Toaster().call),
        "runInputs": [{"name": "bread", "type": "string", "hasDefault": True}],
        "runId": "run-1",
        "sha256": [hashlib.sha256(b"toast").hexdigest()],
        "seconds": 2.0,
        "packageVersion": __version__,
    }


def test_what_the_platform_does_not_tell_is_left_out():
    told = proof_of(Toaster(DONE)).to_wire()

    assert (
        not {"workflowVersion", "workflowDigest", "machineDigest", "gpu", "machine", "runInputs", "revoked"}
        & told.keys()
    )


def test_the_state_gives_it_back_as_it_was_written(proof):
    outputs = CheckedOutputs(last_check=CheckResult(status="passed"), proof=proof.revoke("run-2", "COMFY3101"))

    assert revive(CheckedOutputs, outputs.to_wire(), is_strict=True).to_wire() == outputs.to_wire()


def test_where_no_check_is_run_the_former_proof_stays(proof):
    toaster = Toaster(AssertionError())
    toaster.call.checks_enabled = False

    assert [asyncio.run(check(toaster, asked, proof)).proof for asked in (None, CHECK)] == [proof, proof]


@pytest.mark.parametrize(
    ("change", "is_of_it"),
    [
        ({}, True),
        ({"gpu": None, "machine_digest": None}, True),  # not known is not another
        ({"gpu": "L4"}, False),
        ({"machine_digest": "m2"}, False),
        ({"workflow_digest": "d2"}, False),
        ({"machine": "n2"}, False),
    ],
)
def test_it_is_of_what_it_names_alone(proof, change, is_of_it):
    assert proof.is_of("toaster-1", replace(RYE, **change)) is is_of_it
    assert not proof.is_of("toaster-2", RYE)


def test_of_two_failures_the_first_one_counts(proof):
    once = proof.revoke("run-2", "COMFY3101")

    assert once.revoke("run-3", "COMFY3101") is once


def record_after(found, proof, told=RYE):
    toaster = Proved()
    toaster.told = told
    return found.record(toaster, proof)


BAD = Failed("it burnt", "run-2", {"bread": "rye"})
BLIND = Failed("no answer", "run-2", {"bread": "rye"}, AWAY)


def test_a_later_failed_check_of_the_same_revokes_it_and_says_which(proof):
    record = record_after(BAD, proof)

    assert record.last == CheckResult(status="failed", run_id="run-2")
    assert (record.proof.revoked.run_id, record.proof.revoked.code) == ("run-2", "COMFY3101")
    assert record.proof.model_copy(update={"revoked": None}) == proof


def test_a_failed_check_of_another_version_revokes_nothing(proof):
    assert record_after(BAD, proof, OTHER).proof == proof


def test_a_check_that_found_nothing_out_revokes_nothing(proof):
    assert record_after(BLIND, proof).proof == proof


@pytest.mark.parametrize("looks", [[BURNT], [replace(DONE, run=Run("run-1", []))]], ids=["failed", "made nothing"])
def test_a_run_of_what_a_hand_has_put_there_revokes_nothing_however_it_fails(proof, looks):
    class Swapped(Proved):
        async def changed_meanwhile(self):
            return "a hand has put toast there"

    toaster = Swapped(*looks)
    found = asyncio.run(prove(toaster, CHECK))

    assert found.record(toaster, proof).proof == proof
    assert found.reason.endswith("; a hand has put toast there")
    assert found.todo("") == "Find out who changes it. Then run `pulumi up` again."


class Silent(Proved):
    """Nobody tells what ran."""

    fault: Exception = AWAY

    async def changed_meanwhile(self):
        raise self.fault


@pytest.mark.parametrize("looks", [[BURNT], [replace(DONE, run=Run("run-1", []))]], ids=["failed", "made nothing"])
@pytest.mark.parametrize("fault", [AWAY, KeyError("bread")], ids=["the platform is away", "a fault of ours"])
def test_a_failed_run_revokes_nothing_where_nobody_tells_what_ran(proof, looks, fault):
    toaster = Silent(*looks)
    toaster.fault = fault

    found = asyncio.run(prove(toaster, CHECK))

    assert found.record(toaster, proof).proof == proof
    assert "; what ran is not known: " in found.reason


@pytest.mark.parametrize("looks", [[BURNT], [replace(DONE, run=Run("run-1", []))]], ids=["failed", "made nothing"])
def test_an_engine_that_is_gone_when_it_is_asked_what_ran_ends_the_check(looks):
    toaster = Silent(*looks)
    toaster.fault = LostEngineError("COMFY3004", tried="look", got="the engine is gone")

    with pytest.raises(LostEngineError):
        asyncio.run(prove(toaster, CHECK))


def test_what_was_never_proved_has_nothing_to_revoke():
    assert record_after(BAD, None).proof is None


def test_a_failed_run_is_no_proof():
    assert isinstance(asyncio.run(prove(Proved(BURNT), CHECK)), Failed)


class ProvedSlot(Slot):
    """What holds a toaster that was proved before it failed."""

    is_former_gone = False

    def __init__(self, proof, told):
        super().__init__()
        self.runner = Proved()
        self.runner.told = told
        self.prior = State("as declared before", CheckedOutputs(last_check=CheckResult(status="passed"), proof=proof))


def test_what_is_put_back_keeps_its_proof(proof):
    assert isinstance(asyncio.run(failed_update(BAD, ProvedSlot(proof, OTHER))), UndoneError)


def test_what_is_put_back_and_has_failed_itself_has_its_proof_revoked_in_the_state(proof):
    error = asyncio.run(failed_update(BAD, ProvedSlot(proof, RYE)))

    assert isinstance(error, KeptError)
    assert "white bread is toasted again" in str(error)
    assert error.state.inputs == "as declared before"
    assert error.state.outputs.proof == proof.revoke("run-2", "COMFY3101")
    assert error.state.outputs.last_check.status == "failed"


def test_what_cannot_be_brought_back_as_it_was_has_its_proof_revoked(proof):
    slot = ProvedSlot(proof, OTHER)
    slot.is_former_gone = True

    error = asyncio.run(failed_update(BAD, slot))

    assert error.state.outputs.proof.revoked.run_id == "run-2"


def digest(asked=CHECK, *secret):
    call = Toaster().call
    call.secrecy = Secrecy(frozenset(secret))
    return check_digest(asked, call)


@pytest.mark.parametrize(
    "asked",
    [
        InferenceCheck(save_outputs_to="pictures"),
        InferenceCheck(triggers=["again"]),
        InferenceCheck(on_failure="keep"),
        InferenceCheck(queue_timeout_seconds=900.0),
    ],
    ids=str,
)
def test_what_decides_no_check_is_not_in_its_digest(asked):
    assert digest(asked) == digest()


@pytest.mark.parametrize("asked", [InferenceCheck(expect=Expect(width=64)), InferenceCheck(run_timeout_seconds=1)])
def test_what_decides_a_check_is_in_its_digest(asked):
    assert digest(asked) != digest()


def test_a_secret_of_the_program_cannot_be_guessed_from_the_digest():
    asked = [InferenceCheck(expect=Expect(kinds=[word])) for word in ("one", "two")]
    place = ("inferenceCheck", "expect", "kinds", 0)

    assert digest(asked[0]) != digest(asked[1])
    assert digest(asked[0], place) == digest(asked[1], place)


def test_what_is_no_proof_is_none():
    assert revive(CheckedOutputs, {"proof": {"platform": "toys"}}, is_strict=True).proof is None


@pytest.mark.parametrize("ended", ["2026-11-26T12:00:00Z", "2026-11-26T12:00:00", "2026-11-26T13:00:00+01:00"])
def test_its_age_is_counted_in_utc_where_no_zone_is_told(proof, ended):
    now = datetime(2026, 11, 26, 15, tzinfo=timezone.utc)

    assert proof.model_copy(update={"ended_at": ended}).age(now) == timedelta(hours=3)


def test_it_has_no_age_where_no_moment_stands(proof):
    assert proof.model_copy(update={"ended_at": "soon"}).age(datetime.now(timezone.utc)) is None


def test_it_has_no_age_while_its_moment_is_yet_to_come_but_for_what_clocks_differ_by(proof):
    now = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)

    ages = [proof.model_copy(update={"ended_at": f"2026-11-26T12:0{m}:00Z"}).age(now) for m in (5, 6)]

    assert ages == [timedelta(minutes=-5), None]


def test_what_a_newer_version_wrote_besides_is_passed_over_when_it_is_read_from_a_state(proof):
    wire = proof.revoke("run-2", "COMFY3101").to_wire()
    wire["revoked"]["by"] = wire["runInputs"][0]["unit"] = "x"

    assert stored(Proof, {**wire, "cosigned": {"by": "x"}}) == proof.revoke("run-2", "COMFY3101")


@pytest.mark.parametrize("told", [None, "x", ["x"], {}, {"platform": "x"}])
def test_what_cannot_be_read_from_a_state_is_none(told):
    assert stored(Proof, told) is None
