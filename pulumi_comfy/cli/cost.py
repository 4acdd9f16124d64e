"""`pulumi-comfy cost`: what a stack, or a change of it, costs an hour, from a file that Pulumi wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_comfy.cli.prices import is_named, price_file_option, prices_of, read_file
from pulumi_comfy.cli.workflow_files import EXISTING_FILE, text_of

if TYPE_CHECKING:
    from pulumi_comfy.core.costs.cost import Cost
    from pulumi_comfy.core.costs.prices import Price, PriceList

_HIDDEN = "[secret]"
_NOT_TOLD = "secret, or known in the update only"
_State = Mapping[str, Any]
_NEITHER = "is neither an exported state (`pulumi stack export`) nor a preview (`pulumi preview --json`)"


@dataclass(frozen=True)
class Row:
    """What one resource costs before and after; both are the same in a state.

    Attributes:
        urn: Pulumi's name of it.
        gpu: the machine that is billed, where it is known.
        before: what it costs now.
        after: what it will cost.
    """

    urn: str
    gpu: str
    before: Cost
    after: Cost


@click.command(short_help="What a stack or a preview costs an hour.")
@click.argument("document", metavar="FILE", type=EXISTING_FILE)
@price_file_option
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def cost(document: Path, file: Path, as_json: bool) -> None:
    """Say what the stack in FILE costs an hour, idle and at most, resource by resource and in all.

    FILE (- for standard input) is what `pulumi stack export` wrote, or `pulumi preview --json --show-sames`: then
    before and after, removals too. Without --show-sames a preview lists only what changes, which is said.

    Nothing is asked of anybody.
    """
    from pulumi_comfy.core.plain_text import plain

    told = _read(document)
    try:
        lists = _prices(told, file)
        rows, left_out = list(rows_of(told, lists)), {"unlisted": _unlisted(told), "isPartial": _is_partial(told)}
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        raise click.ClickException(f"{document} {_NEITHER}") from None
    report = {"kind": "preview" if "steps" in told else "state", **_report(rows), **left_out}
    click.echo(json.dumps(report, indent=2) if as_json else plain("\n".join(_lines(rows, report))))


def _prices(told: Mapping[str, Any], file: Path) -> dict[str, PriceList]:
    """Give the team's prices: of the file that somebody names, else of the stack's `comfy:prices`, as its previews."""
    from pulumi_comfy.configuration import NAMESPACE, PRICES
    from pulumi_comfy.policy.state import declared

    if is_named():
        return read_file(file, is_needed=True)
    if "steps" in told:
        own = (told.get("config") or {}).get(f"{NAMESPACE}:{PRICES.key}")
    else:
        own = declared(told["deployment"].get("resources") or (), PRICES)
    if not isinstance(own, str):
        return read_file(file, is_needed=False)
    try:
        return read_file(Path(own), is_needed=True)
    except click.ClickException as broken:  # the same as a preview does with it
        click.echo(f"warning: {broken.message}", err=True)
        return {}


def _read(path: Path) -> Mapping[str, Any]:
    from pulumi_comfy.workflows import WorkflowError

    try:
        told = json.loads(text_of(path))
    except WorkflowError as unread:
        raise click.ClickException(str(unread)) from None
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{path} cannot be read as JSON: {error}") from None
    if isinstance(told, Mapping) and (
        isinstance(told.get("steps"), list) or isinstance(told.get("deployment"), Mapping)
    ):
        return told
    raise click.ClickException(f"{path} {_NEITHER}")


def _resources(told: Mapping[str, Any]) -> Iterator[tuple[str, _State | None, _State | None]]:
    """Give the URN of each resource, and it before and after.

    In a state both are one, and what waits there for its deletion is one of its own: it is billed until then. Several
    steps of a preview that have one URN, as a replacement's, are of one resource.
    """
    if "steps" not in told:
        yield from ((one["urn"], one, one) for one in told["deployment"].get("resources") or ())
        return
    olds = {step["urn"]: step["oldState"] for step in told["steps"] if step.get("oldState")}
    news = {step["urn"]: step["newState"] for step in told["steps"] if step.get("newState")}
    yield from ((urn, olds.get(urn), news.get(urn)) for urn in dict.fromkeys(step["urn"] for step in told["steps"]))


def rows_of(told: Mapping[str, Any], lists: dict[str, PriceList]) -> Iterator[Row]:
    """Give what each resource of ours costs, of whose kind anything is billed.

    Args:
        told: an exported state, or a preview.
        lists: the team's prices.
    """
    from pulumi_comfy.core.costs.cost import NOT_YET, ZERO, cost_of
    from pulumi_comfy.core.costs.footprint import billed_fields, footprint_of
    from pulumi_comfy.core.costs.lines import ADOPTED
    from pulumi_comfy.core.meanings import GPU
    from pulumi_comfy.core.platform import handler_of, platform_of, token_of_type

    for urn, old, new in _resources(told):
        token = token_of_type(str((new or old or {}).get("type", "")))
        handler = handler_of(token) if token else None
        if handler is None or GPU not in billed_fields(handler.inputs_model):
            continue
        prices = prices_of(platform_of(token), lists)
        held = _values(old, "outputs")
        was, now = (one and footprint_of(handler, _values(one, "inputs"), held) for one in (old, new))
        gpu = next((one.gpu for one in (now, was) if one and isinstance(one.gpu, str)), "")
        costs = [cost_of(one, prices) if one else ZERO for one in (was, now)]
        if was is None and _values(new, "inputs").get("adopt"):
            costs[0] = ADOPTED
        yield Row(urn, gpu, *(replace(one, why=_NOT_TOLD) if one.why == NOT_YET else one for one in costs))


def _unlisted(told: Mapping[str, Any]) -> int:
    """Count the resources that a preview left out since they do not change (docs/pulumi.md 6.2)."""
    same = int((told.get("changeSummary") or {}).get("same", 0))
    listed = sum(1 for step in told.get("steps") or () if step.get("op") == "same")
    return max(0, same - listed)


def _is_partial(told: Mapping[str, Any]) -> bool:
    """Tell whether a preview ended with an error: it has not come to every resource."""
    return any(one.get("severity") == "error" for one in told.get("diagnostics") or ())


def _values(state: _State | None, name: str) -> dict[str, Any]:
    """Give inputs or outputs with `UNKNOWN` for what is secret, also in the clear, hidden or not known yet."""
    from pulumi_comfy.core.unknown import UNKNOWN
    from pulumi_comfy.policy.values import plain

    values = plain((state or {}).get(name) or {}, tells_secrets=False)
    return {key: UNKNOWN if value == _HIDDEN else value for key, value in values.items()}


def _report(rows: list[Row]) -> dict[str, Any]:
    """Give everything as JSON. The total is of what is known before and after; how many are not is said beside it."""
    known = [row for row in rows if row.before.why is None and row.after.why is None]
    return {
        "resources": [
            {"urn": row.urn, "gpu": row.gpu or None, "before": _told(row.before), "after": _told(row.after)}
            for row in rows
        ],
        "total": {
            "before": _total([row.before for row in known]),
            "after": _total([row.after for row in known]),
            "unknown": len(rows) - len(known),
        },
    }


def _told(one: Cost) -> dict[str, Any]:
    price = one.price
    return {
        "idleUsdPerHour": None if one.idle is None else float(one.idle),
        "mostUsdPerHour": None if one.most is None else float(one.most),
        "unknown": one.why,
        "price": price
        and {
            "usdPerHour": float(price.usd_per_hour),
            "source": price.source,
            "dated": price.dated and str(price.dated),
            "isOld": price.is_old(date.today()),
        },
    }


def _total(costs: list[Cost]) -> dict[str, float]:
    return {
        "idleUsdPerHour": float(sum((one.idle or Decimal(0) for one in costs), Decimal(0))),
        "mostUsdPerHour": float(sum((one.most or Decimal(0) for one in costs), Decimal(0))),
    }


def _lines(rows: list[Row], report: dict[str, Any]) -> Iterator[str]:
    from pulumi_comfy.core.costs.cost import step
    from pulumi_comfy.core.names import Urn

    for row in rows:
        urn, price = Urn.parse(row.urn), row.after.price or row.before.price
        words = ", ".join(filter(None, (row.gpu, row.after.why or row.before.why or _basis(price))))
        amounts = f"idle {step(row.before.idle, row.after.idle)}, at most {step(row.before.most, row.after.most)} USD/h"
        yield f"{urn.type.rpartition(':')[2]} {urn.name}: {amounts} ({words})"
    total = report["total"]
    idle, most = (
        step(*(Decimal(str(total[side][key])) for side in ("before", "after")))
        for key in ("idleUsdPerHour", "mostUsdPerHour")
    )
    without = f", without {total['unknown']} not known" if total["unknown"] else ""
    yield f"In all: idle {idle}, at most {most} USD/h{without}"
    if report["unlisted"]:
        yield f"Not in it: what does not change, {report['unlisted']} in number; `--show-sames` lists it in a preview"
    if report["isPartial"]:
        yield "Not in it: what the preview did not come to, for it ended with an error"


def _basis(price: Price | None) -> str:
    return price.words(date.today()) if price else "off, or billed by its machine"
