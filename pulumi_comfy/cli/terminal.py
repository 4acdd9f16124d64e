"""Where the demo writes: live and coloured on a terminal, plain lines everywhere else."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pulumi_comfy.testing.display import SYMBOLS, Display
from pulumi_comfy.testing.events import DiagnosticLogged, Event, EventHandler, StepFinished, StepStarted
from pulumi_comfy.testing.urns import STACK_TYPE, name_of

if TYPE_CHECKING:
    from rich.text import Text

_REFRESHES_PER_SECOND = 8
_WORDS = {
    "create": ("creating", "created"),
    "update": ("updating", "updated"),
    "replace": ("replacing", "replaced"),
    "delete": ("deleting", "deleted"),
}
_STYLES = (
    (r"(?m)^ \+ .*$", "green"),
    (r"(?m)^ ~ .*$", "yellow"),
    (r"(?m)^ (-|\+-) .*$", "red"),
    (r"(?m)^     Type .*$", "bold"),
    (r"(?m)^(Updating|Diagnostics:|Outputs:|Resources:|Duration:).*$", "bold magenta"),
    (r"(?m)^ +error: .*$", "bold red"),
    (r"\*\*failed\*\*", "bold red"),
)


class Terminal:
    """Standard output.

    Attributes:
        is_interactive: It is a terminal whose cursor can be moved.
        has_colours: It is one, and NO_COLOR is not set.
    """

    def __init__(self) -> None:
        self.is_interactive = sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self.has_colours = self.is_interactive and not os.environ.get("NO_COLOR")

    def text(self, text: str = "") -> None:
        """Write lines as they are."""
        click.echo(text)

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        self._write(f"\n── {text}", style="bold cyan")

    def good(self, text: str) -> None:
        """Write what has been proved."""
        self._write(text, style="bold green")

    @contextlib.contextmanager
    def showing(self, display: Display) -> Iterator[EventHandler]:
        """Show an operation while it runs, and all of it at the end.

        Yields:
            The handler of the operation's events.
        """
        if self.is_interactive:
            with self._live(display):
                yield display
            self._coloured(display.text())
        else:
            click.echo(display.header())
            yield _Lines(display)
            click.echo()
            click.echo(display.text().partition("\n\n")[2], nl=False)

    @contextlib.contextmanager
    def _live(self, display: Display) -> Iterator[None]:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        def tree() -> Text:
            return Text(f"{display.header()}\n\n{display.tree()}", no_wrap=True, overflow="ellipsis")

        console = Console(highlight=False)
        with Live(console=console, get_renderable=tree, refresh_per_second=_REFRESHES_PER_SECOND, transient=True):
            yield

    def _coloured(self, text: str) -> None:
        from rich.console import Console
        from rich.text import Text

        styled = Text(text.rstrip("\n"))
        for pattern, style in _STYLES if self.has_colours else ():
            styled.highlight_regex(pattern, style)
        Console(highlight=False, soft_wrap=True).print(styled)

    def _write(self, text: str, style: str) -> None:
        if not self.has_colours:
            click.echo(text)
            return
        from rich.console import Console

        Console(highlight=False, markup=False, soft_wrap=True).print(text, style=style)


class _Lines:
    """An event handler that writes one line for each event that tells something new."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._last: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Pass the event on and write it."""
        self._display(event)
        if isinstance(event, DiagnosticLogged):
            line = event.diagnostic
            if line.ephemeral:
                self._say(line.urn, "   ", name_of(line.urn), line.message)
        elif isinstance(event, (StepStarted, StepFinished)):
            operation = event.operation
            if operation.op != "same" and operation.type != STACK_TYPE:
                self._say(operation.urn, f" {SYMBOLS.get(operation.op, ''):<2}", operation.name, _what(event))

    def _say(self, urn: str, mark: str, name: str, what: str) -> None:
        if what and self._last.get(urn) != what:
            self._last[urn] = what
            click.echo(f"{mark} {name}: {what}".rstrip())


def _what(event: StepStarted | StepFinished) -> str:
    operation = event.operation
    doing, done = _WORDS.get(operation.op, (operation.op, operation.op))
    if isinstance(event, StepStarted):
        return f"{doing} {operation.type.rpartition(':')[2]}"
    return f"{doing} failed" if operation.failed else f"{done} ({operation.seconds:.1f}s)"
