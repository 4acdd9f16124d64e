"""How a change of one setting reads: short, on one line, without credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.workflows.canonical import REWRITTEN
from pulumi_comfy.workflows.graph import BYPASSED, MUTED
from pulumi_comfy.workflows.secrets import holds_secret
from pulumi_comfy.workflows.strict_json import dump_compactly

__all__ = ["Source", "mode_words", "setting_words"]

LONGEST = 60
"""Characters of a value that are shown."""

_LEAD = 20
"""Characters shown in front of the first difference of two long values."""

_REWRITTEN_WORDS = "rewritten after each run"
_MODES: Mapping[object, str] = {MUTED: "muted", BYPASSED: "bypassed", 0: "active"}


@dataclass(frozen=True)
class Source:
    """What an input is linked to.

    Attributes:
        node_id: The origin.
        slot: Which of its outputs, as a number, or the name of a subgraph's input.
        node: The origin in words, `KSampler #3`; of no weight when two are compared.
        fault: Why no server follows the link, empty when it does.
    """

    node_id: str
    slot: int | str
    node: str = field(compare=False)
    fault: str = ""


def mode_words(mode: object) -> str:
    """A node's mode in words: `muted`, `bypassed`, `active`, `in mode 3`."""
    known = _MODES.get(mode) if isinstance(mode, int) else None
    return known or f"in mode {_shown(mode)}"


def setting_words(name: str, old: object, new: object, meaning: str = "") -> str:
    """One changed setting in words; `None` for old or new means that the setting is not there.

    Args:
        name: The input's or widget's name.
        old: What it was: a `Source`, a one-element tuple holding a value, or None.
        new: What it is, likewise.
        meaning: The name that says what the value is, when `name` does not (`default_value`).

    Returns:
        `steps 20 -> 30`, `samples now from KSampler #3 (was KSampler #5)`, `api_key changed (value hidden)`.
    """
    if _is_hidden(meaning or name, old) or _is_hidden(meaning or name, new):
        return f"{name} changed (value hidden)"
    if new is None:
        was = _source(old) if isinstance(old, Source) else _value(old)
        return f"{name} no longer {'linked' if isinstance(old, Source) else 'set'} (was {was})"
    if isinstance(old, Source) and isinstance(new, Source):
        full = old.node_id == new.node_id
        return f"{name} now from {_source(new, full)} (was {_source(old, full)})"
    if isinstance(new, Source):
        return f"{name} now from {_source(new)}" + ("" if old is None else f" (was {_value(old)})")
    if old is None:
        return f"{name} set to {_value(new)}"
    if isinstance(old, Source):
        return f"{name} now {_value(new)} (was from {_source(old)})"
    if _is_rewritten(old) or _is_rewritten(new):
        return f"{name} now {_value(new)} (was {_value(old)})"
    return f"{name} " + " -> ".join(_shown_pair(_bare(old), _bare(new)))


def _bare(held: object) -> Any:
    return held[0] if isinstance(held, tuple) else held


def _is_hidden(meaning: str, held: object) -> bool:
    return isinstance(held, tuple) and holds_secret(meaning, _bare(held))


def _is_rewritten(held: object) -> bool:
    return bool(_bare(held) == REWRITTEN)


def _value(held: object) -> str:
    return _REWRITTEN_WORDS if _is_rewritten(held) else _shown(_bare(held))


def _source(source: Source, full: bool = False) -> str:
    if isinstance(source.slot, str):
        return f"{source.node} {source.slot}"
    named = f"{source.node} output {source.slot}" if full else source.node
    return f"{named}, {source.fault}" if source.fault else named


def _shown(value: object) -> str:
    return _cut(_text(value), 0)


def _shown_pair(old: object, new: object) -> tuple[str, str]:
    """Both values, each cut so that the first difference is in sight."""
    first, second = _text(old), _text(new)
    same = next((at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - _LEAD) if max(len(first), len(second)) > LONGEST else 0
    return _cut(first, start), _cut(second, start)


def _text(value: object) -> str:
    return "none" if value is None else dump_compactly(value)


def _cut(text: str, start: int) -> str:
    if len(text) <= LONGEST:
        return text
    end = start + LONGEST
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
