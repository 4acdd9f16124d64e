"""JSON text to values, refusing what would be lost or changed on the way to a platform."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from pulumi_comfy.workflows.errors import WorkflowError
from pulumi_comfy.workflows.places import first_place, written

__all__ = ["dump_compactly", "load_strictly"]

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON text spells it; with one backslash more it is the spelling itself that is meant."""

MAX_DEPTH = 100
"""Levels of nesting; real documents stay under 20. Everything behind the parser may recurse this deep safely."""

MAX_DIGITS = 100
"""Digits of a whole number; seeds need 20. Python itself gives up, with a plain ValueError, at 4300."""


_MAYBE_UNSTORABLE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|[\ud800-\udfff]")
"""Half a surrogate pair or U+0000, as JSON text spells them; a quick look that most documents pass."""


def load_strictly(text: str, what: str) -> Any:
    """Parse JSON text; whole numbers of any size stay exact, objects keep their order.

    Args:
        text: The JSON text; a byte order mark in front is tolerated.
        what: What the text is, for the errors, as the subject of a sentence ("The workflow").

    Raises:
        WorkflowError: The text is empty or not JSON, or holds a duplicate key, a number that is not finite or far too
            long, half a surrogate pair or U+0000, or is nested too deeply.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise WorkflowError("empty", f"{what} is empty; export it from the editor with Workflow > Export.")
    endless: list[str] = []
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, what),
            parse_constant=lambda name: _float(name, endless),
            parse_float=lambda digits: _float(digits, endless),
            parse_int=lambda digits: _int(digits, what),
        )
    except json.JSONDecodeError as error:
        raise _not_json(text, what, error) from None
    except RecursionError:
        raise _too_deep(what) from None
    if is_deeper_than(value, MAX_DEPTH):
        raise _too_deep(what)
    if endless:
        raise _not_finite(value, endless[0], what)
    if _MAYBE_UNSTORABLE.search(text) is not None:
        _refuse_unstorable_text(value, what)
    return value


def dump_compactly(value: object, *, sort_keys: bool = False) -> str:
    """JSON text without spaces, whole numbers exact, keys in the order they have unless `sort_keys`."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)


def is_deeper_than(value: object, limit: int) -> bool:
    """Whether lists and objects are nested more than `limit` levels deep (without recursion)."""
    level = [value]
    for _ in range(limit + 1):
        level = [child for item in level for child in _children(item) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _children(item: object) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _object(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise WorkflowError(
            "duplicate-key",
            f"{what} has the key {json.dumps(twice[:60])} twice in one object, so one of the two values would be lost; "
            "remove one.",
        )
    return result


def _float(digits: str, endless: list[str]) -> float:
    """The number; one that is not finite is remembered, and refused when its place is known."""
    value = float(digits)
    if not math.isfinite(value):
        endless.append(digits)
    return value


def _not_finite(value: object, digits: str, what: str) -> WorkflowError:
    place = written(first_place(value, lambda item: isinstance(item, float) and not math.isfinite(item)) or ())
    where = f" at {place}" if place else ""
    # Servers leave their own note of a node's freshness in the prompts that they write into pictures.
    is_note = ".is_changed" in place
    mend = "remove is_changed, which is no part of a prompt" if is_note else "replace it by a real number"
    return WorkflowError("not-finite", f"{what} holds the number {digits[:20]}{where}, which is not finite; {mend}.")


def _int(digits: str, what: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise WorkflowError(
            "number-too-long",
            f"{what} holds a whole number of {len(digits)} digits; no node takes more than 64 bits.",
        )
    return int(digits)


def _refuse_unstorable_text(value: object, what: str) -> None:
    text = dump_compactly(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise WorkflowError(
            "bad-text",
            f"{what} holds half of a surrogate pair (such as \\ud83d alone), which cannot be stored as text; "
            "write the whole character.",
        ) from None
    if _NUL.search(text):
        raise WorkflowError(
            "bad-text", f"{what} holds the character U+0000 (\\u0000), which no database stores as text; take it out."
        )


def _not_json(text: str, what: str, error: json.JSONDecodeError) -> WorkflowError:
    message = f"{what} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    if "\n" not in text.strip() and text.strip().endswith(".json"):
        message += "; it looks like the name of a file, pass the file's content"
    return WorkflowError("not-json", f"{message}.")


def _too_deep(what: str) -> WorkflowError:
    return WorkflowError(
        "too-deep", f"{what} is nested more than {MAX_DEPTH} levels deep, which no workflow is; export it again."
    )
