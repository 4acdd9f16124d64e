"""Forms with files, as uploads are sent."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from typing import Any


def form_of(content_type: str, content: bytes) -> dict[str, Message]:
    """The parts of a form by their names.

    Raises:
        ValueError: It is none.
    """
    parts = message_from_bytes(f"content-type: {content_type}\r\n\r\n".encode() + content)
    if not parts.is_multipart():
        raise ValueError("this is no form")
    named = ((part.get_param("name", header="content-disposition"), part) for part in parts.walk())
    return {name: part for name, part in named if isinstance(name, str)}


def text_of(form: dict[str, Message], name: str) -> str | None:
    """A field's text; None where it was not sent."""
    part: Any = form.get(name)
    return None if part is None else part.get_payload(decode=True).decode()
