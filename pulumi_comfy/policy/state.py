"""From a stack's exported state to what rules see, without the CLI (docs/pulumi.md 5.6, 6.1)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_comfy.configuration import ENVIRONMENT, NAMESPACE
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.policy.resources import Resource, Stack, Surroundings

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How Pulumi writes a value that is not known."""
_PROVIDERS = "pulumi:providers:"
_STACK = "pulumi:pulumi:Stack"


class StateError(ValueError):
    """A file that is no exported state; its text says why."""


def read_state(path: Path) -> Mapping[str, Any]:
    """Read the file that `pulumi stack export` wrote.

    Raises:
        StateError: it is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("deployment"), Mapping):
        raise StateError(f"{path} is no state: make one with `pulumi stack export --file {path.name}`")
    return document


def stack_of_state(document: Mapping[str, Any], environment: str | None = None) -> Stack:
    """Give the stack of an exported state; what is encrypted there is not known.

    Args:
        document: what `pulumi stack export` gives, with or without `--show-secrets`.
        environment: what the stack declares, where the state does not tell.
    """
    records = [one for one in document["deployment"].get("resources") or [] if not one.get("delete")]
    urns = [Urn.parse(str(one["urn"])) for one in records]
    root = next((urn for urn in urns if urn.type == _STACK), urns[0] if urns else None)
    surroundings = Surroundings(
        stack=root.stack if root else "",
        project=root.project if root else "",
        environment=environment or _declared(records),
    )
    resources = [
        Resource(
            type=str(one["type"]),
            name=urn.name,
            values=plain({**(one.get("inputs") or {}), **(one.get("outputs") or {})}),
            urn=urn.text,
            id=str(one.get("id") or ""),
            is_protected=bool(one.get("protect")),
            refers=one.get("propertyDependencies") or {},
            surroundings=surroundings,
        )
        for one, urn in zip(records, urns, strict=True)
    ]
    return Stack(resources, surroundings)


def _declared(records: list[dict[str, Any]]) -> str | None:
    """Find `comfy:environment` in the inputs of the dynamic provider, which hold the stack's whole configuration."""
    if told := os.environ.get(ENVIRONMENT.environment):
        return told
    for one in records:
        if str(one["type"]).startswith(_PROVIDERS):
            inputs = one.get("inputs") or {}
            told = inputs.get(f"{NAMESPACE}:{ENVIRONMENT.key}") or inputs.get(ENVIRONMENT.key)
            if isinstance(told, str):
                return told
    return None


def plain(value: Json) -> Json:
    """Give a value without Pulumi's marks: secrets in the clear, `UNKNOWN` for what is not known or encrypted."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    signature = value.get(_SIGNATURE)
    if signature == _SECRET:
        text = value.get("plaintext")
        return plain(json.loads(text)) if isinstance(text, str) else plain(value.get("value", UNKNOWN))
    if signature == _OUTPUT:
        return plain(value.get("value", UNKNOWN))
    return {str(key): plain(item) for key, item in value.items()}
