"""The demo from its first line to its last."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from shutil import which
from time import sleep as wait
from typing import TYPE_CHECKING

import click

from pulumi_comfy.cli.demo.engines import Runner, choose
from pulumi_comfy.cli.demo.place import Place, clean_environment, environment, make_place, shown
from pulumi_comfy.cli.demo.proof import last_check, prove
from pulumi_comfy.cli.terminal import Terminal

if TYPE_CHECKING:
    from pulumi_comfy.emulator import Emulator
    from pulumi_comfy.testing import Result

_BUILD_SECONDS = 3.0
_RUN_SECONDS = 1.5
_LONG_SECONDS = 3600

_COPY = "  own it      pulumi-comfy demo --keep my-service: a Pulumi project of your own, and what to do with it"
_OWN = """\
  own it      this project is yours now; in another shell `pulumi-comfy emulator`, paste the lines it prints, then:
              cd {folder}
              pulumi login --local                  # the state stays on this machine
              export PULUMI_CONFIG_PASSPHRASE=...   # encrypts its secrets; choose one and keep it
              pulumi stack init dev
              pulumi up"""


class Story:
    """One demo.

    Args:
        engine: `auto`, `cli` or `test`.
        keep: Where to put everything; `.demo` when None.
        prompt: What the picture shows; the quickstart's own when None.
        stay: Keep the emulator serving at the end.
    """

    def __init__(self, engine: str, keep: Path | None, prompt: str | None, *, stay: bool) -> None:
        self._engine = engine
        self._keep = keep
        self._prompt = prompt
        self._stay = stay
        self._terminal = Terminal()
        self._say = self._terminal.text

    def tell(self) -> None:
        """Run the demo.

        Raises:
            click.ClickException: a step failed; the message says which and why.
        """
        from pulumi_comfy.emulator import Emulator

        started = time.monotonic()
        place = make_place(self._keep, self._prompt)
        with Emulator() as emulator:
            emulator.settings.build_seconds = _BUILD_SECONDS
            emulator.settings.run_seconds = _RUN_SECONDS
            key = emulator.comfydeploy.key()
            env = clean_environment(place, {"COMFYDEPLOY_URL": emulator.comfydeploy.url, "COMFYDEPLOY_API_KEY": key})
            runner = choose(self._engine, place, env, self._terminal)
            try:
                with environment(env):
                    self._act(runner, place, emulator)
            finally:
                runner.close()
            self._terminal.good(
                f"\nDone in {time.monotonic() - started:.0f} s: deployed, proved by a picture, and unchanged since."
            )
            self._next_steps(place)
            if self._stay:
                self._wait(key)

    def _act(self, runner: Runner, place: Place, emulator: Emulator) -> None:
        for line in runner.introduction():
            self._say(line)
        self._say(f"Platform  ComfyDeploy, emulated on this machine: {emulator.comfydeploy.url}")
        self._say(f"Program   {shown(place.project / '__main__.py')}, a fresh copy of the quickstart")

        self._terminal.heading("pulumi up")
        self._say()
        first = checked(runner.up(), "the first `pulumi up`", emulator)
        calls = len(emulator.requests)
        self._prove(runner, place, emulator, first)

        emulator.clear_requests()
        self._terminal.heading("pulumi up, once more")
        self._say()
        second = checked(runner.up(), "the second `pulumi up`", emulator)
        self.compare(second, calls, len(emulator.requests))

    def _prove(self, runner: Runner, place: Place, emulator: Emulator, result: Result) -> None:
        proof = prove(last_check(runner.resources()), place.project, emulator.comfydeploy.dump()["runs"])
        width, height = proof.size
        self._terminal.heading("the proof")
        self._terminal.good("\nThe inference check passed: the deployment has rendered this picture.\n")
        self._say(f"  image   {shown(proof.image)}  ({width} x {height}, {proof.bytes:,} bytes)")
        self._say(f"  sha256  {proof.sha256}")
        self._say("          as the check reported it, and of the file on disk: the same")
        self._say(f"  run     {proof.run_id}, {proof.run_seconds:.1f} s after {proof.queue_seconds:.1f} s in the queue")
        line = result.outputs.get("try_it")
        if not isinstance(line, str):
            raise click.ClickException("the program gave no `try_it` output")
        self._say("\nThe deployment is an endpoint now:\n")
        self._say(f"  {line}")

    def compare(self, result: Result, calls_before: int, calls: int) -> None:
        """Say that the second `up` changed nothing and called nobody.

        Raises:
            click.ClickException: it did.
        """
        changed = dict(result.changes)
        if changed:
            raise click.ClickException(f"the second `pulumi up` changed something: {changed}")
        if calls:
            raise click.ClickException(f"the second `pulumi up` made {calls} API calls, expected 0")
        unchanged = result.summary["same"]
        self._terminal.good(
            f"\nUnchanged: {unchanged} resources, {calls} API calls (the first `up` made {calls_before})."
        )

    def _next_steps(self, place: Place) -> None:
        own = _OWN.format(folder=shlex.quote(shown(place.project))) if self._keep else _COPY
        self._say(
            f"""
Next
  read it     {shown(place.project / "__main__.py")}: the whole program
  change it   pulumi-comfy demo --prompt "a red fox in the snow": another picture, another sha256
  call it     pulumi-comfy demo --stay: the emulator stays, and the curl line above works
{own}
  for real    the same program with the COMFYDEPLOY_API_KEY of your account; `pulumi-comfy doctor` looks at it"""
        )
        if which("pulumi-comfy") is None:
            command = Path(sys.executable).with_name("pulumi-comfy")
            self._say(f"              `pulumi-comfy` is not on PATH here: it is {shown(command)}")

    def _wait(self, key: str) -> None:
        self._say(f"\nThe emulator stays until Ctrl-C. For the curl line above:\n\nexport COMFYDEPLOY_API_KEY={key}")
        try:
            while True:
                wait(_LONG_SECONDS)
        except KeyboardInterrupt:
            self._say("\nThe emulator has stopped.")


def checked(result: Result, what: str, emulator: Emulator) -> Result:
    """Give the result of an `up` that went well.

    Raises:
        click.ClickException: it failed, or the emulator did.
    """
    if emulator.internal_errors:
        raise click.ClickException(f"{what}: the emulator crashed, please report it: {emulator.internal_errors[0]}")
    if not result.ok:
        reason = (result.error or "see above").strip()
        raise click.ClickException(f"{what} failed: {reason}")
    return result
