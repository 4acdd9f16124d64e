"""`pulumi-comfy`: the emulator, a demonstration, checks of workflows and of the installation, policies, prices, costs.

Only click loads here; each command loads what it needs when it runs.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from pulumi_comfy._version import __version__
from pulumi_comfy.cli.convert import convert
from pulumi_comfy.cli.cost import cost
from pulumi_comfy.cli.demo.command import demo
from pulumi_comfy.cli.doctor.command import doctor
from pulumi_comfy.cli.emulator import emulator
from pulumi_comfy.cli.policy import policy
from pulumi_comfy.cli.prices import prices
from pulumi_comfy.cli.promotion.history import history, unmark
from pulumi_comfy.cli.promotion.promote import promote
from pulumi_comfy.cli.promotion.rollback import rollback
from pulumi_comfy.cli.validate import validate

__all__ = ["main"]


class _Commands(click.Group):
    """All commands; says in one sentence that a disk is full, also the one behind the output."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command."""
        try:
            return super().main(*args, **options)
        except OSError as failed:
            if failed.errno != errno.ENOSPC:
                raise
            where = f"{failed.filename}: " if failed.filename else ""
            click.echo(f"Error: {where}{failed.strerror}", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit writes what is left
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pulumi-comfy", message="%(prog)s %(version)s")
def main() -> None:
    """ComfyUI in production as code: workflows, machines and deployments, each deploy proved by a real inference."""


_COMMANDS = (convert, cost, demo, doctor, emulator, history, policy, prices, promote, rollback, unmark, validate)
for _command in _COMMANDS:
    main.add_command(_command)
