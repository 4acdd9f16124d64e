"""Values as YAML text that every reader of YAML takes alike, whichever version of the standard it follows.

Texts stand in double quotes with JSON's escapes, so that none is taken for a number, a date or a boolean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pulumi_comfy.core.model import Json

_LONGEST_KEY = 1000
"""Characters: YAML takes no longer key on one line than 1,024."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_PLAIN_KEY = re.compile("[A-Za-z][A-Za-z0-9_-]*")
_SETTING = re.compile("[A-Za-z][A-Za-z0-9_-]*:[A-Za-z][A-Za-z0-9_-]*")
"""A setting's key, which Pulumi writes without quotes; inside braces some readers stop at the colon."""
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
"""What some reader takes for something else than text."""


def inline(value: Json) -> str:
    """Write a value on one line, in flow style.

    Raises:
        ValueError: YAML has no such value.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(name)}: {inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    raise ValueError(f"a value of type {type(value).__name__}")


def block(value: Json, indent: int, newline: str) -> str:
    """Write what follows a key's colon: a space and a value, or lines of their own that begin at `indent`.

    Raises:
        ValueError: YAML has no such value.
    """
    if isinstance(value, Mapping) and value:
        return newline + newline.join(entry(name, item, indent, newline) for name, item in value.items())
    if isinstance(value, list | tuple) and value and any(isinstance(item, Mapping | str) for item in value):
        return newline + newline.join(f"{' ' * indent}- {inline(item)}" for item in value)
    return " " + inline(value)


def entry(name: str, value: Json, indent: int, newline: str) -> str:
    """Write a key with its value, without the last line's break; see `block`."""
    written = name if _SETTING.fullmatch(name) else key(name)
    return f"{' ' * indent}{written}:{block(value, indent + 2, newline)}"


def key(name: str) -> str:
    """Write a key.

    Raises:
        ValueError: it is too long.
    """
    if _PLAIN_KEY.fullmatch(name) and name.lower() not in _WORDS and len(name) <= _LONGEST_KEY:
        return name
    quoted = _quoted(name)
    if len(quoted) > _LONGEST_KEY:
        raise ValueError(f"a name of {len(name)} characters, more than a key may have")
    return quoted


def canonical(value: Any) -> str:
    """Give a text that two values have in common exactly where YAML says the same of both.

    It has one kind of number, so that 1.0 is 1; what JSON has no word for is told by what Python says of it.
    """
    return json.dumps(_with_whole_numbers(value), sort_keys=True, default=repr)


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _with_whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _quoted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair") from None
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value}, which is no number")
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    mantissa, mark, exponent = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{mark}{exponent}"
