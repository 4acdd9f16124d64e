"""What a command needs beyond the plain installation, and where the official Pulumi CLI comes from."""

from __future__ import annotations

import importlib.util

import click

INSTALL_CLI = "curl -fsSL https://get.pulumi.com | sh"
CLI_PAGE = "https://www.pulumi.com/docs/iac/download-install/"

_EMULATOR_NEEDS = ("fastapi", "uvicorn", "PIL", "rich")


def missing_for_emulator() -> list[str]:
    """Give the names of the packages of the `emulator` extra that cannot be imported."""
    return [name for name in _EMULATOR_NEEDS if importlib.util.find_spec(name) is None]


def require_emulator() -> None:
    """Stop the command when the `emulator` extra is not installed.

    Raises:
        click.ClickException: with the command that installs it.
    """
    missing = missing_for_emulator()
    if missing:
        raise click.ClickException(
            f"the emulator is not installed ({', '.join(missing)} missing): pip install 'pulumi-comfy[emulator]'"
        )
