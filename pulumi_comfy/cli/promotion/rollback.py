"""`pulumi-comfy rollback`: back to what a stack served and had proved before."""

from __future__ import annotations

from pathlib import Path

import click

from pulumi_comfy.cli.promotion.promote import tell
from pulumi_comfy.cli.promotion.shared import (
    DONE,
    EXIT_CODES,
    FAILED,
    READY,
    REFUSED,
    PromotionCommand,
    Said,
    ending,
    option,
    the_means,
)

_CODES = {"ready": READY, "refused": REFUSED, "declined": REFUSED, "failed": FAILED}


@click.command(cls=PromotionCommand, short_help="Go back to what a stack had proved before.", epilog=EXIT_CODES)
@click.option(
    "--stack", "-s", "target", type=Said(), required=True, metavar="STACK", help="The stack that is to go back."
)
@click.option(
    "--reason",
    type=Said(),
    required=True,
    help="Why: it stands in the history, and whoever promotes it again reads it.",
)
@option("only")
@click.option("--plan", "only_plan", is_flag=True, help="Only show what would change; change nothing.")
@option("yes")
@option("take_over")
@option("json")
@option("folder")
def rollback(
    target: str,
    reason: str,
    only: tuple[str, ...],
    only_plan: bool,
    yes: bool,
    take_over: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Make a stack serve its former proven pins again, and mark the ones that it serves now as bad.

    A rollback holds: a bad pin is promoted to no stack until `pulumi-comfy unmark` says that it may be.
    """
    with ending(as_json=as_json):
        means = the_means(folder, target, as_json=as_json, yes=yes)
        from pulumi_comfy.promotion import rollback as going_back

        wish = going_back.Wish(target, reason, only or None, take_over)
        result = going_back.foresee(means, wish) if only_plan else going_back.rollback(means, wish)
        tell(result, as_json=as_json, say=means.say)
    raise SystemExit(_CODES.get(result.ended, DONE))
