"""Former names of a resource: finding the old record under another URN (docs/pulumi.md 5.8, step 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .goals import AliasSpec, Goal
from .urns import STACK_TYPE, make_urn, name_of, qualified_type_of, type_of


@dataclass
class AliasTable:
    """Which old URNs were taken over by which new ones in this run."""

    stack: str
    project: str
    new_of_old: dict[str, str] = field(default_factory=dict)
    old_of_new: dict[str, str] = field(default_factory=dict)

    def adopt(self, old_urn: str, new_urn: str) -> None:
        """Note that the resource at `new_urn` is the one that was at `old_urn`."""
        self.new_of_old[old_urn] = new_urn
        self.old_of_new[new_urn] = old_urn

    def candidates(self, goal: Goal) -> list[str]:
        """Old URNs to look under, in order, without repetition."""
        found = [self._collapse(goal.name, goal.type, goal.parent, alias) for alias in goal.aliases]
        former_parent = self.old_of_new.get(goal.parent, "")
        if former_parent:
            found.append(self._inherited(goal.type, goal.name, goal.parent, former_parent))
            for alias in goal.aliases:
                urn = self._collapse(goal.name, goal.type, goal.parent, alias)
                found.append(self._inherited(type_of(urn), name_of(urn), goal.parent, former_parent))
        return list(dict.fromkeys(found))

    def _collapse(self, name: str, type_: str, parent: str, alias: AliasSpec) -> str:
        if alias.urn:
            return alias.urn
        former_parent = self.old_of_new.get(alias.parent, alias.parent) if alias.parent else parent
        if alias.no_parent or qualified_type_of(former_parent) == STACK_TYPE:
            former_parent = ""
        return make_urn(
            alias.stack or self.stack,
            alias.project or self.project,
            former_parent,
            alias.type or type_,
            alias.name or name,
        )

    def _inherited(self, type_: str, name: str, parent: str, former_parent: str) -> str:
        """The child's old URN when its parent moved; a name that starts with the parent's moves along."""
        parent_name = name_of(parent)
        if name.startswith(parent_name):
            name = name_of(former_parent) + name[len(parent_name) :]
        return make_urn(self.stack, self.project, former_parent, type_, name)


def rename(urns: Sequence[str], table: AliasTable) -> list[str]:
    """URNs with those that were taken over replaced by their new names."""
    return [table.new_of_old.get(urn, urn) for urn in urns]
