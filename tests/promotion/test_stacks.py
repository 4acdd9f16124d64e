"""The user's `pulumi`, as promotion asks it: what is said to it, and what its answers become. A script stands in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_comfy.promotion import stacks
from pulumi_comfy.promotion.stack_names import is_same_stack
from pulumi_comfy.promotion.stacks import CliStacks, DeployError, LockedError, NoStackError, PulumiError

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n  file:///b/.pulumi/locks/x.json: created by me@{host} (pid {pid}) at 2026"
)


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Let `pulumi` answer so: `answer(out, err, code)`; gives the file that holds what was asked."""
    monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path), os.environ["PATH"])))
    stacks._command.cache_clear()
    asked = tmp_path / "asked"

    def make(out: str = "", err: str = "", code: int = 0) -> Path:
        (tmp_path / "out").write_text(out)
        (tmp_path / "err").write_text(err)
        script = tmp_path / "pulumi"
        body = f'echo "$@" >> {asked}\n[ "$1" = version ] && echo 3.260.0 && exit 0\n'
        script.write_text(f"#!/bin/sh\n{body}cat {tmp_path}/out\ncat {tmp_path}/err >&2\nexit {code}\n")
        script.chmod(0o755)
        return asked

    yield make
    stacks._command.cache_clear()


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    (folder / "below").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: portrait\nruntime: python\n")
    return folder


def test_the_project_is_found_from_a_folder_below_it(project):
    found = CliStacks(project / "below")

    assert found.project == "portrait"
    assert found.settings_file("acme/portrait/production") == project / "Pulumi.production.yaml"


def test_settings_files_may_stand_in_a_folder_of_their_own(project):
    (project / "Pulumi.yaml").write_text("name: portrait\nruntime: python\nstackConfigDir: stacks\n")

    assert CliStacks(project).settings_file("dev") == project / "stacks" / "Pulumi.dev.yaml"


def test_so_may_they_where_the_project_says_it_by_the_former_key(project):
    (project / "Pulumi.yaml").write_text("name: portrait\nruntime: python\nconfig: stacks\n")

    assert CliStacks(project).settings_file("dev") == project / "stacks" / "Pulumi.dev.yaml"


def test_settings_of_the_project_itself_are_no_folder(project):
    (project / "Pulumi.yaml").write_text("name: portrait\nruntime: python\nconfig:\n  portrait:gpu: T4\n")

    assert CliStacks(project).settings_file("dev") == project / "Pulumi.dev.yaml"


def test_settings_files_end_as_the_project_s_own_file_does(project):
    (project / "Pulumi.yaml").rename(project / "Pulumi.yml")

    assert CliStacks(project).settings_file("dev") == project / "Pulumi.dev.yml"


def test_a_folder_without_a_project_is_said(tmp_path):
    with pytest.raises(PulumiError, match=r"no.* Pulumi.yaml.*--cwd.*COMFY5105"):
        CliStacks(tmp_path)


def test_a_project_file_that_makes_no_sense_is_said(project):
    (project / "Pulumi.yaml").write_text("runtime: python\n")

    with pytest.raises(PulumiError, match="makes no sense"):
        CliStacks(project)


def test_an_export_shows_no_secrets_and_selects_no_stack(project, answer):
    asked = answer('{"version": 3}')

    assert CliStacks(project).export("dev") == {"version": 3}
    assert asked.read_text().splitlines()[-1] == "--non-interactive stack export --stack dev"


def test_a_deployment_is_shown_line_by_line_and_may_refresh_first(project, answer):
    asked, said = answer("one\ntwo"), []

    CliStacks(project).up("dev", said.append, refresh=True)

    assert said == ["one", "two"]
    assert "up --yes --skip-preview --stack dev" in asked.read_text()
    assert asked.read_text().strip().endswith("--refresh")


def test_a_stack_that_is_not_there_is_named_with_what_makes_it(project, answer):
    answer(err="error: no stack named 'prod' found", code=255)

    with pytest.raises(NoStackError, match="pulumi stack init prod"):
        CliStacks(project).export("prod")


def test_a_failed_deployment_tells_each_of_pulumis_errors_once_and_not_that_it_failed(project, answer):
    answer("    error: it renders nothing\n    error: it renders nothing\nerror: update failed", code=255)

    with pytest.raises(DeployError) as failed:
        CliStacks(project).up("dev", print)

    assert failed.value.got == "it renders nothing"


@pytest.mark.skipif(os.name != "posix", reason="it is a signal of POSIX")
def test_ctrl_c_waits_for_the_end_of_the_command(project, answer, tmp_path):
    answer()
    script = tmp_path / "pulumi"
    version, ended = '[ "$1" = version ] && echo 3.260.0 && exit 0\n', tmp_path / "ended"
    script.write_text(f"#!/bin/sh\n{version}trap '' INT\nkill -INT $PPID\nsleep 2\necho over > {ended}\n")
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path; from pulumi_comfy.promotion.stacks import CliStacks\n"
        "try: CliStacks(Path()).preview('dev', print)\n"
        f"except KeyboardInterrupt: print(Path({str(ended)!r}).read_text())\n"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "over", done.stderr


def test_a_program_that_fails_is_told_by_what_it_raised(project, answer):
    answer(
        "Previewing update (dev):\n    error: Program failed with an unhandled exception:\n"
        "    Traceback (most recent call last):\n"
        "      File \"/p/__main__.py\", line 31, in <module>\n        raise RuntimeError('boom')\n"
        "    RuntimeError: boom\n\nResources:\n    1 errored\n",
        code=255,
    )

    with pytest.raises(PulumiError) as failed:
        CliStacks(project).preview("dev", print)

    assert failed.value.got == "Program failed with an unhandled exception: RuntimeError: boom"


def test_a_stack_that_is_not_there_is_said_beside_those_that_are(project, answer, monkeypatch):
    answer('[{"name": "production"}, {"name": "dev"}]')
    asked, run = [], stacks.run

    def none_of_that_name(arguments, *others, **named):
        asked.append(arguments[1])
        if arguments[1] == "export":
            raise NoStackError("COMFY5105", tried="export nosuch", got="there is no such stack")
        return run(arguments, *others, **named)

    monkeypatch.setattr(stacks, "run", none_of_that_name)

    with pytest.raises(NoStackError, match="no such stack of the project portrait; it has dev, production"):
        CliStacks(project).export("nosuch")
    assert asked == ["export", "ls"]


def test_a_failure_without_an_error_line_tells_the_end_of_what_was_printed(project, answer):
    answer("panic", code=2)

    with pytest.raises(PulumiError, match="panic"):
        CliStacks(project).preview("dev", print)


def test_a_lock_names_its_process_and_whether_that_is_gone(project, answer):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    told = []
    for host, pid in ((socket.gethostname(), gone.pid), (socket.gethostname(), os.getpid()), ("elsewhere", gone.pid)):
        answer(err=LOCKED.format(host=host, pid=pid), code=255)
        with pytest.raises(LockedError, match=f"process {pid} on {host}") as locked:
            CliStacks(project).up("dev", print)
        told.append(locked.value.is_left)

    assert told == [True, False, False]


def test_what_takes_a_lock_away_that_is_left_is_said(project, answer):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    answer(err=LOCKED.format(host=socket.gethostname(), pid=gone.pid), code=255)

    with pytest.raises(LockedError, match=r"left the stack locked and is gone.*`pulumi cancel --stack dev`"):
        CliStacks(project).up("dev", print)


def test_a_lock_of_a_backend_that_tells_nobody_is_not_known_to_be_left(project, answer):
    answer(err="error: [409] Conflict: Another update is currently in progress.", code=255)

    with pytest.raises(LockedError) as locked:
        CliStacks(project).up("dev", print)

    assert not locked.value.is_left


def test_a_lock_that_is_left_is_taken_away_by_cancel(project, answer):
    asked = answer()

    CliStacks(project).unlock("dev")

    assert asked.read_text().splitlines()[-1] == "--non-interactive cancel --yes --stack dev"


def test_a_pulumi_that_does_not_run_is_said(project, answer, tmp_path):
    answer()
    (tmp_path / "pulumi").write_text("#!/nowhere\n")

    with pytest.raises(PulumiError, match="run `pulumi preview`"):
        CliStacks(project).preview("dev", print)


def test_what_pulumi_complains_about_is_told_without_what_stands_around_it():
    raw = "code: 255\n stdout: \n stderr: error: getting stack configuration: incorrect passphrase\n"

    assert stacks.said_by(raw) == "getting stack configuration: incorrect passphrase"


VIOLATED = """Policies:
    ❌ pulumi-comfy@v0.0.1 (local: .policy/bin/pulumi-comfy-policy)
        - [advisory]  raw-commands  (pulumi-python:comfydeploy:ServerlessMachine: gpu)
          No raw commands, unless the resource has leave.
          comfydeploy.ServerlessMachine "gpu" has raw commands.
        - [mandatory] [severity: high]  keep-warm  (pulumi-python:comfydeploy:ServerlessMachine: gpu)
          No more instances that are always on, and billed, than the environment allows.
          comfydeploy.ServerlessMachine "gpu": keepWarm is 9; the most in production is 1.
        - [mandatory]  stack-environment
          A stack declares its environment.
          The stack declares none.
          Run `pulumi config set`.

Diagnostics:
  pulumi:pulumi:Stack (pol-dev):
    error: preview failed
"""


def test_policies_that_are_violated_are_what_pulumi_complains_about():
    assert stacks.said_by(VIOLATED + VIOLATED) == (
        'policy keep-warm: comfydeploy.ServerlessMachine "gpu": keepWarm is 9; the most in production is 1.; '
        "policy stack-environment: The stack declares none. Run `pulumi config set`."
    )


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("dev", "dev", True),
        ("dev", "acme/portrait/dev", True),
        ("acme/dev", "acme/portrait/dev", True),
        ("dev", "prod", False),
        ("acme/dev", "other/dev", False),
        ("dev", "acme/another/dev", False),
    ],
)
def test_stacks_are_told_apart_by_all_that_their_names_say(one, other, is_same):
    assert is_same_stack(one, other, "portrait") is is_same
