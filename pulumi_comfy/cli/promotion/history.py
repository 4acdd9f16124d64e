"""`pulumi-comfy history` and `pulumi-comfy unmark`: what happened between the stacks, and what is bad."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pulumi_comfy.cli.promotion.shared import PromotionCommand, Said, columns, ending, option, the_means


@click.command(cls=PromotionCommand, short_help="What was promoted, refused and rolled back.")
@click.option(
    "--stack", "-s", "target", type=Said(), metavar="STACK", help="Only what happened to this stack. Default: all."
)
@option("json")
@option("folder")
def history(target: str | None, as_json: bool, folder: Path) -> None:
    """Tell what happened between the stacks of this project, the newest last, and which pins are bad."""
    with ending(as_json=as_json):
        means = the_means(folder, target or "", as_json=False, yes=True)
        from pulumi_comfy.promotion.history import as_json as in_json
        from pulumi_comfy.promotion.history import as_text

        records = means.journal.read()
        if target is not None and not any(one.is_of(target) for one in records):
            means.stacks.export(target)  # nothing happened to it, or there is none, which this says
        told = json.dumps(in_json(records, target), indent=2, ensure_ascii=False) if as_json else None
        click.echo(told or as_text(records, target, columns()))


@click.command(cls=PromotionCommand, short_help="Say that a bad pin may be promoted again.")
@click.argument("pin")
@click.option("--reason", type=Said(), required=True, help="Why: it stands in the history.")
@click.option(
    "--stack",
    "-s",
    "beside",
    type=Said(),
    metavar="STACK",
    help="A stack in whose history it is marked, where that is of another organisation than the default one.",
)
@option("json")
@option("folder")
def unmark(pin: str, reason: str, beside: str | None, as_json: bool, folder: Path) -> None:
    """Take the mark from a bad PIN: its digest or the beginning of it, as `pulumi-comfy history` tells it."""
    with ending(as_json=as_json):
        means = the_means(folder, beside or "", as_json=as_json, yes=True)
        from pulumi_comfy.promotion.rollback import unmark as take_away

        record = take_away(means.journal, pin, reason)
        if as_json:
            click.echo(json.dumps(record.to_wire(), indent=2, ensure_ascii=False))
        means.say(f"Unmarked {', '.join(record.unmarked)}: it may be promoted again.")
