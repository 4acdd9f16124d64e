"""What goes wrong on the way, and that the stack, its settings file and the history then say the same."""

from __future__ import annotations

import json

import click
import pytest
from services import OnComfyDeploy, OnRunComfy
from worlds import MemoryJournal

from pulumi_comfy.promotion import claims, drive
from pulumi_comfy.promotion.history import as_text
from pulumi_comfy.promotion.records import Record
from pulumi_comfy.promotion.stacks import DeployError, LockedError, PulumiError


@pytest.fixture
def service(world, emulator) -> OnRunComfy:
    """Production is one version behind staging."""
    made = OnRunComfy(world(OnRunComfy.example), emulator)
    made.world.promote("dev", "staging")
    made.world.promote("staging", "production")
    made.something_new()
    made.world.promote("dev", "staging")
    return made


@pytest.fixture
def as_before(service):
    """Give what tells that nothing has changed in production."""
    was = service.world.file("production").read_bytes(), service.contents()
    return lambda: (service.world.file("production").read_bytes(), service.contents()) == was


def outcomes(service) -> list[str]:
    return [one["outcome"] for one in service.world.history("--stack", "production")]


def always(error: BaseException):
    def fail(*_arguments, **_named):
        raise error

    return fail


def test_without_anybody_to_ask_nothing_is_deployed(service, as_before):
    declined = service.world.command("promote", "--from", "staging", "--to", "production")

    assert (declined.code, "--yes does not ask" in declined.all) == (3, True)
    assert as_before()
    assert outcomes(service) == ["promoted", "refused"]


def test_a_rollback_that_is_declined_marks_nothing(service):
    assert service.world.promote("staging", "production").code == 0

    declined = service.world.command("rollback", "--stack", "production", "--reason", "dark")

    told = service.world.command("history").text
    assert (declined.code, "Bad pins:" in told, "bad from now on" in told) == (3, False, False)


def test_a_preview_that_fails_deploys_nothing(service, as_before, monkeypatch):
    broken = PulumiError("COMFY5105", tried="preview", got="the program is wrong")
    monkeypatch.setattr(service.world.stacks, "preview", always(broken))

    failed = service.world.promote("staging", "production")

    assert failed.code == 4
    assert as_before()
    assert "the program is wrong" in service.world.history()[-1]["reason"]


def test_a_stack_that_somebody_else_deploys_is_left_to_them(service, as_before, monkeypatch):
    locked = LockedError("COMFY5101", tried="deploy", got="process 7 on ci-1 holds the stack's lock")
    monkeypatch.setattr(service.world.stacks, "up", always(locked))

    told = service.world.promote("staging", "production")

    assert (told.code, "process 7 on ci-1" in told.all) == (5, True)
    assert as_before()
    assert outcomes(service) == ["promoted", "failed"]


def test_a_machine_that_fails_in_production_is_put_back_as_it_was_defined(world, emulator):
    service = OnComfyDeploy(world(OnComfyDeploy.example), emulator)
    service.world.promote("dev", "staging")
    service.world.promote("staging", "production")
    program = service.world.folder / "__main__.py"
    newer = program.read_text("utf-8").replace('"hash": "7b734c41', '"hash": "00000000')
    program.write_text(newer, "utf-8")
    service.world.up("dev")
    assert service.world.promote("dev", "staging").code == 0
    before, file = service.machines(), service.world.file("production").read_bytes()
    service.fail_next_check()

    failed = service.world.promote("staging", "production")

    assert failed.code == 4, failed.all
    assert (service.machines(), service.world.file("production").read_bytes()) == (before, file)
    assert service.world.promote("staging", "production").code == 0
    assert service.machines()["production"][1] == service.machines()["staging"][1]


def test_ctrl_c_while_it_deploys_puts_back_what_served(service, as_before, monkeypatch):
    up = service.world.stacks.up
    ends = [KeyboardInterrupt]

    def interrupted(*arguments, **named):
        up(*arguments, **named)
        if ends:
            raise ends.pop()

    monkeypatch.setattr(service.world.stacks, "up", interrupted)

    stopped = service.world.promote("staging", "production")

    assert stopped.code == 4, stopped.all
    assert as_before()
    assert service.world.history()[-1]["reason"] == "interrupted"


def test_a_lock_that_an_interrupted_pulumi_left_stops_no_next_command(service, as_before, monkeypatch):
    stacks, up, ends = service.world.stacks, service.world.stacks.up, [KeyboardInterrupt]
    left = LockedError("COMFY5101", tried="deploy", got="a command of process 7 left the stack locked and is gone")
    left.is_left = True
    locks: list[LockedError] = []

    def dies_with_its_lock(*arguments, **named):
        if ends:
            locks.append(left)
            raise ends.pop()
        if locks:
            raise locks[0]
        up(*arguments, **named)

    monkeypatch.setattr(stacks, "up", dies_with_its_lock)
    monkeypatch.setattr(stacks, "unlock", lambda _stack: locks.clear())

    stopped = service.world.promote("staging", "production")

    assert (stopped.code, as_before()) == (4, True), stopped.all
    assert service.world.history()[-1]["reason"] == "interrupted"
    assert service.world.promote("staging", "production").code == 0


def test_who_reads_a_file_that_another_one_is_half_way_with_is_told_who_that_is(service, monkeypatch):
    world, file = service.world, service.world.file("production")
    before = world.journal.read()
    file.write_text(file.read_text("utf-8").replace('"v1"', '"v2"'), "utf-8")
    world.journal.append(Record.read({**CLAIM, "seq": len(before) + 1, "who": "ada"}))
    read, seen = world.journal.read, [before]
    monkeypatch.setattr(world.journal, "read", lambda: seen.pop() if seen else read())

    told = world.promote("staging", "production")

    assert (told.code, "another promotion began" in told.all, "by ada" in told.all) == (5, True, True), told.all


@pytest.mark.parametrize("is_written", [False, True], ids=["before it is written", "when it is written"])
def test_ctrl_c_while_it_claims_leaves_no_claim_and_changes_nothing(service, as_before, monkeypatch, is_written):
    interrupt_once(service.world.journal, monkeypatch, "begun", is_written=is_written)

    stopped = service.world.promote("staging", "production")

    assert (stopped.code, "Aborted!" in stopped.all) == (1, True), stopped.all
    assert as_before()
    assert outcomes(service) == ["promoted", *(["refused"] if is_written else [])]


@pytest.mark.parametrize("is_written", [False, True], ids=["before it is written", "when it is written"])
def test_ctrl_c_while_it_records_does_not_keep_it_from_the_history(service, monkeypatch, is_written):
    interrupt_once(service.world.journal, monkeypatch, "promoted", is_written=is_written)

    done = service.world.promote("staging", "production")

    assert (done.code, "Recording how it ended" in done.all) == (0, True), done.all
    assert service.served()["production"] == "v2"
    assert outcomes(service) == ["promoted", "promoted"]


def interrupt_once(journal, monkeypatch, outcome: str, *, is_written: bool) -> None:
    """Let Ctrl-C come while the next record with this outcome is added, before that has worked or after."""
    append, ends = journal.append, [KeyboardInterrupt]

    def interrupted(record):
        if record.outcome != outcome or not ends:
            append(record)
            return
        if is_written:
            append(record)
        raise ends.pop()

    monkeypatch.setattr(journal, "append", interrupted)


def test_what_could_not_be_put_back_stays_claimed_until_the_next_command_has_ended_it(service, monkeypatch):
    up = service.world.stacks.up

    def broken(*arguments, **named):
        with monkeypatch.context() as patch:
            patch.setattr(
                service.world.stacks, "up", always(DeployError("COMFY5102", tried="deploy", got="it is down"))
            )
            up(*arguments, **named)
        raise DeployError("COMFY5102", tried="deploy", got="it is down")

    with monkeypatch.context() as patch:
        patch.setattr(service.world.stacks, "up", broken)
        patch.setattr(drive, "_put_back", always(drive._stuck(Record.read(CLAIM), "the platform is down")))
        stuck = service.world.promote("staging", "production")
    open_claim = outcomes(service)
    monkeypatch.setattr(drive, "is_alive", lambda _holder: False)

    again = service.world.promote("staging", "production")

    assert (stuck.code, "COMFY5103" in stuck.all) == (6, True)
    assert open_claim == ["promoted", "begun"]
    assert (again.code, outcomes(service)) == (0, ["promoted", "promoted"]), again.all
    assert service.served()["production"] == "v2"


CLAIM = {"seq": 1, "kind": "promotion", "to": "production", "began": "2026-11-26T10:00:00Z", "outcome": "begun"}


def test_a_program_that_does_not_take_the_pin_is_told_and_nothing_stays(service, as_before):
    program = service.world.folder / "__main__.py"
    text = program.read_text("utf-8")
    program.write_text(text.replace('**comfy.pinned("serving", workflow_version=', "**dict(workflow_version="), "utf-8")

    failed = service.world.promote("staging", "production")

    assert (failed.code, "COMFY1105" in failed.all) == (4, True), failed.all
    assert as_before()


def test_the_history_in_words_says_who_when_what_and_why(service):
    world = service.world
    world.promote("staging", "production")
    world.rollback("production")
    world.promote("staging", "production")

    text = " ".join(world.command("history", "--stack", "production").text.split())

    assert "promotion staging -> production: promoted" in text
    assert "serving: workflowVersion v1 -> v2; proved by run " in text
    assert "rollback production: rolled-back" in text
    assert "reason: too dark" in text
    assert "refused: " in text
    bad = text.partition("Bad pins:")[2].split()[0]
    assert world.command("unmark", bad, "--reason", "mended").code == 0
    assert "Bad pins:" not in world.command("history").text
    again = world.command("unmark", bad, "--reason", "mended")
    assert (again.code, "COMFY5106" in again.all) == (1, True)


def test_the_history_tells_values_as_the_settings_file_writes_them():
    pinned = {"token": "comfydeploy:ServerlessMachine", "values": {"optimizedRunner": True, "pythonVersion": "3.11"}}

    text = as_text([Record.read({**CLAIM, "before": {}, "after": {"gpu": pinned}})])

    assert "gpu: optimizedRunner nothing -> true; pythonVersion nothing -> 3.11" in text


def test_a_claim_without_an_end_is_said_to_be_one():
    assert "under way, or was killed" in as_text([Record.read(CLAIM)])
    assert as_text([]) == "Nothing was promoted yet."


def test_json_tells_plan_record_and_how_it_ended(service):
    told = service.world.promote("staging", "production", "--json")

    answer = json.loads(told.text)
    assert (told.code, answer["ended"], answer["settled"]) == (0, "promoted", None)
    assert answer["record"]["outcome"] == "promoted"
    assert (answer["plan"]["from"], answer["plan"]["to"]) == ("staging", "production")


def test_json_of_pins_that_are_only_written_holds_the_summary(service):
    told = service.world.command("promote", "--from", "staging", "--to", "production", "--write-only", "--json")

    answer = json.loads(told.text)
    assert (told.code, answer["ended"]) == (0, "written")
    assert answer["summary"].startswith("## Promote staging -> production")


@pytest.mark.parametrize("source", ["production", "organization/portrait/production"])
def test_a_stack_is_not_promoted_to_itself(service, as_before, source):
    project = service.world.stacks.project
    refused = service.world.promote(source.replace("portrait", project), "production")

    assert (refused.code, "both are the same stack" in refused.all) == (1, True)
    assert as_before()


@pytest.mark.parametrize(
    "command",
    [
        ("promote", "--from", "staging", "--write-only", "--to"),
        ("promote", "--from", "staging", "--yes", "--to"),
        ("rollback", "--reason", "dark", "--plan", "--stack"),
    ],
    ids=["written", "deployed", "rolled back"],
)
def test_a_stack_of_another_project_has_its_file_in_another_folder_and_is_refused(service, as_before, command):
    refused = service.world.command(*command, "organization/portrait/production")

    assert (refused.code, "it is of the project portrait" in refused.all) == (1, True), refused.all
    assert as_before()


def test_a_name_that_no_resource_of_a_rolled_back_stack_has_is_told_with_the_nearest(service, as_before):
    refused = service.world.rollback("production", "--only", "servng")

    told = " ".join(refused.all.split())
    assert (refused.code, "did you mean serving? Correct" in told) == (3, True), refused.all
    assert "no former pin" not in refused.all
    assert as_before()


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_mistyped_name_has_decided_nothing_of_the_stack_and_is_not_in_its_history(service, as_before, command):
    world, before = service.world, outcomes(service)
    given = {"promote": ("--from", "staging", "--to"), "rollback": ("--reason", "dark", "--stack")}[command]

    refused = world.command(command, *given, "production", "--only", "servng", "--yes")

    assert (refused.code, "did you mean serving?" in " ".join(refused.all.split())) == (3, True), refused.all
    assert "of the history" not in refused.all
    assert outcomes(service) == before
    assert as_before()


def test_pins_whose_summary_cannot_be_written_are_said_to_be_written(service, tmp_path, monkeypatch):
    def refuse(*_place):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(click, "open_file", lambda *_place, **_how: refuse())

    told = service.world.command(
        *("promote", "--from", "staging", "--to", "production", "--write-only", "--json"),
        *("--summary", str(tmp_path / "text.md")),
    )

    assert (told.code, json.loads(told.text)["error"]["code"]) == (1, "COMFY5008"), told.all
    assert "The pins are written" in told.aside
    assert '"v2"' in service.world.file("production").read_text("utf-8")


def test_a_stack_that_is_named_in_full_has_the_same_history(service):
    full = f"organization/{service.world.stacks.project}/production"
    assert service.world.promote("staging", "production").code == 0

    assert len(service.world.history("--stack", full)) == 2
    assert service.world.rollback(full).code == 0
    assert service.served()["production"] == "v1"
    assert [one["outcome"] for one in service.world.history("--stack", "production")][-1] == "rolled-back"


def test_going_back_where_nothing_was_proved_before_is_refused(world, emulator):
    service = OnRunComfy(world(OnRunComfy.example), emulator)
    service.world.promote("dev", "staging")

    refused = service.world.rollback("staging")
    shown = service.world.command("rollback", "--stack", "staging", "--reason", "dark", "--plan")

    assert (refused.code, shown.code, "COMFY5009" in refused.all) == (3, 3, True)


LEFT = {
    True: "is under way",
    False: "was killed: the next `promote` or `rollback`",
    None: "with --take-over ends it first",
}


@pytest.mark.parametrize("is_alive", LEFT)
@pytest.mark.parametrize(
    "command", ["promote --from staging --to production", "rollback --stack production --reason x"]
)
def test_what_stands_open_is_told_by_a_plan(service, as_before, monkeypatch, command, is_alive):
    claim = Record.read({**CLAIM, "seq": len(service.world.journal.records) + 1, "who": "ada"})
    service.world.journal.append(claim)
    monkeypatch.setattr(drive, "is_alive", lambda _holder: is_alive)

    shown = service.world.command(*command.split(), "--plan")
    told = json.loads(service.world.command(*command.split(), "--plan", "--json").text)

    said = " ".join(shown.text.split())
    assert "warning: a promotion of production began at 2026-11-26T10:00:00Z, by ada" in said
    assert LEFT[is_alive] in said
    assert LEFT[is_alive] in told["plan"]["warnings"][0]
    assert as_before()


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("workflowVersion", "workflowVersoin", "workflowVersoin of deployment"),
        ("workflowVersion:", "scale: 2\n      workflowVersion:", "scale of deployment"),
    ],
)
def test_a_field_that_no_pin_has_is_told_as_one(service, as_before, was, now, said):
    file = service.world.file("production")
    text = file.read_text("utf-8")
    file.write_text(text.replace(was, now), "utf-8")

    refused = service.world.promote("staging", "production")

    assert (refused.code, "COMFY5008" in refused.all) == (1, True), refused.all
    assert f'{said} "serving" is nothing that is promoted. Correct its name: there are workflowVersion.' in refused.all
    file.write_text(text, "utf-8")
    assert as_before()


def test_a_pin_that_the_stack_does_not_serve_is_told_with_both(service, as_before):
    file = service.world.file("production")
    text = file.read_text("utf-8")
    file.write_text(text.replace('"v1"', "2026-11-26"), "utf-8")

    refused = service.world.promote("staging", "production")

    assert 'it pins workflowVersion of "serving" to "2026-11-26", and the stack serves "v1"' in refused.all
    file.write_text(text, "utf-8")
    assert as_before()


def test_the_history_of_a_stack_that_is_not_there_says_that_it_is_not(service):
    refused = service.world.command("history", "--stack", "nosuch")

    assert (refused.code, "COMFY5105" in refused.all, "nosuch" in refused.all) == (1, True, True)


def test_the_history_of_a_stack_to_which_nothing_was_promoted_says_so(service):
    told = service.world.command("history", "--stack", "dev")

    assert (told.code, told.text) == (0, "Nothing was promoted to dev yet.\n")


def test_the_history_of_a_stack_that_is_gone_is_still_told(service, monkeypatch):
    monkeypatch.setattr(service.world.stacks, "export", always(PulumiError("COMFY5105", tried="export", got="gone")))

    assert "promotion staging -> production" in service.world.command("history", "--stack", "production").text


def test_what_the_pulumi_of_a_killed_command_has_recorded_meanwhile_is_not_recorded_again():
    claim = Record.read(CLAIM)
    journal = MemoryJournal()
    journal.append(claim)
    journal.append(claim.ended_with("promoted", seq=2, now="2026-11-26T10:01:00Z"))

    told = claims.add(journal, lambda seq: claim.ended_with("settled", seq=seq, now="2026-11-26T10:02:00Z"), 1)

    assert (told.outcome, len(journal.read())) == ("promoted", 2)
