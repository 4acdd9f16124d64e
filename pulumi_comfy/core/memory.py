"""Whose an object is: what the program asked the engine for, and what this provider process has seen since.

The protocol tells neither `create` nor `delete` of it, and both need it: a replacement must not mistake the object it
replaces for a stranger, a create after a kill must know what the killed run left, and a machine that is going away
needs no rebuild.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Set
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.unknown import Unknown

OBJECT_ID = "__id"
"""A copy of the id among the outputs: of its own state the engine tells the program outputs, not ids."""
PREDECESSORS = "predecessors"
"""Ids that the state held under the same URN when a replacement was made: a failed rollout leaves them waiting for
deletion, unknown to the protocol, and a later replacement must not mistake them for a stranger or an orphan."""
MOST_PREDECESSORS = 20
"""The newest ones are remembered: all but those of failed rollouts are long gone."""


@dataclass(frozen=True)
class Facts:
    """What the program asked the engine for, once a run. Without it nothing is proved and nothing is taken over.

    Attributes:
        identity: who this state is: random, and in the state before the first object was made; None when not known.
        is_pending: whether it is known only in the update: a first preview.
        held: the ids that the state holds, of the resource's kind and as far as they matter to it, with their
            resource; None when the state could not be read.
        replaced: those of `held` that a replacement left behind: they may wait for deletion.
        is_blind: whether the state holds one whose id it does not tell: an earlier version of this package wrote it.
        scopes: the account of each of `held`, as far as it is told: ids are unique within one.
    """

    identity: str | None = None
    is_pending: bool = False
    held: Mapping[str, Urn] | None = None
    replaced: Set[str] = frozenset()
    is_blind: bool = False
    scopes: Mapping[str, str] = field(default_factory=dict)

    def within(self, scope: str | None) -> Facts:
        """Give them without what other accounts hold; as they are while the account is not known."""
        if scope is None or self.held is None or not self.scopes:
            return self
        here = {one: owner for one, owner in self.held.items() if self.scopes.get(one, scope) == scope}
        return replace(self, held=here)

    @classmethod
    def of(cls, wire: Json, scope: str | None) -> Facts:
        """Read them as the program sends them, without what accounts other than `scope` hold, once that is known."""
        if not isinstance(wire, Mapping):
            return cls(is_pending=isinstance(wire, Unknown))
        identity, rows = wire.get("identity"), wire.get("held")
        before: dict[str, Urn] = {}
        now: dict[str, Urn] = {}
        scopes: dict[str, str] = {}
        is_blind = False
        for row in rows if isinstance(rows, list) else ():
            if scope is not None and row.get("scope") not in (None, scope):
                continue
            is_blind = is_blind or not row.get("id")
            owner, ids = Urn.parse(row["owner"]), [row["id"]] if row.get("id") else []
            before |= dict.fromkeys(row.get("before", ()), owner)
            now |= dict.fromkeys(ids, owner)
            ids += row.get("before", ())
            scopes |= dict.fromkeys(ids, row["scope"]) if scope is None and row.get("scope") else {}
        return cls(
            identity=identity if isinstance(identity, str) and identity else None,
            is_pending=isinstance(identity, Unknown),
            held={**before, **now} if isinstance(rows, list) else None,  # what one has now no other one replaced
            replaced=frozenset(before.keys() - now.keys()),
            is_blind=is_blind,
            scopes=scopes,
        )


@dataclass(eq=False)
class _Seen:
    """What was seen of one account; those whose keys turn out to be of one share it."""

    facts: dict[str, Facts] = field(default_factory=dict)
    ids_by_urn: dict[str, dict[str, None]] = field(default_factory=dict)
    predecessors: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    owners: dict[str, Urn] = field(default_factory=dict)
    locks: dict[tuple[str, str], dict[asyncio.Lock, None]] = field(default_factory=dict)
    notes: dict[str, dict[Any, Any]] = field(default_factory=dict)

    def add(self, more: _Seen) -> None:
        """Take in all that another has seen; of two that say something else of one thing the other one's counts."""
        self.facts |= more.facts
        self.owners |= more.owners
        self.predecessors |= more.predecessors
        self.declared |= more.declared
        self.replaced |= more.replaced
        self.taken |= more.taken
        nested: Any = ((self.ids_by_urn, more.ids_by_urn), (self.locks, more.locks), (self.notes, more.notes))
        for own, others in nested:
            for key, rows in others.items():
                own.setdefault(key, {}).update(rows)


@dataclass(eq=False)
class Memory:
    """What one provider process has seen of one account.

    Attributes:
        scope: which account; None until it is known.
    """

    scope: str | None = None
    _seen: _Seen = field(default_factory=_Seen)

    def join(self, other: Memory) -> None:
        """Share what another has seen, and all that either will see: the keys of both turned out to be of one account.

        Calls that go on hold this object, so that it is not exchanged for the other.
        """
        other._seen.add(self._seen)
        self._seen, self.scope = other._seen, other.scope

    def notes(self, kind: str) -> dict[Any, Any]:
        """Give what a module of its own notes of the account, by a key of its choice; it is shared like all else.

        Ask for it each time: after a pause it may be another, with more in it.

        Args:
            kind: what is noted, by a name that no other module uses.
        """
        return self._seen.notes.setdefault(kind, {})

    def checked(self, urn: Urn | None, facts: Facts | None = None) -> None:
        """Note that the program declares this resource: the engine checks in no refresh and in no destroy."""
        if urn is not None:
            self._seen.facts[urn.text] = facts or Facts()

    def is_checked(self, urn: Urn | None) -> bool:
        """Tell whether the program declares this resource; True where the shell cannot tell which one it is."""
        return urn is None or urn.text in self._seen.facts

    def facts_of(self, urn: Urn | None) -> Facts:
        """Give what the program told of a resource."""
        return self._seen.facts.get(urn.text, Facts()).within(self.scope) if urn else Facts()

    def saw(self, urn: Urn | None, object_id: str, predecessors: Iterable[str] = (), *, replaces: bool) -> None:
        """Note what the engine asked to diff, a refresh does so too, and what it once replaced."""
        if self.is_checked(urn):
            self._seen.declared.add(object_id)
        if urn is not None:
            predecessors = list(predecessors)
            self._seen.ids_by_urn.setdefault(urn.text, {}).update(dict.fromkeys((*predecessors, object_id)))
            self._seen.predecessors.update(predecessors)
        self.holds(urn, object_id)
        (self.replaces if replaces else self._seen.replaced.discard)(object_id)

    def holds(self, urn: Urn | None, object_id: str) -> None:
        """Note whose an object is."""
        if urn is not None:
            self._seen.owners[object_id] = urn

    def replaces(self, object_id: str) -> None:
        """Note that an object is about to be replaced."""
        self._seen.replaced.add(object_id)

    def takes(self, urn: Urn | None, object_id: str) -> None:
        """Note that a create of this run took over an object that existed, or made it anew under its old id."""
        if urn is not None:
            self.holds(urn, object_id)
            self._seen.taken.add(object_id)

    def releases(self, object_id: str) -> None:
        """Note that what a create of this run took over is to be removed again."""
        self._seen.taken.discard(object_id)

    def is_declared(self, object_id: str) -> bool:
        """Tell whether a resource that this run has dealt with holds the object."""
        return object_id in self._seen.owners

    def keeper_of(self, object_id: str) -> str | None:
        """Give the name of the resource that keeps an object which is to be deleted; None when none does.

        A create of this run took it over, or the program declares it: under another URN, or under the same
        one, where the engine takes it for what a former run replaced.
        """
        owner = self._seen.owners.get(object_id)
        if owner is None or not (object_id in self._seen.taken or self.stays(object_id)):
            return None
        return owner.name

    def ids_of(self, urn: Urn | None) -> frozenset[str]:
        """Give the ids that the state is known to hold under a URN."""
        return frozenset(self.by_age(urn))

    def by_age(self, urn: Urn | None) -> list[str]:
        """Give the same, the oldest first."""
        if urn is None:
            return []
        told = [one for one, owner in (self.facts_of(urn).held or {}).items() if owner.is_same(urn)]
        return list(dict.fromkeys((*told, *self._seen.ids_by_urn.get(urn.text, ()))))

    def waits_for_deletion(self, object_id: str, urn: Urn | None) -> bool:
        """Tell whether an object that is still there is one that an earlier replacement left behind."""
        return object_id in self._seen.predecessors or object_id in self.facts_of(urn).replaced

    def owner_of(self, object_id: str, urn: Urn | None) -> str | None:
        """Give the name of another resource than `urn` that is known to hold an object; None when none is.

        One of another component may have the same name: then it is told by its URN.
        """
        owner = self._seen.owners.get(object_id) or (self.facts_of(urn).held or {}).get(object_id)
        if owner is None or owner.is_same(urn):
            return None
        return owner.name if urn is None or owner.name != urn.name else owner.text

    def stays(self, object_id: str) -> bool:
        """Tell whether the program declares the object and keeps it."""
        return object_id in self._seen.declared and object_id not in self._seen.replaced

    def is_replaced(self, object_id: str) -> bool:
        """Tell whether the object is about to be replaced in this run."""
        return object_id in self._seen.replaced

    @asynccontextmanager
    async def lock(self, token: str, natural_key: str | None) -> AsyncIterator[None]:
        """Let creates of the same natural key look and insert one after the other; None: there is none."""
        if natural_key is None:
            yield
            return
        key, is_whole = (token, natural_key), False
        while not is_whole:
            async with AsyncExitStack() as held:
                # More than one where two that have joined had one each: a create may hold either of them still.
                locks = list(self._seen.locks.setdefault(key, {asyncio.Lock(): None}))
                for one in locks:
                    await held.enter_async_context(one)
                is_whole = locks == list(self._seen.locks[key])  # else two have joined meanwhile
                if is_whole:
                    yield
