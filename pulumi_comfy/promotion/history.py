"""The history for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pulumi_comfy.core.model import Json
from pulumi_comfy.promotion.records import Record, bad_pins, open_one, told

_SHOWN = 12
"""Digits of a digest that people are shown; `unmark` takes as many."""
_LONGEST_VALUE = 44


def as_json(records: Sequence[Record], target: str | None = None) -> dict[str, Json]:
    """Give the history as one object: what happened, the oldest first, and the bad pins by digest."""
    happened = [one.to_wire() for one in told(records) if one.is_of(target)]
    bad = {digest: {"by": one.seq, "to": one.target, "reason": one.reason} for digest, one in bad_pins(records).items()}
    return {"records": happened, "bad": bad}


def as_text(records: Sequence[Record], target: str | None = None) -> str:
    """Give the history in words, the newest last."""
    happened = [one for one in told(records) if one.is_of(target)]
    if not happened:
        return "Nothing was promoted yet."
    blocks = ["\n".join(_lines(one)) for one in happened]
    blocks += ["\n".join(["Bad pins:", *(f"  {digest[:_SHOWN]}  {_whose(digest, one)}" for digest, one in bad)])
               for bad in [sorted(bad_pins(records).items())] if bad]  # fmt: skip
    left = [one for one in happened if one.outcome == "begun"]
    if left and open_one(records, left[-1].target):
        blocks.append("What has begun is under way, or was killed: the next command on that stack ends it.")
    return "\n\n".join(blocks)


def _lines(record: Record) -> list[str]:
    way = f"{record.source} -> {record.target}" if record.source else record.target
    head = f"{record.closes or record.seq}  {record.ended or record.began}  {record.kind} {way}: {record.outcome}"
    lines = [head, f"   by {record.who}" if record.who else ""]
    lines += [f"   {name}: {_change(name, record)}" for name in record.after]
    marked = {} if record.outcome == "refused" else record.marked  # one that was declined marks nothing
    lines += [f"   bad from now on: {name}, pin {digest[:_SHOWN]}" for name, digest in marked.items()]
    lines += [f"   no longer bad: {name}, pin {digest[:_SHOWN]}" for name, digest in record.unmarked.items()]
    lines += [f"   refused: {sentence}" for sentence in record.refusals]
    lines += [f"   reason: {record.reason}"] if record.reason else []
    return [line for line in lines if line]


def _change(name: str, record: Record) -> str:
    before, after = record.before.get(name), record.after[name]
    names = [key for key in after.values if before is None or before.values.get(key) != after.values[key]]
    moved = [f"{key} {_short(before and before.values.get(key))} -> {_short(after.values[key])}" for key in names]
    proof = f"; proved by run {after.proof.run_id} at {after.proof.ended_at}" if after.proof else ""
    return ("; ".join(moved) or "the same words, another document") + proof


def _short(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def _whose(digest: str, record: Record) -> str:
    name = next((name for name, marked in record.marked.items() if marked == digest), "?")
    return f"{name}, rolled back in {record.target}: {record.reason}"
