"""`pulumi-comfy emulator`: what it prints, that it serves, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from pulumi_comfy.cli import emulator as command_module
from pulumi_comfy.cli.emulator import report_requests, request_line, welcome
from pulumi_comfy.emulator import Emulator, LoggedRequest

wait_module = sys.modules[command_module.callback.__module__]


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The emulator as a process of its own, and the two values that its export lines give."""
    command = [sys.executable, "-m", "pulumi_comfy.cli", "emulator", "--port", "0", "--verbose"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        values = {}
        while len(values) < 2:
            line = process.stdout.readline()
            assert line, "the emulator ended"
            match = re.fullmatch(r"export (COMFYDEPLOY_URL|COMFYDEPLOY_API_KEY)=(\S+)\n", line)
            values |= {match[1]: match[2]} if match else {}
        yield process, values["COMFYDEPLOY_URL"], values["COMFYDEPLOY_API_KEY"]
        process.kill()


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_exported_address_and_key_are_ready(served):
    _, url, key = served

    answer = httpx.get(f"{url}/workflows/all", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()) == (200, [])


def test_every_platform_has_its_address_and_its_lines_to_paste():
    with Emulator() as running:
        text = welcome(running)

    assert re.findall(r"^  (\S.*?) {2,}(\S+)$", text, re.MULTILINE) == [
        (one.name, one.url) for one in running.platforms.values()
    ]
    assert re.findall(r"^export (\w+)=\S+$", text, re.MULTILINE) == list(running.environment())


def test_verbose_reports_each_request_on_stderr(served):
    process, url, key = served

    httpx.get(f"{url}/workflows/all", headers={"Authorization": f"Bearer {key}"})

    assert re.fullmatch(r"\d\d:\d\d:\d\d  GET +200 +\d+ ms  /workflows/all\n", process.stderr.readline())


def test_ctrl_c_ends_it_in_order(served):
    process, _, _ = served

    process.send_signal(signal.SIGINT)

    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "\nThe emulator has stopped; nothing of it is left.\n", "")


def test_a_port_in_use_is_one_clear_sentence(invoke):
    with Emulator() as other:
        port = other.url.rpartition(":")[2]

        result = invoke("emulator", "--port", port)

    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: port {port} is in use; choose another with --port, or --port 0 for any free one\n"
    )


def test_a_port_that_may_not_be_used_is_one_clear_sentence(invoke, monkeypatch):
    def refuse(_self: Emulator) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Emulator, "start", refuse)

    result = invoke("emulator", "--port", "80")

    assert (result.exit_code, result.stderr) == (1, "Error: cannot serve on port 80: Permission denied\n")


def test_durations_are_passed_to_the_platform(invoke, monkeypatch):
    seen = []
    monkeypatch.setattr(
        wait_module, "wait_for_interrupt", lambda served, **_: (seen.append(served.settings), interrupt())
    )

    result = invoke("emulator", "--port", "0", "--build-seconds", "7", "--run-seconds", "0.5")

    assert result.exit_code == 0
    assert (seen[0].build_seconds, seen[0].run_seconds) == (7, 0.5)


def entry(**fields: object) -> LoggedRequest:
    known = {"sequence": 1, "platform": "comfydeploy", "method": "GET", "path": "/x", "url_path": "/x", "query": {}}
    return LoggedRequest(**{**known, "in_flight": 1, "started": 10.0, "ended": 10.25, **fields})


def test_a_request_without_an_answer_is_told_as_cut():
    assert request_line(entry(fault="reset"))[8:] == "  GET    cut    250 ms  /x  fault: reset"


def test_each_request_is_reported_once_and_only_when_it_is_over(capsys):
    reported: set[int] = set()

    for _ in range(2):
        report_requests([entry(status=200), entry(sequence=2, ended=None)], reported)

    assert (reported, capsys.readouterr().err.count("\n")) == ({1}, 1)
