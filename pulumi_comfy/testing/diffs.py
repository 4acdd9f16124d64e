"""Deciding between same, update and replace for one resource (docs/pulumi.md 1.5 and 5.8, steps 3 to 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pulumi.runtime.proto import provider_pb2

from .paths import covers, parse_path, reset
from .provider_client import Diff, ProviderClient
from .state import ResourceState
from .values import Properties, Value, changed_keys, equal, unwrap

INIT_ERROR_KEY = "#initerror"
_PLAIN_KEY = re.compile(r"[^.\[\]\"]+")
_ABSENT = object()
_REPLACING_KINDS = {
    provider_pb2.PropertyDiff.ADD_REPLACE,
    provider_pb2.PropertyDiff.DELETE_REPLACE,
    provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def apply_ignore_changes(inputs: Properties, old_inputs: Properties, ignored: Iterable[str]) -> Properties:
    """Inputs with the ignored paths set back to the old inputs; texts that are no path are skipped."""
    for text in ignored:
        try:
            path = parse_path(text)
        except ValueError:
            continue
        inputs = reset(inputs, old_inputs, path)
    return inputs


def ask_provider(client: ProviderClient, state: ResourceState, news: Properties, ignore_changes: Sequence[str]) -> Diff:
    """The provider's Diff; where it leaves the question open, the inputs are compared, `__provider` included."""
    diff = client.diff(state, news, list(ignore_changes))
    if diff.changes is not None:
        return diff
    new = apply_ignore_changes(news, state.inputs, ignore_changes)
    compared = compare_inputs(state.inputs, new)
    return replace(compared, replaces=diff.replaces, delete_before_replace=diff.delete_before_replace)


def _changed_paths(old: Value, new: Value, path: str) -> Iterator[str]:
    old, new = unwrap(old), unwrap(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            step = key if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
            joint = "." if path and not step.startswith("[") else ""
            yield from _changed_paths(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}{joint}{step}")
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            before = old[place] if place < len(old) else _ABSENT
            after = new[place] if place < len(new) else _ABSENT
            yield from _changed_paths(before, after, f"{path}[{place}]")
    elif not equal(old, new):
        yield path


def compare_inputs(old: Properties, new: Properties) -> Diff:
    """What a comparison of inputs tells, down to the path that differs."""
    kinds = provider_pb2.PropertyDiff
    detailed = {
        path: int(kinds.ADD if path in new and path not in old else kinds.DELETE if path not in new else kinds.UPDATE)
        if path in old or path in new
        else int(kinds.UPDATE)
        for path in _changed_paths(old, new, "")
    }
    return Diff(changes=bool(detailed), diffs=changed_keys(old, new), detailed=detailed or None)


def apply_replace_on_changes(diff: Diff, listed: Sequence[str], *, has_init_errors: bool) -> Diff:
    """The diff with `replace_on_changes` in force.

    Only changed keys and detailed paths that the provider (or the comparison of inputs) named count: a plain "changed"
    names none, so the option has no effect then, exactly as in the real engine (1.5).

    Raises:
        ValueError: A listed text is no property path.
    """
    if not diff.changes and not has_init_errors:
        return diff
    paths = [parse_path(text) for text in listed]
    replaces = list(diff.replaces)
    changed = [*diff.diffs, *(diff.detailed or {})]
    for text in changed:
        if text not in replaces and any(covers(path, parse_path(text)) for path in paths):
            replaces.append(text)
    for text, kind in (diff.detailed or {}).items():
        if kind in _REPLACING_KINDS and text not in replaces:
            replaces.append(text)
    changes = diff.changes
    if has_init_errors and any(path in (("*",), (INIT_ERROR_KEY,)) for path in paths):
        replaces.append(INIT_ERROR_KEY)
        changes = True
    return replace(diff, replaces=tuple(replaces), changes=changes)
