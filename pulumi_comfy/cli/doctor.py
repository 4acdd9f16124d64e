"""`pulumi-comfy doctor`: what is installed, which key is in force, and whether the platform answers."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pulumi_comfy._version import __version__
from pulumi_comfy.cli.extras import CLI_PAGE, INSTALL_CLI, missing_for_emulator

if TYPE_CHECKING:
    from pulumi_comfy.core.configuration import Setting

_CLI_SECONDS = 30
_NO_SUCH_WORKFLOW = "pulumi-comfy doctor"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    kind: Literal["ok", "note", "problem"]
    text: str


@click.command()
def doctor() -> None:
    """Say what is installed, which key is used, and whether the platform answers.

    Looks into this folder's Pulumi.<stack>.yaml files too. Never prints a key. Exits with 1 when something is broken.
    """
    broken = 0
    for finding in (*_installation(), *_platform(Path.cwd())):
        broken += finding.kind == "problem"
        click.echo(f"{finding.kind:<7}  {finding.text}")
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


def _platform(folder: Path) -> Iterator[Finding]:
    from pulumi_comfy.comfydeploy.connection import PLATFORM, check_url, require_key, scope_of
    from pulumi_comfy.core.configuration import COMFYDEPLOY_API_KEY, COMFYDEPLOY_URL
    from pulumi_comfy.core.errors import ComfyError

    stacks = _stack_settings(folder)
    yield from _keys_in_clear(stacks, COMFYDEPLOY_API_KEY)
    stored = [file for file, config in stacks.items() if _entry(config, COMFYDEPLOY_API_KEY) is not None]
    key = os.environ.get(COMFYDEPLOY_API_KEY.environment)
    try:
        url, place = _url(stacks, COMFYDEPLOY_URL)
        url = check_url(url)
        yield Finding("ok", f"{PLATFORM} is at {url} ({place})")
        if not key and stored:
            yield Finding("ok", f"{PLATFORM} key: in {', '.join(stored)}")
            name = COMFYDEPLOY_API_KEY.environment
            ask = f'{name}="$(pulumi config get comfy:{COMFYDEPLOY_API_KEY.key})" pulumi-comfy doctor'
            yield Finding("note", f"its account was not asked for, because only Pulumi can decrypt it; try {ask}")
            return
        key = require_key(key)
        yield Finding("ok", f"{PLATFORM} key: in the environment, {COMFYDEPLOY_API_KEY.environment}")
        yield Finding("ok", f"{PLATFORM} account: {scope_of(url, key)}")
        started = time.monotonic()
        asyncio.run(_ask(url, key))
        yield Finding("ok", f"{PLATFORM} answered and accepts the key ({time.monotonic() - started:.1f} s)")
    except ComfyError as error:
        yield Finding("problem", str(error))


async def _ask(url: str, key: str) -> None:
    """One GET that needs the key and changes nothing; no second try, a person is waiting."""
    from pulumi_comfy.comfydeploy.api import ComfyDeployApi
    from pulumi_comfy.comfydeploy.connection import PLATFORM
    from pulumi_comfy.core.http import HttpClient, RetryPolicy

    headers = {"authorization": f"Bearer {key}"}
    async with HttpClient(platform=PLATFORM, base_url=url, headers=headers, retry=RetryPolicy(attempts=1)) as http:
        await ComfyDeployApi(http).find_workflows(_NO_SUCH_WORKFLOW)


def _stack_settings(folder: Path) -> dict[str, dict[str, Any]]:
    """The configuration of every stack of the Pulumi project in `folder`, by file name; nothing else is read."""
    import yaml

    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("Pulumi.*.yaml")):
        try:
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue  # Pulumi itself says what is wrong with it
        config = document.get("config") if isinstance(document, dict) else None
        found[file.name] = config if isinstance(config, dict) else {}
    return found


def _entry(config: dict[str, Any], setting: Setting) -> Any:
    return config.get(f"comfy:{setting.key}")


def _keys_in_clear(stacks: dict[str, dict[str, Any]], setting: Setting) -> Iterator[Finding]:
    for file, config in stacks.items():
        if isinstance(_entry(config, setting), str):
            yield Finding(
                "problem",
                f"{file} holds comfy:{setting.key} in clear. Rotate the key, then run "
                f"`pulumi config set --secret comfy:{setting.key}` and paste the new one. [COMFY1102]",
            )


def _url(stacks: dict[str, dict[str, Any]], setting: Setting) -> tuple[str, str]:
    """The address in force and where it comes from; the environment wins, as for every setting."""
    if os.environ.get(setting.environment):
        return os.environ[setting.environment], f"from {setting.environment}"
    for file, config in stacks.items():
        if isinstance(_entry(config, setting), str):
            return str(_entry(config, setting)), f"from {file}"
    return setting.default or "", "the default"
