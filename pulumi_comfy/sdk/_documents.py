"""A JSON document as a program gives it: a dict, JSON text, or a path."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from inspect import isawaitable
from pathlib import Path
from typing import Any, Union

import pulumi

from pulumi_comfy.sdk._arguments import a_kind_of
from pulumi_comfy.sdk._values import IN_TEXT, NO_VALUE, is_whole

Document = Union[str, Mapping[str, Any], "os.PathLike[str]"]
"""What a document argument takes. Text that starts with a brace is JSON; other text is a path."""

_URL = re.compile(r"https?:/", re.IGNORECASE)  # one slash: a `Path` of a URL has lost the other
_LONGEST_SHOWN = 200
_LARGEST_WHOLE = 2**53
_LARGEST_SEED = 2**64


def document_input(document: Any, whose: str) -> pulumi.Input[str]:
    """Give a document argument as the text that travels; it may be an output, or hold outputs.

    Without any, no `Output` is made: Pulumi would make one of each value in it, thousands in a large document.

    Raises:
        pulumi.RunError: see `document_text`.
    """
    if not _holds_output(document):
        return document_text(document, whose)
    arrives = pulumi.Output.from_input(document)

    async def text(known: Any) -> str:
        _refuse_rounded(known, whose)
        try:
            return document_text(known, whose)
        except pulumi.RunError:
            if not await arrives.is_secret():
                raise
        # The sentence names the path that it looked for, which may be anything.
        raise pulumi.RunError(f"{whose}: a dict, JSON text or the path of a file is expected. [COMFY1201]")

    return arrives.apply(text)


def _refuse_rounded(document: object, whose: str) -> None:
    """Refuse a whole number that came through another stack's outputs, as a double: its last digits are lost."""
    inside: list[Any] = [document]
    while inside:
        value = inside.pop()
        if isinstance(value, (Mapping, list, tuple)):
            inside.extend(value.values() if isinstance(value, Mapping) else value)
        elif isinstance(value, float) and _LARGEST_WHOLE <= abs(value) <= _LARGEST_SEED:
            raise pulumi.RunError(
                f"{whose}: a whole number beyond 2^53 lost its last digits on its way here, as all numbers of a "
                "stack's outputs do. Export it as text there, and give int(text) here. [COMFY1001]"
            )


def _holds_output(document: Any) -> bool:
    inside, seen = [document], set()
    while inside:
        value = inside.pop()
        if isinstance(value, pulumi.Output) or isawaitable(value):
            return True
        if isinstance(value, (Mapping, list, tuple)) and id(value) not in seen:  # one may hold itself
            seen.add(id(value))
            inside.extend(value.values() if isinstance(value, Mapping) else value)
    return False


def document_text(document: object, whose: str = "workflow document") -> str:
    """Give the document as JSON text; a path is read relative to the program.

    Text travels, not a structure: Pulumi's numbers are doubles, and ComfyUI's seeds reach 2^64 - 1.

    Args:
        document: what the program gave, a `Document` if it is right.
        whose: the resource and the argument, for the message.

    Raises:
        pulumi.RunError: it is neither a mapping, nor JSON text, nor the path of a file that can be read.
    """
    try:
        if isinstance(document, str) and document.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            return _whole(document)
        if isinstance(document, Mapping):
            return _whole(json.dumps(document, ensure_ascii=False, default=_refuse_no_json))
        if isinstance(document, (str, os.PathLike)):
            return _file_text(os.fspath(document))
        raise ValueError(f"a dict, JSON text or a path is expected, not {a_kind_of(document)}")
    except (ValueError, TypeError, RecursionError) as error:
        raise pulumi.RunError(f"{whose}: {error}. [COMFY1201]") from None


def _refuse_no_json(value: object) -> None:
    raise TypeError(
        f"{a_kind_of(value)} in it is nothing that JSON has; give text, a number, True or False, a list or a dict"
    )


def _whole(text: str) -> str:
    if NO_VALUE in text:
        raise ValueError(IN_TEXT)
    if not is_whole(text):
        raise ValueError("it holds half of a surrogate pair, which cannot be sent as text; write the whole character")
    return text


def _file_text(path: str) -> str:
    shown = path if len(path) <= _LONGEST_SHOWN else f"{path[:_LONGEST_SHOWN]}..."
    if not path:
        raise ValueError("a dict, JSON text or a path is expected, not an empty text")
    if _URL.match(path):
        raise ValueError(f"{shown} is a URL, and a URL is not read: download it first and give the file's path")
    try:
        if (place := Path(path)).exists() and not (place.is_file() or place.is_dir()):
            raise ValueError("it is no regular file, and may have no end")
        return place.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"there is no file {shown} (looked for in {Path.cwd()})") from None
    except IsADirectoryError:
        raise ValueError(f"{shown} is a folder; give the path of the JSON file in it") from None
    except UnicodeDecodeError:
        raise ValueError(f"{shown} is no UTF-8 text, so it is no JSON") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"the file {shown!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None
