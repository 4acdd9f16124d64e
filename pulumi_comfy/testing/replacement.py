"""Which dependents a delete-before-replace takes along (docs/pulumi.md 1.5, 5.8 step 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from . import diffs
from .graph import DependencyGraph
from .providers import Providers
from .state import ResourceState
from .urns import is_provider_type, split_reference
from .values import UNKNOWN


class DependentReplacements:
    """Finds dependents that would be replaced if the inputs they take from a replaced resource became unknown.

    Attributes:
        keys: URN of such a dependent -> the keys that its provider named.
    """

    def __init__(self, olds: Mapping[str, ResourceState], graph: DependencyGraph, providers: Providers) -> None:
        self._olds = olds
        self._graph = graph
        self._providers = providers
        self.keys: dict[str, tuple[str, ...]] = {}

    def of(self, root: ResourceState, already_handled: Collection[str]) -> list[ResourceState]:
        """Dependents to delete, in topological order; those registered earlier in this run cannot depend on it."""
        replaced = {root.urn}
        found = []
        for state in self._graph.depending_on(root, already_handled):
            if self._must_be_replaced(state, replaced):
                replaced.add(state.urn)
                found.append(state)
        also = [state for state in self._olds.values() if state.deleted_with == root.urn and state not in found]
        return [*found, *also]

    def _must_be_replaced(self, state: ResourceState, replaced: set[str]) -> bool:
        if not state.custom or state.external:
            return False
        if split_reference(state.provider)[0] in replaced or state.deleted_with in replaced:
            return True
        inputs = {
            key: UNKNOWN if replaced.intersection(state.property_dependencies.get(key, ())) else value
            for key, value in state.inputs.items()
        }
        if not any(value is UNKNOWN for value in inputs.values()) or is_provider_type(state.type):
            return False
        diff = diffs.ask_provider(self._providers.client(state.provider), state, inputs, state.ignore_changes)
        diff = diffs.apply_replace_on_changes(diff, state.replace_on_changes, has_init_errors=False)
        self.keys[state.urn] = diff.replaces
        return bool(diff.replaces)
