"""`pulumi-comfy emulator`: the platforms on this machine, in the foreground."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

import click

from pulumi_comfy.cli.extras import require_emulator

if TYPE_CHECKING:
    from pulumi_comfy.emulator import Emulator, LoggedRequest

_LOOK_EVERY_SECONDS = 0.1


@click.command(short_help="Serve the emulated platforms on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free port.")
@click.option(
    "--build-seconds", type=click.FloatRange(0), default=5.0, show_default=True, help="How long a machine builds."
)
@click.option("--run-seconds", type=click.FloatRange(0), default=2.0, show_default=True, help="How long a run takes.")
@click.option("--seed", type=int, default=0, show_default=True, help="Where ids and other random things come from.")
@click.option("--verbose", "-v", is_flag=True, help="One line on stderr for each request.")
def emulator(port: int, build_seconds: float, run_seconds: float, seed: int, verbose: bool) -> None:
    """Serve the emulated platforms on this machine until Ctrl-C.

    Everything is in memory and only this machine can reach it. Runs make real pictures.
    """
    require_emulator()
    from pulumi_comfy.emulator import Emulator

    served = Emulator(port, seed)
    try:
        served.start()
    except OSError as error:
        raise click.ClickException(_sentence(error, port)) from None
    try:
        served.settings.build_seconds = build_seconds
        served.settings.run_seconds = run_seconds
        click.echo(welcome(served))
        wait_for_interrupt(served, verbose=verbose)
    except KeyboardInterrupt:
        served.stop()  # at once, open requests are cut
        click.echo("\nThe emulator has stopped; nothing of it is left.")


def welcome(served: Emulator) -> str:
    """What a person needs to use a running emulator: addresses, and lines with them and keys to paste into a shell."""
    width = max(len(one.name) for one in served.platforms.values())
    return "\n".join(
        (
            f"Serving on {served.url} until Ctrl-C; everything is in memory.",
            "",
            *(f"  {one.name:<{width}}  {one.url}" for one in served.platforms.values()),
            "",
            "Paste into the shell in which you run Pulumi:",
            "",
            *(f"export {name}={value}" for name, value in served.environment().items()),
        )
    )


def request_line(entry: LoggedRequest) -> str:
    """One answered request as one line: time, method, path, status, milliseconds."""
    ended = entry.ended if entry.ended is not None else entry.started
    clock = time.strftime("%H:%M:%S", time.localtime(entry.started))
    status = "cut" if entry.status is None else str(entry.status)
    fault = f"  fault: {entry.fault}" if entry.fault else ""
    took = f"{(ended - entry.started) * 1000:.0f} ms"
    return f"{clock}  {entry.method:<6} {status:>3}  {took:>8}  {entry.url_path}{fault}"


def wait_for_interrupt(served: Emulator, *, verbose: bool) -> None:
    """Wait for Ctrl-C; when verbose, write each request to stderr once it has been answered.

    Raises:
        KeyboardInterrupt: always, in the end.
    """
    reported: set[int] = set()
    while True:
        if verbose:
            report_requests(served.requests, reported)
        time.sleep(_LOOK_EVERY_SECONDS)


def report_requests(requests: list[LoggedRequest], reported: set[int]) -> None:
    """Write the answered requests to stderr that `reported` does not hold yet, and add them to it."""
    for entry in requests:
        if entry.ended is not None and entry.sequence not in reported:
            reported.add(entry.sequence)
            click.echo(request_line(entry), err=True)


def _sentence(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or --port 0 for any free one"
    return f"cannot serve on port {port}: {error.strerror or error}"
