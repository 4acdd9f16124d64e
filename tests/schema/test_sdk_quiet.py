"""A refused input prints its sentence and no traceback of the interrupt that the language host sends the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = "pulumi-language-python-exec"
BEGIN = "import asyncio, signal, sys, threading\nimport pulumi_comfy.sdk._resource\n"
INTERRUPT = "signal.raise_signal(signal.SIGINT)\n"


def run(folder: Path, body: str, name: str = RUNNER, program: str = "") -> tuple[int, str]:
    """Run `body` as the language host's runner would be, beside a program that it can import."""
    (folder / "a_program.py").write_text(f"import signal\n{program}")
    (folder / name).write_text(BEGIN + body)
    # Beside the runner, so that Python finds the program as it does a user's.
    ended = subprocess.run(
        [sys.executable, str(folder / name)], capture_output=True, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stderr


QUIET = {
    "in the runner": INTERRUPT,
    "in the event loop": "loop = asyncio.new_event_loop()\nloop.call_soon(signal.raise_signal, signal.SIGINT)\n"
    "loop.run_forever()\n",
    "again while it shuts down": f"try:\n  {INTERRUPT}finally:\n  {INTERRUPT}",
    "in Pulumi": "class Odd(dict):\n  def __contains__(self, key):\n    signal.raise_signal(signal.SIGINT)\n"
    "pulumi_comfy.sdk._resource.pulumi.runtime.rpc.is_rpc_secret(Odd())\n",
    "chained": "try:\n  raise KeyboardInterrupt\nexcept BaseException as one:\n  raise KeyboardInterrupt from one\n",
}


@pytest.mark.parametrize("body", QUIET.values(), ids=QUIET.keys())
def test_the_host_s_interrupt_prints_nothing(tmp_path: Path, body: str):
    assert run(tmp_path, body) == (-2, "")


PRINTED = {
    "of the program": ("raise ValueError('boom')", "ValueError: boom", 1),
    "an interrupt with a message": ("raise KeyboardInterrupt('x')", "KeyboardInterrupt: x", -2),
    "an interrupt in the program": ("import a_program", "KeyboardInterrupt", -2),
    "an interrupt in an installed package": (
        "import click\nclick.utils.make_str.__globals__['str'] = lambda _: signal.raise_signal(signal.SIGINT)\n"
        "click.utils.make_str(5)",
        "KeyboardInterrupt",
        -2,
    ),
    "an interrupt after another exception": (
        "try:\n  raise ValueError('boom')\nexcept ValueError:\n  raise KeyboardInterrupt",
        "ValueError: boom",
        -2,
    ),
}


@pytest.mark.parametrize(("body", "told", "code"), PRINTED.values(), ids=PRINTED.keys())
def test_everything_else_is_printed_as_ever(tmp_path: Path, body: str, told: str, code: int):
    ended, printed = run(tmp_path, f"{body}\n", program=INTERRUPT)

    assert ended == code
    assert printed.startswith("Traceback (most recent call last):")
    assert told in printed


def test_outside_the_host_s_runner_nothing_is_changed(tmp_path: Path):
    assert run(tmp_path, INTERRUPT, name="a_script.py")[1].startswith("Traceback")


def test_the_hook_is_put_in_once_and_keeps_the_one_before(tmp_path: Path):
    body = (
        "sys.excepthook = lambda *_: print('rich', file=sys.stderr)\n"
        "for _ in range(2):\n  pulumi_comfy.sdk._resource._quiet.install()\n"
        "raise ValueError\n"
    )

    assert run(tmp_path, body) == (1, "rich\n")
