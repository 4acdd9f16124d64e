"""From a stack's exported state to what rules see, without the CLI (docs/pulumi.md 5.6, 6.1)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi_comfy.configuration import ENVIRONMENT, NAMESPACE, PRICES, Setting
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.policy.resources import Resource, Stack, Surroundings
from pulumi_comfy.policy.values import plain

_PROVIDERS = "pulumi:providers:"
_STACK = "pulumi:pulumi:Stack"


class StateError(ValueError):
    """A file that is no exported state; its text says why."""


def read_state(text: str, file: Path) -> Mapping[str, Any]:
    """Read what `pulumi stack export` wrote.

    Args:
        text: the state.
        file: where it was read from; errors name it.

    Raises:
        StateError: it is none.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("deployment"), Mapping):
        raise StateError(f"{file} is no state: make one with `pulumi stack export --file {file.name}`")
    return document


def stack_of_state(document: Mapping[str, Any], environment: str | None = None) -> Stack:
    """Give the stack of an exported state; what is encrypted there is not known.

    Args:
        document: what `pulumi stack export` gives, with or without `--show-secrets`.
        environment: what the stack declares, where the state does not tell.

    Raises:
        StateError: its resources are not as Pulumi writes them.
    """
    try:
        return _stack_of(document, environment)
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise StateError(
            "the resources of the state are not as `pulumi stack export` writes them: "
            f"{redact(f'{type(wrong).__name__}: {wrong}')}"
        ) from None


def _stack_of(document: Mapping[str, Any], environment: str | None) -> Stack:
    records = [one for one in document["deployment"].get("resources") or [] if not one.get("delete")]
    urns = [Urn.parse(str(one["urn"])) for one in records]
    root = next((urn for urn in urns if urn.type == _STACK), urns[0] if urns else None)
    surroundings = Surroundings(
        stack=root.stack if root else "",
        project=root.project if root else "",
        environment=environment or declared(records, ENVIRONMENT),
        prices=declared(records, PRICES),
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


def declared(records: Sequence[Mapping[str, Any]], setting: Setting) -> str | None:
    """Find a setting in the environment, or in the dynamic provider's inputs: the stack's whole configuration."""
    if told := os.environ.get(setting.environment):
        return told
    for one in records:
        if str(one["type"]).startswith(_PROVIDERS):
            inputs = one.get("inputs") or {}
            told = inputs.get(f"{NAMESPACE}:{setting.key}") or inputs.get(setting.key)
            if isinstance(told, str):
                return told
    return None
