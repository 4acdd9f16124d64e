"""Automatic names: recognisable as this very state's. Standard library only."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

_HASH_LENGTH = 7
_SHELLS = re.compile(r"(?:^|(?<=\$))(?:pulumi-python:(?:dynamic/comfy/)?|comfy:)")
"""How a type begins in either shell, and how it began in older states."""


@dataclass(frozen=True)
class Urn:
    """The parts of a Pulumi URN, `urn:pulumi:STACK::PROJECT::QUALIFIED_TYPE::NAME`; only NAME may hold `::`."""

    text: str
    stack: str
    project: str
    parents: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Take a URN apart.

        Raises:
            ValueError: when `text` is not a URN.
        """
        head, *rest = text.split("::", 3)
        if len(rest) != 3 or not head.startswith("urn:pulumi:"):
            raise ValueError(f"not a Pulumi URN: {text!r}")
        project, qualified_type, name = rest
        parents, _, type_ = qualified_type.rpartition("$")
        return cls(text, head.removeprefix("urn:pulumi:"), project, parents, type_, name)

    def is_same(self, other: Urn | None) -> bool:
        """Tell whether both are one resource, whichever shell it came through: two components may each have a `wf`."""
        return other is not None and self._place == other._place

    @property
    def _place(self) -> tuple[str, ...]:
        return self.stack, self.project, _SHELLS.sub("", f"{self.parents}${self.type}"), self.name


def is_automatic(name: object) -> bool:
    """Tell whether a name has the form of an automatic one."""
    return isinstance(name, str) and re.search(rf"-[0-9a-f]{{{_HASH_LENGTH}}}$", name) is not None


def automatic_name(identity: str, urn: Urn) -> str:
    """Give the name of an object whose program gives none: logical name, a dash and seven hex digits.

    No two states derive the same, whatever their stacks are called, so the name proves whose an object is.

    Args:
        identity: the state's own, see `Facts`.
        urn: the resource; its name is the same in both shells.
    """
    parts = (identity, urn.project, urn.stack, urn.parents, _SHELLS.sub("", urn.type, count=1), urn.name)
    return f"{urn.name}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:_HASH_LENGTH]}"


def random_name(urn: Urn) -> str:
    """Give a name that proves nothing and meets no other, for want of an identity."""
    return f"{urn.name}-{secrets.token_hex(_HASH_LENGTH)[:_HASH_LENGTH]}"
