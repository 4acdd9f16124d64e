"""What the commands about promotion share: where they work, how they speak, and by which code they end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_comfy.cli.extras import CLI_PAGE, INSTALL_CLI

if TYPE_CHECKING:
    from pulumi_comfy.promotion.journal import Journal
    from pulumi_comfy.promotion.means import Means
    from pulumi_comfy.promotion.plan import Plan
    from pulumi_comfy.promotion.stacks import Stacks

DONE, BROKEN, READY, REFUSED, FAILED, ELSEWHERE, STUCK = range(7)
"""Exit codes: see `EXIT_CODES`."""
EXIT_CODES = """\b
Exit codes:
  0  done, or there was nothing to do
  1  it could not be found out, or the command was wrong
  2  only with --plan: there is something to do, and nothing against it
  3  refused, or declined after the preview
  4  the deployment failed; the stack is as it was before
  5  another command works on the stack; this one changed nothing
  6  the deployment failed and could not be put back; run the command again
"""
_CODES = {"COMFY5101": ELSEWHERE, "COMFY5102": FAILED, "COMFY5103": STUCK}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class WrongUseError(click.UsageError):
    """A wrong use, with a code that means nothing else."""

    exit_code = BROKEN


class PromotionCommand(click.Command):
    """A command whose codes are promises: a wrong option ends with 1, as 2 has a meaning."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as wrong:
            raise WrongUseError(wrong.format_message(), wrong.ctx) from None  # `message` does not name the option


class Age(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A duration such as `90m`, `24h`, `7d` or `2w`."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d+)([mhdw])", value)
        if found is None:
            self.fail(f"{value!r} is no duration such as 90m, 24h, 7d or 2w", param, ctx)
        try:
            return timedelta(**{_UNITS[found[2]]: int(found[1])})
        except OverflowError:
            self.fail(f"{value!r} is longer than any proof is old; leave it out to let every proof count", param, ctx)


class Said(click.ParamType):  # type: ignore[type-arg]  # as above
    """A text that is not blank: an empty stack name would be the one that is selected, an empty reason none."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = str(value).strip()
        if not text:
            self.fail("it is empty", param, ctx)
        return text


_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "folder": click.option(
        "-C",
        "--cwd",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(),
        help="The project's folder. Default: the current one.",
    ),
    "json": click.option(
        "--json", "as_json", is_flag=True, help="Write one JSON object; what Pulumi prints goes to standard error."
    ),
    "yes": click.option("-y", "--yes", is_flag=True, help="Do not ask after the preview."),
    "only": click.option("--only", multiple=True, metavar="NAME", help="Only this resource's pin; may be repeated."),
    "take_over": click.option(
        "--take-over",
        is_flag=True,
        help="End what an earlier command left, also where nobody here can know whether it is gone.",
    ),
}


def option(name: str) -> Callable[[Any], Any]:
    """Give one of the options that several commands have."""
    return _OPTIONS[name]


def the_means(folder: Path, target: str, *, as_json: bool, yes: bool) -> Means:
    """Give what a promotion works with: the user's own `pulumi`, standard output, and a question.

    Raises:
        PulumiError: there is no `pulumi` on PATH, or no project.
    """
    from pulumi_comfy.promotion.means import Means

    stacks, journal = open_project(folder, target)
    say = teller(err=as_json)

    def show(plan: Plan) -> None:
        say(plan.text(columns()))

    def ask() -> bool:
        if yes:
            return True
        if sys.stdin is None or not sys.stdin.isatty():
            say("Nobody can be asked here, so nothing is deployed: --yes does not ask.")
            return False
        try:
            return click.confirm(f"Deploy this to {target}?", default=False, err=as_json)
        except click.Abort:  # Ctrl-C is a no as well
            say("")
            return False

    return Means(stacks, journal, say, show, ask)


def teller(*, err: bool) -> Callable[[str], None]:
    """Give what says a line, until nobody can read it any more: what has begun is ended all the same.

    Args:
        err: whether it goes to standard error.
    """
    stream: Any = sys.stderr if err else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # what a name has, and this output no letter for
    is_heard = True

    def say(line: str) -> None:
        nonlocal is_heard
        try:
            if is_heard:
                click.echo(line, err=err)
        except OSError:  # `| head -1`, a terminal that was closed, a full disk
            is_heard = False
            with contextlib.suppress(OSError):  # what is left of it would be a fault at the end of the process
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    return say


def columns() -> int:
    """Give how many characters a line may have: the terminal's, else 80."""
    return shutil.get_terminal_size().columns


def open_project(folder: Path, stack: str) -> tuple[Stacks, Journal]:
    """Give the stacks of a folder's project, and the history that belongs to one of them.

    Raises:
        PulumiError: there is no `pulumi` on PATH, or no project.
    """
    require_pulumi()
    from pulumi_comfy.promotion.journal import StackJournal
    from pulumi_comfy.promotion.stacks import CliStacks

    stacks = CliStacks(folder)
    return stacks, StackJournal.beside(stacks.project, stack)


def require_pulumi() -> None:
    """Stop the command where there is no `pulumi`.

    Raises:
        PulumiError: with the official command that installs it.
    """
    from pulumi_comfy.promotion.stacks import PulumiError

    if shutil.which("pulumi") is None:
        todo = f"Install it with `{INSTALL_CLI}` ({CLI_PAGE})."
        raise PulumiError("COMFY5105", tried="run `pulumi`", got="there is none on PATH", todo=todo)


@contextlib.contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """Say what stops a command in one sentence, and end by the code that it has."""
    from pulumi_comfy.core.errors import ComfyError

    try:
        yield
    except ComfyError as error:
        if as_json:
            told = {"tried": error.tried, "got": error.got, "todo": error.todo, "code": error.code}
            click.echo(json.dumps({"ended": "error", "error": told}, indent=2, ensure_ascii=False))
        click.echo(f"error: {error}", err=True)
        raise SystemExit(_CODES.get(error.code, BROKEN)) from None
