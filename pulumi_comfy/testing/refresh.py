"""Refresh: reading every object and bringing the state to what is there (docs/pulumi.md 5.8, 1.8)."""

from __future__ import annotations

from collections.abc import Callable

from . import diffs, steps
from .provider_client import Read
from .providers import Providers
from .results import Diagnostic
from .state import ResourceState, Snapshot, now
from .steps import Step
from .urns import is_provider_type
from .values import equal, marked_diff


def read_state(step: Step, providers: Providers, log: Callable[[Diagnostic], None]) -> None:
    """Read one object: fill `step.new` with what is there now and `step.result_op` with what that means.

    Raises:
        StepFailed: The provider could not tell.
    """
    old = step.old
    assert old is not None
    step.new, step.result_op = old, steps.SAME
    if not old.custom or is_provider_type(old.type) or old.pending_replacement:
        return
    found = _ask(old, providers)
    if found.init_errors:
        listing = "\n* ".join(found.init_errors)
        log(Diagnostic(old.urn, "warning", f"Refreshed resource is in an unhealthy state:\n* {listing}"))
    if not found.id:
        step.new, step.result_op = None, steps.DELETE
        return
    new = old.clone()
    new.id, new.outputs, new.init_errors = found.id, found.outputs or {}, found.init_errors
    if found.inputs is not None:
        new.inputs = found.inputs
    if not (equal(new.inputs, old.inputs) and equal(new.outputs, old.outputs)):
        new.modified = now()
    step.new = new
    if _differs(old, new, providers):
        step.result_op = steps.UPDATE
        step.diff = marked_diff(old.outputs, new.outputs)


def _ask(state: ResourceState, providers: Providers) -> Read:
    if providers.is_builtin(state.provider):
        return providers.builtin.read(state)
    return providers.client(state.provider).read(state, state.outputs)


def _differs(old: ResourceState, new: ResourceState, providers: Providers) -> bool:
    """What the next `up` of an unchanged program would see; of external objects only the outputs count."""
    if old.external:
        return not equal(old.outputs, new.outputs)
    diff = diffs.ask_provider(providers.client(old.provider), new, old.inputs, old.ignore_changes)
    return bool(diff.changes)


def rebuild(base: Snapshot, refreshed: dict[int, Step]) -> None:
    """Put new records in place, drop those that are gone, and mend what referred to them."""
    known: set[str] = set()
    parents: dict[str, str] = {}
    kept: list[ResourceState] = []
    for old in base.resources:
        step = refreshed.get(id(old))
        state = old if step is None else step.new
        if state is None:
            parents[old.urn] = parents.get(old.parent, old.parent) if old.parent not in known else old.parent
            continue
        state.dependencies = [urn for urn in state.dependencies if urn in known]
        state.property_dependencies = {
            key: [urn for urn in urns if urn in known] for key, urns in state.property_dependencies.items()
        }
        if state.deleted_with not in known:
            state.deleted_with = ""
        if state.parent and state.parent not in known:
            state.parent = parents.get(state.parent, "")
        known.add(state.urn)
        kept.append(state)
    base.resources = kept
