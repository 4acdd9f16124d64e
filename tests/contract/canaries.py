"""A secret for every input of every resource: what the tests of secrecy declare, and everything that they then read."""

from __future__ import annotations

from typing import Any, get_origin

from exam import Entry, entries
from pulumi import Output

WORD = "goldfinch"
"""Not the name of a test: a state tells in which file its resources are declared."""
SOME_ID = "6d2b5f0e-1111-4222-8333-444455556666"


def canary(place: str, edition: str = "one") -> str:
    """A secret for one place; each edition of a program has others."""
    return f"{WORD}-{place}-{edition}"


def inputs() -> list[tuple[Entry, str]]:
    """Every input of every resource, from the models."""
    return [(one, field) for one in entries() for field in model_of(one).model_fields]


def model_of(entry: Entry) -> Any:
    return entry.examinee.platform.handlers[entry.name].inputs_model


def requirements(entry: Entry) -> dict[str, Any]:
    """What a program cannot leave out, as long as nothing is sent."""
    secrets = entry.declared.secrets("one")
    return {
        name: secrets[name] if name in secrets else [SOME_ID] if get_origin(field.annotation) is list else SOME_ID
        for name, field in model_of(entry).model_fields.items()
        if field.is_required()
    }


def deep(value: Any) -> Any:
    """Make each single value in lists and dicts a secret of its own, as a program does that writes one into them."""
    if isinstance(value, dict):
        return {key: deep(item) for key, item in value.items()}
    if isinstance(value, list):
        return [deep(item) for item in value]
    return Output.secret(value)


def echo(entry: Entry, *editions: str) -> str:
    """What a platform would say that repeats everything it was sent, escaped or not."""
    values = [value for edition in editions or ("one",) for value in entry.declared.secrets(edition).values()]
    return " ".join(f"{value} {value!r}" for value in values)


def told(result: Any) -> str:
    """Everything that an operation says: diagnostics, progress and failures."""
    lines = [line.message for line in result.diagnostics]
    return "\n".join([*lines, *(operation.message for operation in result.operations), result.error])
