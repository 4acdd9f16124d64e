"""The journal: what it makes of a state, and on the real CLI who may write into it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import s3

from pulumi_comfy.promotion import journal as journals
from pulumi_comfy.promotion.journal import MovedOnError, StackJournal, records_in
from pulumi_comfy.promotion.records import Record
from pulumi_comfy.promotion.stacks import DeployError, LockedError, NoStackError, PulumiError
from pulumi_comfy.testing.cli_engine import descendants
from pulumi_comfy.testing.plugin import NO_CLI

STASH = "pulumi:index:Stash"


def record(seq: int, reason: str | None = None) -> Record:
    return Record(seq=seq, kind="mark", target="prod", began="2026-11-26T10:00:00Z", outcome="marked", reason=reason)


def document(*records: Record) -> dict:
    rows = [{"type": STASH, "outputs": {"output": json.dumps(one.to_wire())}} for one in records]
    return {"deployment": {"resources": [{"type": "pulumi:pulumi:Stack"}, *rows]}}


def test_the_records_of_a_state_are_in_order():
    assert [one.seq for one in records_in(document(record(2), record(1)))] == [1, 2]
    assert records_in({"deployment": {}}) == []


def test_what_is_no_record_is_said():
    broken = {"deployment": {"resources": [{"type": STASH, "outputs": {"output": '{"seq": 0}'}}]}}

    with pytest.raises(PulumiError, match=r"read the journal.*later version"):
        records_in(broken)


def test_it_belongs_to_the_project_and_the_organisation_of_the_stack():
    assert StackJournal.beside("portrait", "prod").stack == "history"
    assert StackJournal.beside("portrait", "acme/prod").stack == "acme/portrait-promotions/history"
    assert StackJournal.beside("x", "acme/portrait/prod").stack == "acme/portrait-promotions/history"


class Pulumi:
    """Stands in for `pulumi`: each command gets the next answer, an exception or nothing."""

    def __init__(self, *answers: Exception | None) -> None:
        self.asked: list[str] = []
        self.answers = list(answers)

    def __call__(self, arguments, folder, say=None, env=None):
        self.asked.append(arguments[0] if arguments[0] != "stack" else arguments[1])
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return subprocess.CompletedProcess([], 0, json.dumps(document()))


def failed(kind: type[PulumiError], got: str = "no") -> PulumiError:
    return kind("COMFY5105", tried="try", got=got)


@pytest.fixture
def pulumi(monkeypatch) -> Callable[..., Pulumi]:
    def make(*answers: Exception | None) -> Pulumi:
        made = Pulumi(*answers)
        monkeypatch.setattr(journals, "run", made)
        monkeypatch.setattr(journals.time, "sleep", lambda _seconds: None)
        return made

    return make


def test_the_first_record_makes_the_stack(pulumi):
    made = pulumi(failed(NoStackError), None, None)

    StackJournal("portrait").append(record(1))

    assert made.asked == ["up", "init", "up"]


def test_one_who_made_it_at_the_same_moment_is_no_hindrance(pulumi):
    made = pulumi(failed(NoStackError), failed(PulumiError, "stack 'history' already exists"), None)

    StackJournal("portrait").append(record(1))

    assert made.asked == ["up", "init", "up"]


def test_one_who_made_it_and_writes_already_is_waited_for(pulumi):
    made = pulumi(
        failed(NoStackError), failed(LockedError), failed(PulumiError, "stack 'history' already exists"), None
    )

    StackJournal("portrait").append(record(1))

    assert made.asked == ["up", "init", "init", "up"]


def test_what_keeps_it_from_being_made_is_told(pulumi):
    pulumi(failed(NoStackError), failed(PulumiError, "no rights"))

    with pytest.raises(PulumiError, match="no rights"):
        StackJournal("portrait").append(record(1))


def test_who_comes_while_another_writes_waits_for_it(pulumi):
    made = pulumi(failed(LockedError), failed(LockedError), None)

    StackJournal("portrait").append(record(1))

    assert made.asked == ["up", "up", "up"]


def test_it_does_not_wait_for_ever(pulumi, monkeypatch):
    monkeypatch.setattr(journals, "_LONGEST_WAIT_SECONDS", -1)
    pulumi(failed(LockedError))

    with pytest.raises(LockedError):
        StackJournal("portrait").append(record(1))


def test_a_lock_of_a_killed_command_is_taken_away(pulumi, monkeypatch):
    monkeypatch.setattr(LockedError, "is_left", True)
    made = pulumi(failed(LockedError), None, None)

    StackJournal("portrait").append(record(1))

    assert made.asked == ["up", "cancel", "up"]


def test_a_taken_number_is_told_as_such_and_any_other_failure_as_it_is(pulumi):
    pulumi(failed(DeployError, "the journal has moved on: it holds 3"))
    with pytest.raises(MovedOnError):
        StackJournal("portrait").append(record(1))

    pulumi(failed(DeployError, "no disk"))
    with pytest.raises(DeployError, match="no disk"):
        StackJournal("portrait").append(record(1))


def test_so_is_one_that_somebody_took_who_made_the_stack_at_the_same_moment(pulumi):
    pulumi(failed(NoStackError), None, failed(DeployError, "the journal has moved on: it holds 1"))

    with pytest.raises(MovedOnError):
        StackJournal("portrait").append(record(1))


def test_where_nothing_was_promoted_there_are_no_records(pulumi):
    pulumi(failed(NoStackError))

    assert StackJournal("portrait").read() == []
    assert StackJournal("portrait").read() == []


@pytest.fixture
def backend(tmp_path, monkeypatch) -> Path:
    """The real `pulumi` with a file backend; the user's own passphrase is another one."""
    if shutil.which("pulumi") is None:
        pytest.skip(NO_CLI)
    (tmp_path / "backend").mkdir()
    for name, value in {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": (tmp_path / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "the user's own",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "backend"


def _appended(journal: StackJournal, seq: int, count: int) -> list[str]:
    """Let so many append the same number at once; how each ended."""
    ended: list[str] = []

    def append(mine: int) -> None:
        try:
            journal.append(record(seq, reason=f"by {mine}"))
            ended.append("written")
        except MovedOnError:
            ended.append("moved on")

    threads = [threading.Thread(target=append, args=(mine,)) for mine in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


@pytest.mark.apart
def test_on_the_real_cli_one_of_two_writes_and_the_other_is_told(backend):
    journal = StackJournal("portrait")
    assert journal.read() == []

    for seq in range(1, 1 + int(os.environ.get("COMFY_TEST_RACES", "2"))):
        assert _appended(journal, seq, 2) == ["moved on", "written"]

    assert [one.seq for one in journal.read()] == list(range(1, seq + 1))


@pytest.mark.apart
def test_on_the_real_cli_a_killed_append_leaves_no_half_record_and_no_lock_that_stays(backend):
    journal = StackJournal("portrait")
    journal.append(record(1))
    locks = backend / ".pulumi" / "locks"
    code = (
        "from pulumi_comfy.promotion.journal import StackJournal; from pulumi_comfy.promotion.records import Record\n"
    )
    code += f"StackJournal('portrait').append(Record.read({record(2).to_wire()!r}))"
    process = subprocess.Popen([sys.executable, "-c", code])
    while not list(locks.rglob("*.json")):
        assert process.poll() is None
        time.sleep(0.01)
    for pid in (process.pid, *descendants(process.pid)):
        os.kill(pid, 9)
    process.wait()

    left = len(journal.read())
    journal.append(record(left + 1))

    assert [one.seq for one in journal.read()] == list(range(1, left + 2))


@pytest.fixture
def on_s3(backend, monkeypatch):
    """The real `pulumi` with an S3-compatible backend."""
    with s3.bucket() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.apart
def test_on_s3_one_of_two_writes_and_the_other_is_told(on_s3):
    journal = StackJournal("portrait")

    assert _appended(journal, 1, 2) == ["moved on", "written"]
    assert _appended(journal, 2, 2) == ["moved on", "written"]
    assert [one.seq for one in journal.read()] == [1, 2]
