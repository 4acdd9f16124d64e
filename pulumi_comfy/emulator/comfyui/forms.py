"""Forms with files, as uploads are sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

_NAME = re.compile(r'[; ]name="(?P<name>[^"]*)"', re.IGNORECASE)
_FILENAME = re.compile(r'[; ]filename="(?P<name>[^"]*)"', re.IGNORECASE)


@dataclass(frozen=True)
class Field:
    """One field; `filename` is None of a text."""

    content: bytes
    filename: str | None = None


def form_of(content_type: str, content: bytes) -> dict[str, Field]:
    """The fields by their names.

    Raises:
        ValueError: It is no form.
    """
    kind = Message()
    kind["content-type"] = content_type
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("this is no form")
    found: dict[str, Field] = {}
    for part in content.split(f"--{boundary}".encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        told = head.decode(errors="replace")
        name, filename = _NAME.search(told), _FILENAME.search(told)
        if name is not None:
            found[name["name"]] = Field(body.removesuffix(b"\r\n"), None if filename is None else filename["name"])
    return found


def text_of(form: dict[str, Field], name: str) -> str:
    """A field's text, empty where it was not sent."""
    return form[name].content.decode(errors="replace") if name in form else ""
