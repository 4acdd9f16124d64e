"""Property paths: `a.b[0]["odd key"]`, with `*` for any element (docs/pulumi.md 2.1)."""

from __future__ import annotations

import json
import re
from typing import Any

from .values import Properties, Secret

Path = tuple[Any, ...]
_TOKEN = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')
_MISSING = object()


def parse_path(text: str) -> Path:
    """The path's keys (str) and indexes (int).

    Raises:
        ValueError: The text is not a property path.
    """
    keys: list[Any] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"not a property path: {text!r}")
        plain, index, quoted = match.groups()
        if plain is not None:
            keys.append(plain)
        elif index is not None:
            keys.append("*" if index == "*" else int(index))
        else:
            keys.append(json.loads(f'"{quoted}"'))
        position = match.end()
    return tuple(keys)


def covers(path: Path, other: Path) -> bool:
    """Whether `other` is at or below `path`; `*` matches any one key."""
    return len(path) <= len(other) and all(mine in ("*", theirs) for mine, theirs in zip(path, other, strict=False))


def reset(inputs: Properties, old_inputs: Properties, path: Path) -> Properties:
    """Inputs with what is under the path set back to the old inputs (`ignore_changes`).

    A key that the old inputs do not have is removed, as the engine does.
    """
    result = _reset(inputs, old_inputs, path)
    return result if isinstance(result, dict) else inputs


def _reset(new: Any, old: Any, path: Path) -> Any:
    if not path:
        return old
    if isinstance(new, Secret):
        inner = _reset(new.value, old.value if isinstance(old, Secret) else old, path)
        return Secret(inner) if inner is not _MISSING else _MISSING
    if isinstance(old, Secret):
        old = old.value
    key, rest = path[0], path[1:]
    if isinstance(new, dict) and (isinstance(old, dict) or old is _MISSING):
        before: dict[str, Any] = old if isinstance(old, dict) else {}
        names = list({**before, **new}) if key == "*" else [str(key)]
        return _reset_keys(new, before, names, rest)
    if isinstance(new, list) and isinstance(old, list):
        spots = range(len(new)) if key == "*" else [key] if isinstance(key, int) else []
        copy = list(new)
        for spot in spots:
            if spot < len(copy) and spot < len(old):
                copy[spot] = _reset(copy[spot], old[spot], rest)
        return copy
    return new


def _reset_keys(new: dict[str, Any], old: dict[str, Any], names: list[str], rest: Path) -> dict[str, Any]:
    copy = dict(new)
    for name in names:
        if name not in copy and (rest or name not in old):
            continue
        value = _reset(copy.get(name, _MISSING), old.get(name, _MISSING), rest)
        if value is _MISSING:
            copy.pop(name, None)
        else:
            copy[name] = value
    return copy
