"""One resource in a stack on an engine: its program, its rows on the platform, and what its state shows in clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pulumi
from exam import Entry, Row, fingerprint

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


class Subject:
    """A resource's program bound to a stack, its arguments editable, its rows in sight.

    Args:
        entry: what it is.
        deploy: makes stacks.
        emulator: where its platform is.
        api: the platform's own API, for what is done by hand.
        stack: of the stack, such as `env`.
    """

    def __init__(
        self, entry: Entry, deploy: Callable[..., Any], emulator: Any, api: httpx.Client, **stack: Any
    ) -> None:
        self.name, self.kind, self.emulator, self.api = entry.name, entry.declared, emulator, api
        self.examinee, self.emulated = entry.examinee, entry.examinee.emulated(emulator)
        self.arguments = dict(self.kind.arguments)
        self.is_declared = True
        self.stack = deploy(self.program, **stack)
        self.others: set[str] = set()
        self._given = self.kind.needs_by_hand(self.emulated, api) if self.kind.needs is None else {}

    def program(self) -> None:
        needs = self._given if self.kind.needs is None else self.kind.needs()
        if self.is_declared:
            made = self.kind.resource("it", **{**needs, **self.arguments})
            pulumi.export("it", made.id)

    def table(self) -> list[Row]:
        """All live objects of the kind, whoever made them."""
        found: list[Row] = self.kind.rows(self.emulated)
        return found

    @property
    def rows(self) -> list[Row]:
        """The live objects that are not known to be somebody else's."""
        return [row for row in self.table() if row["id"] not in self.others]

    @property
    def id(self) -> str:
        return str(self.stack.resource("it")["id"])

    def prepare(self) -> None:
        """Deploy what it needs, then let somebody else make a namesake."""
        self.is_declared = False
        self.stack.up()
        self.is_declared = True
        self.let_somebody_make_a_namesake()

    def let_somebody_make_a_namesake(self) -> None:
        before = {row["id"] for row in self.table()}
        self.kind.namesake(self.api, {})
        self.others |= {row["id"] for row in self.table()} - before

    def somebody_elses(self) -> dict[str, str]:
        """What somebody else's objects are declared to be, by id."""
        return {row["id"]: fingerprint(row) for row in self.table() if row["id"] in self.others}

    def operations(self, result: Any) -> set[str]:
        return {operation.op for operation in result.operations if operation.name == "it"}

    def forget(self) -> None:
        """Drop it from the state, as when the process was killed before it could tell."""
        state = self.stack.state()
        kept = [entry for entry in state["deployment"]["resources"] if not entry["urn"].endswith("::it")]
        self.stack.import_state({**state, "deployment": {**state["deployment"], "resources": kept}})

    def assert_settled(self) -> None:
        """The platform holds exactly what is declared, the state knows it, and there is nothing left to do."""
        assert [row["id"] for row in self.rows] == [self.id]
        assert set(self.stack.preview().changes) == set()
        assert self.emulator.internal_errors == []


def without_secrets(value: Any) -> Any:
    """Take out what a state marks as secret; whatever is left is in the clear."""
    if isinstance(value, dict):
        if SECRET_SIGNATURE in value:
            return "[secret]"
        return {key: without_secrets(item) for key, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value
