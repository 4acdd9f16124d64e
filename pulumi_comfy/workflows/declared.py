"""What a server's descriptions of inputs mean, where more than one reader must agree on it (3.5).

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "DYNAMIC",
    "DYNAMIC_COMBO",
    "GROWING",
    "chosen_inputs",
    "grown_inputs",
    "is_one_object",
    "is_upload",
    "replaced_classes",
]

DYNAMIC = "COMFY_"
"""How types of the newer node interface begin: inputs that bring others, outputs that fit anywhere."""

DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
"""A choice that brings inputs of its own, named `choice.input`."""

GROWING = "COMFY_AUTOGROW"
"""How a growing list begins: it stands for inputs named `list.first0`, `list.first1`, ..."""

_MOST_GROWN = 100

_UPLOADS = ("image_upload", "animated_image_upload", "video_upload", "audio_upload", "file_upload")


def is_upload(options: Mapping[str, Any]) -> bool:
    """Whether an input takes a file that somebody uploaded; its choices are the files that are there."""
    return any(options.get(key) for key in _UPLOADS)


def chosen_inputs(options: Mapping[str, Any], chosen: object) -> Mapping[str, Any] | None:
    """The inputs that a choice brings, as a class declares its own; None when it is not one of the choices."""
    listed = options.get("options")
    for option in listed if isinstance(listed, list) else []:
        if isinstance(option, Mapping) and option.get("key") == chosen:
            inputs = option.get("inputs")
            return inputs if isinstance(inputs, Mapping) else {}
    return None


def grown_inputs(options: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The inputs that a growing list stands for, as a class declares its own: all that it may have, by name.

    Those that it has at least are required, whatever the list itself is.
    """
    template = options.get("template")
    written = template.get("input") if isinstance(template, Mapping) else None
    if not isinstance(template, Mapping) or not isinstance(written, Mapping):
        return {}
    part, inputs = next(((part, held) for part, held in written.items() if held), ("", None))
    if not isinstance(inputs, Mapping):
        return {}
    names, prefix, least = template.get("names"), template.get("prefix"), template.get("min")
    if not isinstance(names, list):
        most = template.get("max")
        count = min(most, _MOST_GROWN) if isinstance(most, int) else _MOST_GROWN
        names = [f"{prefix}{number}" for number in range(count)] if isinstance(prefix, str) else []
    required = least if part == "required" and isinstance(least, int) else 0
    one = next(iter(inputs.values()))
    return {
        "required": {str(name): one for name in names[:required]},
        "optional": {str(name): one for name in names[required:]},
    }


def is_one_object(option: object, value: object) -> bool:
    """Whether both are objects that stand for one choice: packs keep a picture beside the name in `content`."""
    if not isinstance(option, Mapping) or not isinstance(value, Mapping):
        return False
    return "content" in option and bool(option["content"] == value.get("content"))


def replaced_classes(told: Mapping[str, Any], classes: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes that a server really replaces: the first class that it would put in their place must be there.

    Args:
        told: The server's answer to `GET /node_replacements`: of each old class, what may take its place.
        classes: The server's answer to `GET /object_info`.
    """
    new = {old: _new_class(rows) for old, rows in told.items()}
    return tuple(old for old in new if new[old] is None or new[old] in classes)


def _new_class(rows: object) -> object:
    """The class that the server puts in place of another; None where it does not say."""
    first = rows[0] if isinstance(rows, list) and rows else None
    return first.get("new_node_id") if isinstance(first, Mapping) else None
