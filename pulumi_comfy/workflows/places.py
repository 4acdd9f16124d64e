"""Places inside a JSON value, as a person finds them: `abc.prompt[2]`, lists counted from 0."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

__all__ = ["document_inside", "first_place", "is_graph", "is_prompt", "written"]

Place = tuple[Any, ...]
"""Nested pairs of the place around and a key or number; empty at the top."""

_LONGEST_KEY = 40
_DEEPEST, _MOST = 6, 2_000


def written(place: Place) -> str:
    """A place in words."""
    keys: list[str | int] = []
    while place:
        place, key = place
        keys.append(key)
    parts = [f"[{key}]" if isinstance(key, int) else f".{key[:_LONGEST_KEY]}" for key in reversed(keys)]
    return "".join(parts).removeprefix(".")


def first_place(value: Any, fits: Callable[[Any], bool]) -> Place | None:
    """Where the first value that fits stands; None when there is none. Looks at everything, without recursion."""
    waiting: list[tuple[Place, Any]] = [((), value)]
    while waiting:
        place, item = waiting.pop()
        if fits(item):
            return place
        waiting += reversed(list(_inside(place, item)))
    return None


def _inside(place: Place, item: Any) -> Iterator[tuple[Place, Any]]:
    items = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return (((place, key), inner) for key, inner in items)


def is_graph(value: object) -> bool:
    """Whether it looks like the editor's graph."""
    return isinstance(value, dict) and isinstance(value.get("nodes"), list)


def is_prompt(value: object) -> bool:
    """Whether it looks like the API prompt."""
    return isinstance(value, dict) and any(isinstance(node, dict) and "class_type" in node for node in value.values())


def document_inside(value: object) -> str:
    """Where a workflow stands inside something that is none, and what to do; empty when none is near the top.

    Wrapped so are a worker's job (`input.workflow`), an entry of a server's history or queue (`abc.prompt[2]`), and
    documents that stand as text in another one.
    """
    waiting: deque[tuple[Place, Any, int]] = deque([((), value, 0)])
    seen = 0
    while waiting and seen < _MOST:
        place, item, depth = waiting.popleft()
        seen += 1
        kind = "the API prompt" if is_prompt(item) else "the editor's graph" if is_graph(item) else ""
        if kind and place:
            return f"{kind} stands inside it, at {written(place)}: give that alone"
        if isinstance(item, str) and item.lstrip()[:1] == "{" and ('"class_type"' in item or '"nodes"' in item):
            return f"a workflow stands as a text inside it, at {written(place)}: give the content of that text alone"
        if depth < _DEEPEST:
            waiting += ((inner, found, depth + 1) for inner, found in islice(_inside(place, item), _MOST))
    return ""
