"""Pulumi's own YAML files, read as Pulumi reads them."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from .errors import EngineError

_BOOLEAN, _INT, _FLOAT, _DATE, _EQUALS = (
    f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp", "value")
)
_NOT_PULUMIS = (_BOOLEAN, _INT, _FLOAT, _DATE, _EQUALS)
_LARGEST_WITHOUT_EXPONENT, _SMALLEST_WITHOUT_EXPONENT = 1e21, 1e-6
_BASES = {"0b": 2, "0o": 8, "0x": 16}


class _Loader(yaml.SafeLoader):
    """YAML 1.2, where `on`, `off` and `1:30` are texts, but with two customs of Pulumi's.

    A zero in front makes an octal number, and a date becomes a moment, written in Go's way.
    """


def _whole_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.lstrip("+-")
    base = _BASES.get(digits[:2]) or (8 if re.fullmatch("0[0-7]+", digits) else 10)
    return int(text, base)


def _moment(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    text: str = loader.construct_scalar(node)
    try:
        return f"{date.fromisoformat(text)} 00:00:00 +0000 UTC"
    except ValueError:
        return text


_Loader.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0] not in _NOT_PULUMIS]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile("true|True|TRUE|false|False|FALSE"), list("tTfF"))
_Loader.add_implicit_resolver(
    _INT, re.compile("[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), list("-+.0123456789")
)
_Loader.add_implicit_resolver(_DATE, re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}$"), list("0123456789"))
_Loader.add_constructor(_INT, _whole_number)
_Loader.add_constructor(_DATE, _moment)


def read_mapping(file: Path) -> dict[str, Any]:
    """Give what a file holds; nothing of an empty one.

    Raises:
        EngineError: It cannot be read, is no YAML, or holds no mapping.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise EngineError(f"{file} is no YAML{where}: {error.problem or error.context}; correct it") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise EngineError(f"{file} cannot be read: {reason}") from None
    if document is not None and not isinstance(document, dict):
        raise EngineError(f"{file} must hold `key: value` lines, and holds a {type(document).__name__}")
    return document or {}


def mapping_in(document: dict[str, Any], key: str, file: Path) -> dict[str, Any]:
    """Give the mapping below a key of such a file; nothing when there is none.

    Raises:
        EngineError: Something else stands there.
    """
    below = document.get(key)
    if below is not None and not isinstance(below, dict):
        raise EngineError(f"{file}: below `{key}:` there must be `key: value` lines, not a {type(below).__name__}")
    return {str(name): value for name, value in (below or {}).items()}


def value_text(value: Any) -> str:
    """Write a configuration value as Pulumi gives it to a program."""
    if isinstance(value, str) or value is None:
        return value or ""
    if isinstance(value, float):
        return _number_text(value)
    return json.dumps(_whole(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _number_text(value: float) -> str:
    """Whole numbers have no point, and an exponent stands only where it must."""
    if value.is_integer() and abs(value) < _LARGEST_WITHOUT_EXPONENT:
        return str(int(value))
    if _SMALLEST_WITHOUT_EXPONENT <= abs(value) < _LARGEST_WITHOUT_EXPONENT:
        return f"{Decimal(repr(value)):f}"
    return re.sub("e([-+])0", r"e\1", repr(value))


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
