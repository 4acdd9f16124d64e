"""`pulumi-comfy promote`: what one stack has proved, another one is made to serve."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_comfy.cli.promotion.shared import (
    DONE,
    EXIT_CODES,
    FAILED,
    READY,
    REFUSED,
    Age,
    PromotionCommand,
    Said,
    WrongUseError,
    ending,
    option,
    the_means,
)

if TYPE_CHECKING:
    from pulumi_comfy.promotion.promote import Result

_CODES = {"ready": READY, "refused": REFUSED, "declined": REFUSED, "failed": FAILED}


@click.command(cls=PromotionCommand, short_help="Make a stack serve what another one has proved.", epilog=EXIT_CODES)
@click.option("--from", "source", type=Said(), required=True, metavar="STACK", help="The stack that has proved it.")
@click.option("--to", "target", type=Said(), required=True, metavar="STACK", help="The stack that is to serve it.")
@option("only")
@click.option("--max-age", type=Age(), help="The oldest proof that counts, e.g. 24h or 7d. Default: any.")
@click.option("--allow-breaking", metavar="REASON", help="Go on although callers may break, and say why.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show what would change; change nothing.")
@click.option("--write-only", is_flag=True, help="Write the pins and a summary for a pull request; deploy nothing.")
@click.option(
    "--summary",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    default="-",
    help="With --write-only: where the summary goes, in Markdown. Default: standard output; with --json, into it.",
)
@option("yes")
@option("take_over")
@option("json")
@option("folder")
def promote(
    source: str,
    target: str,
    only: tuple[str, ...],
    max_age: timedelta | None,
    allow_breaking: str | None,
    only_plan: bool,
    write_only: bool,
    summary: str,
    yes: bool,
    take_over: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Promote the release of one stack to another: its pins are written, previewed, deployed, checked and recorded.

    It goes when the source's proofs hold for exactly these pins and callers stay served. When the deployment or its
    inference check fails, the stack and its Pulumi.<stack>.yaml are as they were before.
    """
    if only_plan and write_only:
        raise WrongUseError("--plan writes nothing, so it does not go with --write-only")
    if summary != "-" and not (write_only and Path(summary).absolute().parent.is_dir()):
        raise WrongUseError("--summary goes with --write-only, and names a file in a folder that is there")
    with ending(as_json=as_json):
        means = the_means(folder, target, as_json=as_json or (write_only and summary == "-"), yes=yes)
        from pulumi_comfy.promotion import promote as promotion
        from pulumi_comfy.promotion.summary import summary as in_markdown

        wish = promotion.Wish(source, target, only or None, max_age, allow_breaking, take_over)
        do = promotion.foresee if only_plan else promotion.write_pins if write_only else promotion.promote
        result = do(means, wish)
        text = in_markdown(result.plan) if result.ended == "written" else None
        is_inside = as_json and summary == "-"
        if text is not None and not is_inside:
            _write_summary(summary, text)
        tell(result, as_json=as_json, say=means.say, **({"summary": text} if is_inside and text else {}))
    raise SystemExit(_CODES.get(result.ended, DONE))


def _write_summary(place: str, text: str) -> None:
    from pulumi_comfy.promotion.settings_file import SettingsFileError

    try:
        with click.open_file(place, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        todo = "The pins are written. Name another file, then run the command again."
        raise SettingsFileError.of(error, Path(place), "write the summary to", todo) from None


def tell(result: Result, *, as_json: bool, say: Any, **more: str) -> None:
    """Say what became of it: a sentence, or an object, which may hold more."""
    say(result.sentence())
    if as_json:
        click.echo(json.dumps({**result.to_json(), **more}, indent=2, ensure_ascii=False))
