"""A pin's change in the words that a person uses: `KSampler #7: steps 20 -> 30`, `python_version: "3.11" -> "3.12"`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic.alias_generators import to_snake

from pulumi_comfy import workflows
from pulumi_comfy.core.model import Json
from pulumi_comfy.promotion.lines import one_line, short
from pulumi_comfy.promotion.pins import Pin, Release

_LONGEST = 120
"""Characters of a value in a sentence."""


class Documents:
    """Workflow documents by digest: those that some stack's state holds, and those that a caller read elsewhere.

    Args:
        releases: the stacks that are looked at, shared ones too.
        read: documents by digest, e.g. read from the platform.
    """

    def __init__(self, releases: Sequence[Release], read: Mapping[str, workflows.Document]) -> None:
        self._texts = {digest: texts for one in reversed(releases) for digest, texts in one.documents.items()}
        self._read = dict(read)

    def get(self, digest: str | None) -> workflows.Document | None:
        """Give a document; None where nobody holds it, or it cannot be read."""
        if digest in self._texts and digest not in self._read:
            try:
                self._read[digest] = workflows.parse(*self._texts[digest])
            except workflows.WorkflowError:
                return None
        return self._read.get(digest or "")


def change_words(before: Pin | None, after: Pin, documents: Documents, versions: Mapping[str, str]) -> list[str]:
    """Say what changes when one pin takes another's place.

    Args:
        before: what serves; None where nothing does.
        after: what is to serve.
        documents: where documents are found.
        versions: what people call a version, by the word that a program gives.
    """
    if not after.is_version:
        lines = list(_value_words({} if before is None else before.values, after.values))
        return [one_line(line) for line in lines]
    if before is None or before.is_same(after):
        return [one_line(_version(after, versions))]
    lines = [f"{_version(before, versions)} -> {_version(after, versions)}"]
    old, new = (one.digests.get("workflowDigest") for one in (before, after))
    lines += _document_words(old, new, documents)
    return [one_line(line) for line in lines]


def setting_words(before: Pin, after: Pin, stacks: tuple[str, str]) -> list[str]:
    """Say which of each stack's own settings differ; they stay as they are.

    Args:
        before: the target's pin.
        after: the source's.
        stacks: the target's name and the source's.
    """
    said = []
    for name in sorted(before.settings.keys() | after.settings.keys()):
        here, there = before.settings.get(name), after.settings.get(name)
        if here == there:
            continue
        if isinstance(here, dict) or isinstance(there, dict):
            said.append(f"{to_snake(name)} differs")
        else:
            said.append(f"{to_snake(name)} is {_value(here)} in {stacks[0]}, {_value(there)} in {stacks[1]}")
    return [one_line(line) for line in said]


def _version(pin: Pin, versions: Mapping[str, str]) -> str:
    known = versions.get(pin.version)
    return f"{known} ({pin.version})" if known else f"version {pin.version}"


def _document_words(old: str | None, new: str | None, documents: Documents) -> list[str]:
    if old is None or new is None or old == new:
        return ["its document is the same"] if old is not None and old == new else []
    before, after = documents.get(old), documents.get(new)
    if before is None or after is None:
        return [f"its document: {short(old)} -> {short(new)} (no state holds both, so the change is not told)"]
    return workflows.describe_changes(before, after)


def _value_words(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if isinstance(was, list) and isinstance(now, list):
            yield from (f"{to_snake(name)}: {line}" for line in _list_words(was, now))
        elif name not in before:
            yield f"{to_snake(name)}: {_value(now)}"
        else:
            yield f"{to_snake(name)}: {_value(was)} -> {_value(now)}"


def _list_words(was: list[Json], now: list[Json]) -> list[str]:
    lines = [f"removed {_value(one)}" for one in was if one not in now]
    lines += [f"added {_value(one)}" for one in now if one not in was]
    return lines or ["in another order"]


def _value(value: Json) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
