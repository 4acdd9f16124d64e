"""`pulumi-comfy doctor`: what is installed, which key is in force, and whether the platform answers."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click

from pulumi_comfy._version import __version__
from pulumi_comfy.cli.doctor.platforms import look_at_platforms
from pulumi_comfy.cli.doctor.stacks import Finding, look_at_inference_checks, look_for_misspelt_keys, read_stacks
from pulumi_comfy.cli.extras import CLI_PAGE, INSTALL_CLI, missing_for_emulator

_CLI_SECONDS = 30


@click.command(short_help="Look at the installation, the keys and the platform.")
def doctor() -> None:
    """Say what is installed, which key is used, and whether the platform answers.

    Looks into the stack files of this folder's project too. Never prints a key. Exits with 1 when something is broken.
    """
    from pulumi_comfy.core.redaction import redact

    broken = 0
    stacks, senseless = read_stacks(Path.cwd())
    configuration = (*senseless, *look_for_misspelt_keys(stacks))
    for finding in (*_installation(), *configuration, *look_at_platforms(stacks), *look_at_inference_checks(stacks)):
        broken += finding.kind == "problem"
        click.echo(f"{finding.kind:<7}  {redact(finding.text)}")
    if broken:
        click.echo(f"\n{broken} {'problem' if broken == 1 else 'problems'}.")
        raise SystemExit(1)
    click.echo("\nNothing is broken.")


def _installation() -> Iterator[Finding]:
    yield Finding("ok", f"pulumi-comfy {__version__}, Python {platform.python_version()}")
    try:
        yield Finding("ok", f"Pulumi SDK {importlib.metadata.version('pulumi')}")
    except importlib.metadata.PackageNotFoundError:
        yield Finding("problem", "the Pulumi SDK is not installed: pip install pulumi")
    yield from _engine(shutil.which("pulumi"))
    missing = missing_for_emulator()
    if missing:
        yield Finding("note", f"no emulator ({', '.join(missing)} missing): pip install 'pulumi-comfy[emulator]'")
    else:
        yield Finding("ok", "emulator installed")


def _engine(command: str | None) -> Iterator[Finding]:
    if command is None:
        yield Finding("note", f"no `pulumi` on PATH; it deploys, so install it: {INSTALL_CLI} ({CLI_PAGE})")
        yield Finding("ok", "`pulumi-comfy demo` would use the test engine, because there is no `pulumi` on PATH")
        return
    try:
        env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        asked = subprocess.run(
            [command, "version"], capture_output=True, text=True, timeout=_CLI_SECONDS, env=env, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("problem", f"Pulumi CLI at {command} does not run: {error}")
        return
    yield Finding("ok", f"Pulumi CLI {asked.stdout.strip()} at {command}")
    yield Finding("ok", "`pulumi-comfy demo` would use the Pulumi CLI, because it is on PATH")
