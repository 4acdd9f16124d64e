"""Who depends on whom, from the records of a snapshot in topological order (docs/pulumi.md 5.8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .state import ResourceState


class DependencyGraph:
    """Dependencies between records: provider, dependencies, property dependencies, deletedWith, and the parent."""

    def __init__(self, resources: Sequence[ResourceState]) -> None:
        self._resources = list(resources)
        self._index = {id(state): place for place, state in enumerate(self._resources)}

    def dependencies_of(self, state: ResourceState) -> list[ResourceState]:
        """Records that the given one depends on directly; a component stands for its children too."""
        place = self._index[id(state)]
        needed = state.references()
        found = []
        components: set[str] = set()
        earlier = self._resources[:place]
        for candidate in earlier:
            if candidate.urn in needed or candidate.urn == state.parent or candidate.parent in components:
                found.append(candidate)
            if not candidate.custom and (candidate.urn in needed or candidate.parent in components):
                components.add(candidate.urn)
        return found

    def needed_by(self, roots: Iterable[ResourceState]) -> list[ResourceState]:
        """Records that the roots depend on, directly or not."""
        found: dict[int, ResourceState] = {}
        waiting = list(roots)
        while waiting:
            for needed in self.dependencies_of(waiting.pop()):
                if id(needed) not in found:
                    found[id(needed)] = needed
                    waiting.append(needed)
        return list(found.values())

    def depending_on(self, root: ResourceState, ignore: Collection[str]) -> list[ResourceState]:
        """Records that depend on the root, directly or not, in topological order; children not counted."""
        urns = {root.urn}
        found = []
        for state in self._resources[self._index[id(root)] + 1 :]:
            if state.urn in ignore:
                continue
            if state.references() & urns:
                urns.add(state.urn)
                found.append(state)
        return found

    def delete_groups(self, condemned: Iterable[ResourceState]) -> list[list[ResourceState]]:
        """Groups to delete one after the other, dependents first; within a group all at once."""
        waiting = {id(state): state for state in condemned}
        needs = {key: {id(found) for found in self.dependencies_of(state)} for key, state in waiting.items()}
        groups = []
        while waiting:
            free = [key for key in waiting if not needs[key] & waiting.keys()]
            groups.append([waiting[key] for key in free])
            for key in free:
                del waiting[key]
        groups.reverse()
        return groups
