"""Pulumi's own YAML files, read as Pulumi reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .errors import EngineError

_BOOLEAN = "tag:yaml.org,2002:bool"
_NOT_PULUMIS = (_BOOLEAN, "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):
    """YAML 1.2, where `on`, `off` and dates are texts."""


_Loader.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0] not in _NOT_PULUMIS]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile("true|True|TRUE|false|False|FALSE"), list("tTfF"))


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
