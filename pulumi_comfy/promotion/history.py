"""The history for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.promotion.lines import short, wrapped
from pulumi_comfy.promotion.records import Record, bad_pins, open_one, told

_LONGEST_VALUE = 44


def as_json(records: Sequence[Record], target: str | None = None) -> dict[str, Json]:
    """Give the history as one object: what happened, the oldest first, and the bad pins by digest."""
    happened = [one.to_wire() for one in told(records) if one.is_of(target)]
    bad = {digest: {"by": one.seq, "to": one.target, "reason": one.reason} for digest, one in bad_pins(records).items()}
    return {"records": happened, "bad": bad}


def as_text(records: Sequence[Record], target: str | None = None, columns: int = 80) -> str:
    """Give the history in words, the newest last, in lines of at most so many characters where words allow."""
    happened = [one for one in told(records) if one.is_of(target)]
    if not happened:
        return f"Nothing was promoted to {target} yet." if target else "Nothing was promoted yet."
    blocks = [list(_lines(one)) for one in happened]
    if bad := sorted(bad_pins(records).items()):
        blocks.append([(0, "Bad pins:"), *((2, f"{short(digest)}  {_whose(digest, one)}") for digest, one in bad)])
    left = [one for one in happened if one.outcome == "begun"]
    if left and open_one(records, left[-1].target):
        blocks.append([(0, "What has begun is under way, or was killed: the next command on that stack ends it.")])
    return "\n\n".join(wrapped([(indent, redact(text)) for indent, text in block], columns) for block in blocks)


def _lines(record: Record) -> Iterator[tuple[int, str]]:
    way = f"{record.source} -> {record.target}" if record.source else record.target
    head = f"{record.closes or record.seq}  {record.ended or record.began}  {record.kind} {way}: {record.outcome}"
    yield 0, head
    if record.who:
        yield 3, f"by {record.who}"
    yield from ((3, f"{name}: {_change(name, record)}") for name in record.after)
    marked = {} if record.outcome == "refused" else record.marked  # one that was declined marks nothing
    yield from ((3, f"bad from now on: {name}, pin {short(digest)}") for name, digest in marked.items())
    yield from ((3, f"no longer bad: {name}, pin {short(digest)}") for name, digest in record.unmarked.items())
    yield from ((3, f"refused: {sentence}") for sentence in record.refusals)
    if record.reason:
        yield 3, f"reason: {record.reason}"


def _change(name: str, record: Record) -> str:
    before, after = record.before.get(name), record.after[name]
    names = [key for key in after.values if before is None or before.values.get(key) != after.values[key]]
    moved = [f"{key} {_value(before and before.values.get(key))} -> {_value(after.values[key])}" for key in names]
    proof = f"; proved by run {after.proof.run_id} at {after.proof.ended_at}" if after.proof else ""
    return ("; ".join(moved) or "the same words, another document") + proof


def _value(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def _whose(digest: str, record: Record) -> str:
    name = next((name for name, marked in record.marked.items() if marked == digest), "?")
    return f"{name}, rolled back in {record.target}: {record.reason}"
