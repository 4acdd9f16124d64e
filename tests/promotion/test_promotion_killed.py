"""A command that is killed at any moment, and what the next one makes of what it left: all of it, or as before."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from services import OnRunComfy
from waiting import eventually, in_background

from pulumi_comfy.promotion import drive, settings_file
from pulumi_comfy.promotion.journal import STACK
from pulumi_comfy.promotion.stacks import DeployError
from pulumi_comfy.testing.cli_engine import descendants

pytestmark = pytest.mark.apart
_LOG = logging.getLogger(__name__)


class Killed(BaseException):
    """What no code of a command gets to see: it is gone."""


class Gallows:
    """Ends a command before or after the nth thing that it does to the world."""

    def __init__(self, world, patch: pytest.MonkeyPatch) -> None:
        self.passed: list[str] = []
        self.at: int | None = None
        for holder, name in (
            (world.journal, "append"),
            (settings_file, "write"),
            (world.stacks, "preview"),
            (world.stacks, "up"),
        ):
            patch.setattr(holder, name, self._guarded(name, getattr(holder, name)))
        patch.setattr(drive, "is_alive", lambda _holder: False)

    def _guarded(self, name, do):
        def guarded(*arguments, **named):
            self._pass(f"before {name}")
            done = do(*arguments, **named)
            self._pass(f"after {name}")
            return done

        return guarded

    def _pass(self, step: str) -> None:
        if self.at is not None and len(self.passed) == self.at:
            raise Killed(step)
        self.passed.append(step)

    def kill_at(self, number: int | None) -> None:
        self.passed, self.at = [], number


def is_whole(service, source: str = "staging", target: str = "production") -> bool:
    """Whether the settings file, the platform and the history of a stack that was promoted say the same."""
    open_claims = [one for one in service.world.history() if one["outcome"] == "begun"]
    again = service.world.command("promote", "--from", source, "--to", target, "--plan")
    return not open_claims and again.code == 0 and service.served()[target] == service.served()[source]


def a_step_behind(service) -> None:
    """Let production be one version behind staging."""
    service.world.promote("dev", "staging")
    service.world.promote("staging", "production")
    service.something_new()
    service.world.promote("dev", "staging")


@pytest.mark.parametrize("service", [OnRunComfy], indirect=True)  # what is killed here is the command, not a platform
def test_killed_before_and_after_each_thing_it_does_it_is_promoted_by_the_next_or_was(service, monkeypatch):
    world, gallows = service.world, Gallows(service.world, monkeypatch)
    steps = []
    for number in range(40):
        a_step_behind(service)
        gallows.kill_at(number)
        try:
            ended = world.promote("staging", "production")
        except Killed as killed:
            steps.append(str(killed))
        else:
            assert ended.code == 0
            break
        gallows.kill_at(None)
        again = world.promote("staging", "production")
        assert again.code == 0, (steps[-1], again.all)
        assert is_whole(service), steps[-1]

    assert [step for step in steps if step.startswith("after")] == [
        f"after {name}" for name in ("append", "write", "preview", "up", "append")
    ]


def test_killed_while_it_deploys_the_next_command_first_puts_back_what_served(service, monkeypatch):
    world, emulator = service.world, service.emulator
    a_step_behind(service)
    monkeypatch.setattr(drive, "is_alive", lambda _holder: False)
    stack, up = world.stacks.stack("production"), world.stacks.up

    def killed_in_the_check(name, say, **named):
        emulator.settings.run_seconds = 3600
        before = service.runs()

        def kill():
            eventually(lambda: service.runs() > before)
            stack.kill()

        with in_background(kill), pytest.raises(DeployError):
            up(name, say, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.stacks, "up", killed_in_the_check)
        with pytest.raises(Killed):
            world.promote("staging", "production")
    emulator.settings.run_seconds = 0.02

    again = world.promote("dev", "production", "--only", "nothing-of-this-name")

    assert (again.code, "It had not been deployed" in again.all) == (3, True), again.all
    assert service.served()["production"] == "v1"
    assert [one["outcome"] for one in world.history("--stack", "production")] == ["promoted", "settled"]
    assert world.promote("staging", "production").code == 0
    assert is_whole(service)


@pytest.mark.parametrize("service", [OnRunComfy], indirect=True)
def test_while_its_process_lives_the_next_command_is_told_and_changes_nothing(service, monkeypatch):
    world = service.world
    a_step_behind(service)
    gallows = Gallows(world, monkeypatch)
    gallows.kill_at(2)
    with pytest.raises(Killed):
        world.promote("staging", "production")
    gallows.kill_at(None)
    monkeypatch.setattr(drive, "is_alive", lambda _holder: True)
    file, before = world.file("production").read_bytes(), service.contents()

    told = world.promote("staging", "production")

    assert (told.code, "COMFY5101" in told.all) == (5, True)
    assert (world.file("production").read_bytes(), service.contents()) == (file, before)


@pytest.mark.parametrize("service", [OnRunComfy], indirect=True)
def test_where_nobody_can_know_whether_it_lives_a_person_says_so(service, monkeypatch):
    world = service.world
    a_step_behind(service)
    gallows = Gallows(world, monkeypatch)
    gallows.kill_at(2)
    with pytest.raises(Killed):
        world.promote("staging", "production")
    gallows.kill_at(None)
    monkeypatch.setattr(drive, "is_alive", lambda _holder: None)

    told = world.promote("staging", "production")
    taken = world.promote("staging", "production", "--take-over")

    assert (told.code, "--take-over" in told.all) == (5, True)
    assert taken.code == 0
    assert is_whole(service)


Moment = Callable[["subprocess.Popen[str]", list[str]], bool]
"""Tells, by the lines that a command has said so far, whether it is to be killed now."""


def _after(text: str) -> Moment:
    """When a line with this was said."""
    return lambda _process, said: text in said[-1]


def _at_line(number: int) -> Moment:
    return lambda _process, said: len(said) == number


def _in_the_append_after(text: str) -> Moment:
    """While `pulumi` writes the history, which happens without a word."""

    def is_now(process, said) -> bool:
        if text not in said[-1]:
            return False
        eventually(lambda: process.poll() is not None or _is_appending(process.pid), seconds=600)
        return True

    return is_now


def _is_appending(root: int) -> bool:
    words = [_words_of(pid) for pid in descendants(root)]
    return any({"up", STACK} <= words_of_one for words_of_one in words)


def _words_of(pid: int) -> set[str]:
    try:
        return set(Path(f"/proc/{pid}/cmdline").read_text().split("\0"))
    except OSError:
        return set()


def _moments() -> Iterator[tuple[str, Moment]]:
    """Give when to kill: once in each step, or with `COMFY_TEST_KILLS=every` at every line too, until there is none."""
    yield "before it claims", _after("dev -> staging")
    yield "while it claims", _in_the_append_after("proof: passed")
    steps = ("Claimed", "has the pins", "Resources:", "Deploying", "Updating", "Duration:")
    yield from ((f"after {text!r}", _after(text)) for text in steps)
    yield "while it records", _in_the_append_after("Duration:")
    yield "when it is over", _after("Promoted")
    if os.environ.get("COMFY_TEST_KILLS") == "every":
        yield from ((f"at line {number}", _at_line(number)) for number in itertools.count(1))


ENDS = [
    ("promoted", True, False),
    ("settled", False, True),
    ("", False, True),  # it was killed before it had claimed the stack
    ("begun", False, True),  # and its `pulumi` has claimed it since
]
"""What the history says of a killed promotion, whether it serves the new version, and whether all is as before."""


@pytest.mark.parametrize("is_alone", [False, True], ids=["with its pulumi", "alone"])
def test_killed_for_real_at_each_moment_the_next_command_ends_it_and_says_how(cli_world, emulator, is_alone):
    service = OnRunComfy(cli_world(OnRunComfy.example), emulator)
    world = service.world
    assert world.promote("dev", "staging").code == 0
    for moment, is_now in _moments():
        if service.served()["staging"] == service.served()["dev"]:
            service.something_new()
        known, before = len(world.history()), (service.served()["staging"], world.file("staging").read_bytes())

        said = _killed(world, is_now, is_alone=is_alone)
        if said is None:  # it has no more lines than those
            break
        _LOG.info("%s: %s", moment, said[-1].strip())
        ended = world.promote("dev", "staging", "--only", "nothing-of-this-name")

        left = "".join(one["outcome"] for one in world.history()[known:])  # what nothing has the name of leaves none
        is_as_before = before == (service.served()["staging"], world.file("staging").read_bytes())
        is_promoted = service.served()["staging"] == service.served()["dev"]
        assert (left, is_promoted, is_as_before) in ENDS, (moment, ended.all)
        assert ("It had not been deployed" in ended.all) == (left == "settled"), (moment, ended.all)
        if left == "begun":
            assert "was killed. It is ended first" in world.promote("dev", "staging").all
    assert world.promote("dev", "staging").code == 0
    assert is_whole(service, "dev", "staging")


@pytest.mark.parametrize("is_alone", [False, True], ids=["with its pulumi", "alone"])
def test_killed_for_real_in_the_middle_of_the_check_the_next_command_makes_it_whole(cli_world, emulator, is_alone):
    service = OnRunComfy(cli_world(OnRunComfy.example), emulator)
    a_step_behind(service)
    before = service.runs()
    emulator.settings.run_seconds = 3600
    with _started(service.world) as process:
        eventually(lambda: service.runs() > before, seconds=600)
        _kill(process, is_alone=is_alone)
    emulator.settings.run_seconds = 0.02
    emulator.clock.advance(7200)  # a `pulumi` that lives on is waited for

    again = service.world.promote("staging", "production")

    assert again.code == 0, again.all
    assert is_whole(service)


def test_ctrl_c_for_real_is_no_kill_all_is_as_before_and_it_is_recorded(cli_world, emulator):
    service = OnRunComfy(cli_world(OnRunComfy.example), emulator)
    world = service.world
    assert world.promote("dev", "staging").code == 0
    service.something_new()
    before = world.file("staging").read_bytes(), service.contents()
    for moment in ("Preview:", "Updating"):
        with _started(world, "dev", "staging") as process:
            next(line for line in process.stdout if moment in line)
            os.killpg(process.pid, signal.SIGINT)
            said = process.stdout.read()

        assert process.returncode == 4, said
        assert (world.file("staging").read_bytes(), service.contents()) == before, said
    assert [(one["outcome"], one.get("reason")) for one in world.history()[1:]] == [("failed", "interrupted")] * 2
    assert world.promote("dev", "staging").code == 0
    assert is_whole(service, "dev", "staging")


def _killed(world, is_now: Moment, *, is_alone: bool) -> list[str] | None:
    """SIGKILL `promote`, alone or with all that descends from it; what it said, None where it never came to that."""
    said: list[str] = []
    with _started(world, "dev", "staging") as process:
        for line in process.stdout:
            said.append(line)
            if is_now(process, said):
                _kill(process, is_alone=is_alone)
                process.stdout.close()
                return said
    assert process.returncode == 0, "".join(said)
    return None


def _started(world, source: str = "staging", target: str = "production") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pulumi_comfy.cli", "promote", "--from", source, "--to", target, "--yes"],
        cwd=world.folder,
        env={**os.environ, **world.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[str], *, is_alone: bool) -> None:
    for pid in [process.pid, *([] if is_alone else descendants(process.pid))]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
