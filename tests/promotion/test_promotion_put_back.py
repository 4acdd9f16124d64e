"""What stands in the way of putting back, or of ending what was left: it is told as that, and nothing goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from services import OnRunComfy

from pulumi_comfy.promotion import drive, settings_file
from pulumi_comfy.promotion.stacks import DeployError, LockedError, PulumiError


class Killed(BaseException):
    """What no code of a command gets to see: it is gone."""


@pytest.fixture
def service(world, emulator, monkeypatch) -> OnRunComfy:
    """Production is one version behind staging; what was left there is known to be killed."""
    made = OnRunComfy(world(OnRunComfy.example), emulator)
    made.world.promote("dev", "staging")
    made.world.promote("staging", "production")
    made.something_new()
    made.world.promote("dev", "staging")
    monkeypatch.setattr(drive, "is_alive", lambda _holder: False)
    return made


def outcomes(service) -> list[str]:
    return [one["outcome"] for one in service.world.history("--stack", "production")]


def stopped_by(service, monkeypatch, step: str, error: BaseException, *, is_done: bool = False, then=lambda: None):
    """Let the next `preview` or `up` end with an error, before it has done anything or after all; then it is whole."""
    do = getattr(service.world.stacks, step)
    errors = [error]

    def stopped(*arguments, **named):
        if is_done or not errors:
            do(*arguments, **named)
        if errors:
            then()
            raise errors.pop()

    monkeypatch.setattr(service.world.stacks, step, stopped)


@pytest.fixture
def disk(monkeypatch):
    """Give what fills the disk, and what makes room again."""
    put = settings_file._put

    def full(_place, _text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(settings_file, "_put", full), lambda: monkeypatch.setattr(
        settings_file, "_put", put
    )


DOWN = DeployError("COMFY5102", tried="deploy", got="it is down")


@pytest.mark.parametrize("is_written", [False, True], ids=["before it is written", "when it is written"])
@pytest.mark.parametrize(("step", "ended", "serves"), [("preview", "settled", "v1"), ("up", "promoted", "v2")])
def test_ctrl_c_while_the_end_of_a_killed_one_is_recorded_lets_nothing_else_begin(
    service, monkeypatch, step, ended, serves, is_written
):
    world = service.world
    stopped_by(service, monkeypatch, step, Killed(), is_done=True)
    with pytest.raises(Killed):
        world.promote("staging", "production")
    service.something_new()
    world.promote("dev", "staging")
    append, interrupts = world.journal.append, [KeyboardInterrupt]

    def interrupted(record):
        if not interrupts or record.outcome != ended:
            append(record)
            return
        if is_written:
            append(record)
        raise interrupts.pop()

    monkeypatch.setattr(world.journal, "append", interrupted)

    stopped = world.promote("staging", "production")

    assert (stopped.code, "Aborted!" in stopped.all) == (1, True), stopped.all
    assert outcomes(service) == ["promoted", ended]
    assert service.served()["production"] == serves


@pytest.mark.parametrize(
    ("step", "error", "is_done", "serves"),
    [
        ("preview", PulumiError("COMFY5105", tried="preview", got="the program is wrong"), False, "v1"),
        ("up", LockedError("COMFY5101", tried="deploy", got="another holds the lock"), False, "v1"),
        ("up", DOWN, False, "v1"),
        ("up", DOWN, True, "v2"),
    ],
    ids=["after the preview", "where another holds it", "where nothing was deployed", "where it was deployed"],
)
def test_a_settings_file_that_cannot_be_put_back_leaves_the_claim_open(
    service, monkeypatch, disk, step, error, is_done, serves
):
    world, (fill, make_room) = service.world, disk
    before = world.file("production").read_bytes()
    stopped_by(service, monkeypatch, step, error, is_done=is_done, then=fill)

    stuck = world.promote("staging", "production")

    assert (stuck.code, "COMFY5103" in stuck.all, "No space left on device" in stuck.all) == (6, True, True), stuck.all
    assert "othing was changed" not in stuck.all
    assert world.file("production").read_bytes() != before
    assert (outcomes(service), service.served()["production"]) == (["promoted", "begun"], serves)
    make_room()
    assert world.promote("staging", "production").code == 0
    assert service.served()["production"] == "v2"
    assert "begun" not in outcomes(service)


def test_pins_that_a_full_disk_does_not_take_leave_all_as_it_was(service, disk):
    fill, _ = disk
    before = service.world.file("production").read_bytes()
    fill()

    failed = service.world.promote("staging", "production")

    assert (failed.code, "No space left on device" in failed.all) == (4, True), failed.all
    assert service.world.file("production").read_bytes() == before
    assert (outcomes(service), service.served()["production"]) == (["promoted", "failed"], "v1")


def test_what_a_killed_one_left_stays_claimed_where_its_file_cannot_be_put_back(service, monkeypatch, disk):
    world, (fill, _) = service.world, disk
    stopped_by(service, monkeypatch, "preview", Killed())
    with pytest.raises(Killed):
        world.promote("staging", "production")
    fill()

    stuck = world.promote("staging", "production")

    assert (stuck.code, "COMFY5103" in stuck.all) == (6, True), stuck.all
    assert outcomes(service) == ["promoted", "begun"]


def test_a_settings_file_that_cannot_be_taken_away_again_leaves_the_claim_open(service, monkeypatch):
    world = service.world
    assert not world.file("fresh").exists()
    world.stacks.export = _exported_as_empty(world.stacks.export)
    unlink = Path.unlink

    def refused(path, missing_ok=False):
        if path.name == "Pulumi.fresh.yaml":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    stopped_by(service, monkeypatch, "preview", PulumiError("COMFY5105", tried="preview", got="the program is wrong"))

    stuck = world.promote("staging", "fresh")

    assert (stuck.code, "COMFY5103" in stuck.all, "Permission denied" in stuck.all) == (6, True, True), stuck.all
    assert [one["outcome"] for one in world.history("--stack", "fresh")] == ["begun"]


def _exported_as_empty(export):
    return lambda stack: {"version": 3, "deployment": {"resources": []}} if stack == "fresh" else export(stack)
