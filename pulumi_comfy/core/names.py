"""Automatic names: deterministic, and recognisable as ours. Standard library only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HASH_LENGTH = 7


@dataclass(frozen=True)
class Urn:
    """The parts of a Pulumi URN, `urn:pulumi:STACK::PROJECT::QUALIFIED_TYPE::NAME`; only NAME may hold `::`."""

    text: str
    stack: str
    project: str
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
        return cls(text, head.removeprefix("urn:pulumi:"), project, qualified_type.rsplit("$", 1)[-1], name)


def is_automatic(name: object) -> bool:
    """Tell whether a name has the form of an automatic one."""
    return isinstance(name, str) and re.search(rf"-[0-9a-f]{{{_HASH_LENGTH}}}$", name) is not None


def automatic_name(urn: Urn) -> str:
    """Give the name of an object whose program gives none: logical name, a dash and seven hex digits.

    The digits hash project, stack, type and logical name, so two stacks of one project never share a name.
    """
    token = urn.type.rsplit("/", 1)[-1]  # the same in both shells: `comfydeploy:Deployment`
    token = token.removeprefix("comfy:").removeprefix("pulumi-python:")
    identity = "\0".join((urn.project, urn.stack, token, urn.name))
    return f"{urn.name}-{hashlib.sha256(identity.encode()).hexdigest()[:_HASH_LENGTH]}"
