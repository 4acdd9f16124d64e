"""The engine of inference checks by itself, on a toy: how it is run and judged, and what becomes of what failed."""

from __future__ import annotations

import asyncio

import pytest

from pulumi_comfy.configuration import PlatformSettings, Setting
from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Connection
from pulumi_comfy.core.errors import (
    InputError,
    KeptError,
    LostAnswerError,
    LostEngineError,
    OutcomeError,
    StatusError,
    UndoneError,
    UnreachableError,
)
from pulumi_comfy.core.pace import PACE
from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.due import why_due
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.prove import FAILED, Failed, check, prove
from pulumi_comfy.inference.rollback import Restorable, failed_create, failed_update
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner
from pulumi_comfy.inference.settings import CheckResult, Expect, InferenceCheck

TOAST = Item("1", "images", "toast.png", "http://toys.example/toast.png")
DONE = Progress(Phase.DONE, "brown", run=Run("run-1", [TOAST], 1.0, 2.0))
WAITING, RUNNING = Progress(Phase.WAITING, "cold", "warming up"), Progress(Phase.RUNNING, "hot")
BURNT = Progress(Phase.FAILED, "burnt")
AWAY = UnreachableError("COMFY2001", tried="look", got="no answer")
FORBIDDEN = StatusError("COMFY2403", tried="look", status=403, detail="no bread for you")
CHECK = InferenceCheck()
PLATFORM = Platform(
    key="toys",
    name="Toys",
    settings=PlatformSettings(url=Setting("toysUrl", "TOYS_URL", "Where they are."), key=None),
    client=lambda _http: None,
    question=lambda _client: asyncio.sleep(0),
    handlers={},
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setenv(PACE, "0.001")


class Toaster(Runner[None]):
    """Runs as it is told: what each look shows, or raises."""

    target = "toaster"
    target_id = "toaster-1"

    def __init__(self, *looks, start=None, file=(b"toast", "image/png"), stuck="", log=(), unknown=()):
        self.lines = []
        connection = Connection(PLATFORM, None, "toys.example", "")
        super().__init__(Call(connection, Cancellation(), show=lambda text, level: self.lines.append((text, level))))
        self.looks, self.first, self.file, self.stuck, self.log = list(looks), start, file, stuck, log
        self.unknown = unknown
        self.cancelled = []

    def problems(self, check):
        return self.unknown

    def given(self, check):
        return {"bread": "rye"}

    async def start(self, given, check):
        if self.first:
            raise self.first
        return "run-1"

    async def look(self, run_id):
        seen = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(seen, Exception):
            raise seen
        return seen

    async def cancel(self, run_id):
        self.cancelled.append(run_id)
        if isinstance(self.stuck, Exception):
            raise self.stuck
        return self.stuck

    async def last_lines(self, run_id):
        if isinstance(self.log, Exception):
            raise self.log
        return self.log

    async def fetch(self, item, tried):
        if isinstance(self.file, Exception):
            raise self.file
        return self.file

    def command(self, given):
        return f"toast {given['bread']}"


def proved(toaster, check=CHECK):
    """What the check found that passed."""
    return asyncio.run(prove(toaster, check)).last


def failed(toaster, check=CHECK):
    found = asyncio.run(prove(toaster, check))
    assert isinstance(found, Failed)
    return found


def test_a_run_that_makes_what_is_expected_passes_with_what_it_made():
    toaster = Toaster(WAITING, RUNNING, DONE)

    found = proved(toaster)

    assert (found.status, found.run_id, found.output_counts) == ("passed", "run-1", {"images": 1})
    assert (found.queue_seconds, found.run_seconds, len(found.sha256)) == (1.0, 2.0, 1)
    assert toaster.cancelled == []


def test_it_is_told_how_far_it_is():
    toaster = Toaster(WAITING, DONE)

    proved(toaster)

    assert any("cold: warming up" in text for text, level in toaster.lines if level is Level.PROGRESS)


def test_files_are_kept_where_the_program_says(tmp_path):
    found = proved(Toaster(DONE), InferenceCheck(save_outputs_to=str(tmp_path)))

    assert (tmp_path / "toast.png").read_bytes() == b"toast"
    assert found.files == [str(tmp_path / "toast.png")]


def test_without_fetching_no_file_is_looked_at():
    found = proved(Toaster(DONE, file=FORBIDDEN), InferenceCheck(expect=Expect(fetch=False)))

    assert (found.status, found.sha256) == ("passed", [])


def test_a_failed_run_is_told_with_its_log_and_not_cancelled():
    toaster = Toaster(RUNNING, BURNT, log=["", "smoke", "fire"])

    found = failed(toaster)

    assert (found.code, found.run_id, found.cause) == (FAILED, "run-1", None)
    assert found.story == "run run-1: ended as burnt; its last log lines: smoke | fire"
    assert toaster.cancelled == []


def test_a_log_that_cannot_be_read_hides_no_failure():
    assert failed(Toaster(BURNT, log=AWAY)).story == "run run-1: ended as burnt"


def test_a_run_that_makes_less_than_is_expected_fails():
    toaster = Toaster(Progress(Phase.DONE, "brown", run=Run("run-1", [])))

    assert "0 output items" in failed(toaster).story


@pytest.mark.parametrize("file", [(b"", "image/png"), FORBIDDEN])
def test_a_file_that_is_empty_or_not_there_fails(file):
    found = failed(Toaster(DONE, file=file))

    assert (found.code, found.run_id) == (FAILED, "run-1")


def test_a_web_page_in_the_place_of_a_picture_is_no_proof_and_no_fault_of_the_workflow():
    found = failed(Toaster(DONE, file=(b"<html>log in</html>", "text/html")))

    assert (found.code, "web page" in found.story) == ("COMFY2003", True)


def test_a_run_that_makes_a_web_page_passes():
    page = Item("1", "files", "report.html", "http://toys.example/report.html")
    done = Progress(Phase.DONE, "brown", run=Run("run-1", [page], 1.0, 2.0))

    assert proved(Toaster(done, file=(b"<html>", "text/html"))).status == "passed"


@pytest.mark.parametrize("status", [401, 429, 502])
def test_a_gateway_that_keeps_a_file_back_says_nothing_of_the_workflow(status):
    kept = StatusError("COMFY2400", tried="fetch", status=status, detail="the file was refused")
    kept.passes = False

    assert failed(Toaster(DONE, file=kept)).cause is kept


@pytest.mark.parametrize(
    ("look", "budget"), [(WAITING, {"queue_timeout_seconds": 0.01}), (RUNNING, {"run_timeout_seconds": 0.01})]
)
def test_a_run_that_outlives_a_budget_is_cancelled(look, budget):
    toaster = Toaster(look)

    found = failed(toaster, InferenceCheck(**budget))

    assert toaster.cancelled == ["run-1"]
    assert f"still {look.state}" in found.story


def test_the_program_s_own_timeout_is_the_longest():
    toaster = Toaster(WAITING)
    toaster.call.timeout = 0.01

    assert "still cold" in failed(toaster).story


@pytest.mark.parametrize("stuck", ["it is welded in", AWAY])
def test_a_run_that_cannot_be_cancelled_is_said_to_go_on(stuck):
    toaster = Toaster(RUNNING, stuck=stuck)

    failed(toaster, InferenceCheck(run_timeout_seconds=0.01))

    assert [text for text, level in toaster.lines if level is Level.WARNING and "may go on" in text]


def test_an_outage_is_outlived_and_no_failure():
    assert proved(Toaster(AWAY, AWAY, DONE)).status == "passed"


def test_what_kept_it_from_looking_is_told_as_such_and_the_run_is_cancelled():
    toaster = Toaster(FORBIDDEN)

    found = failed(toaster)

    assert (found.code, found.cause) == ("COMFY2403", FORBIDDEN)
    assert found.todo("something else") == FORBIDDEN.todo
    assert toaster.cancelled == ["run-1"]


def test_a_fault_of_ours_becomes_a_sentence():
    found = failed(Toaster(ZeroDivisionError("no toast")))

    assert found.code == "COMFY9001"
    assert found.story == "run run-1: run toaster toaster-1: ZeroDivisionError: no toast"


def test_a_start_that_failed_leaves_nothing_to_cancel():
    toaster = Toaster(start=FORBIDDEN)

    assert (failed(toaster).run_id, toaster.cancelled) == (None, [])


def test_after_a_stop_nothing_is_begun():
    toaster = Toaster(DONE)

    async def stopped():
        toaster.call.cancellation.set()
        return await prove(toaster, CHECK)

    assert "stopped by Ctrl-C" in asyncio.run(stopped()).story


def test_without_an_engine_nothing_is_concluded():
    with pytest.raises(LostEngineError):
        proved(Toaster(LostEngineError("COMFY3004", tried="look", got="the engine is gone")))


def test_what_the_target_does_not_take_is_refused_with_its_names():
    toaster = Toaster(unknown=["there is no slot 3", "there is no slot 4"])

    with pytest.raises(InputError, match="there is no slot 3; there is no slot 4"):
        toaster.refuse_unknown(CHECK)
    Toaster().refuse_unknown(CHECK)


def test_a_declared_check_is_run_and_told():
    toaster = Toaster(DONE)

    found = asyncio.run(check(toaster, CHECK))

    assert found.last.status == "passed"
    assert [text for text, level in toaster.lines if level is Level.INFO] == [
        "inference check passed: images: 1; 2.0 s, run run-1"
    ]


def test_none_is_run_where_none_is_declared_or_checks_are_off():
    toaster = Toaster(AssertionError())
    toaster.call.checks_enabled = False

    assert asyncio.run(check(toaster, None)) == Record()
    assert asyncio.run(check(toaster, CHECK)).last.status == "skipped"


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (None, "it was never checked"),
        (CheckResult(status="passed"), None),
        (CheckResult(status="failed"), "its last inference check failed"),
        (CheckResult(status="skipped"), "its last inference check was skipped"),
    ],
)
def test_a_check_is_due_until_one_has_passed(last, why):
    assert why_due(last) == why


class Slot(Restorable):
    """What holds a toaster that failed."""

    noun = "slot"
    serves = "rye is toasted now"

    def __init__(self, *, on_failure="rollback", former=True, stuck=()):
        super().__init__(Toaster(), InferenceCheck(on_failure=on_failure))
        self.former, self.stuck, self.done = former, list(stuck), []

    def _undo(self, what):
        if self.stuck:
            raise self.stuck.pop(0)
        self.done.append(what)

    async def remove(self):
        self._undo("removed")

    def has_former(self):
        return self.former

    async def put_back(self):
        self._undo("put back")
        return "white bread is toasted again"

    def state(self, record, *, is_to_be_restored):
        return State(record.last, is_to_be_restored)


BAD = Failed("it burnt", "run-1", {"bread": "rye"})
BLIND = Failed("no answer", None, {"bread": "rye"}, FORBIDDEN)
CANNOT = OutcomeError("COMFY2404", tried="put back", got="it is eaten")


def after_create(slot, found=BAD):
    return asyncio.run(failed_create(found, slot))


def after_update(slot, found=BAD):
    return asyncio.run(failed_update(found, slot))


def test_what_is_new_and_fails_is_removed():
    slot = Slot()

    error = after_create(slot)

    assert isinstance(error, UndoneError)
    assert slot.done == ["removed"]
    assert "run run-1: it burnt; the new slot was removed again" in str(error)


def test_what_is_new_and_cannot_be_removed_is_kept_and_said():
    error = after_create(Slot(stuck=[CANNOT]))

    assert isinstance(error, KeptError)
    assert "may serve on, since it could not be removed (put back: it is eaten)" in str(error)
    assert error.state.inputs == CheckResult(status="failed", run_id="run-1")


def test_what_served_is_put_back():
    slot = Slot()

    error = after_update(slot)

    assert isinstance(error, UndoneError)
    assert slot.done == ["put back"]
    assert "white bread is toasted again" in str(error)
    assert "toast rye" in str(error)


def test_an_undoing_outlives_an_outage_and_a_lost_answer():
    slot = Slot(stuck=[AWAY, LostAnswerError("COMFY2501", tried="put back", got="the answer was lost")])

    after_update(slot)

    assert slot.done == ["put back"]


def test_what_cannot_be_put_back_is_kept_to_be_restored_later():
    error = after_update(Slot(stuck=[CANNOT]))

    assert isinstance(error, KeptError)
    assert "rye is toasted now, since what served before could not be put back" in str(error)
    assert error.state.outputs is True


def test_where_there_is_nothing_to_go_back_to_it_stays():
    slot = Slot(former=False)

    error = after_update(slot)

    assert "as before: there is nothing to go back to" in str(error)
    assert (slot.done, error.state.outputs) == ([], False)


@pytest.mark.parametrize("after", [after_create, after_update])
def test_what_the_program_wants_kept_stays_with_the_failure_in_its_state(after):
    slot = Slot(on_failure="keep")

    error = after(slot)

    assert isinstance(error, KeptError)
    assert "as `on_failure` says" in str(error)
    assert (slot.done, error.state.inputs.status) == ([], "failed")


def test_what_kept_the_check_from_looking_gives_its_own_code_and_advice():
    error = after_update(Slot(), BLIND)

    assert error.code == "COMFY2403"
    assert FORBIDDEN.todo in str(error)
