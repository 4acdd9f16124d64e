"""How the operations of a life are done, and what is proved after each: without trouble, in trouble, and forced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import soak_invariants as invariants
from hypothesis.stateful import RuleBasedStateMachine
from soak_cut import Cut
from soak_program import Declared
from soak_world import world

from pulumi_comfy.testing import Result, Stack


class Operations(RuleBasedStateMachine):
    """One state against one platform, and perhaps another state of the same project and stack."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.world.renew()
        self.declared = Declared()
        self.stack = self._new_state()
        self.was_edited_by_hand = False
        self.has_forced_versions = False
        self.states = 1
        self.other: tuple[Stack, Declared, bool, bool] | None = None
        self.steps: list[str] = []

    def _new_state(self) -> Stack:
        return self.world.new_state(lambda: self.declared.program())  # noqa: PLW0108  (declared is replaced)

    def _run(self, operation: str, cut: str | None = None, after: int = 0, **options: Any) -> Result:
        with Cut(self.stack, self.world.emulator, cut, after):
            result: Result = getattr(self.stack, operation)(check=False, **options)
        self.world.calm_down()
        invariants.nothing_foreign_was_touched(self.world)
        invariants.no_secret_is_in_the_clear(self.world, self.stack, result)
        assert self.world.emulator.internal_errors == []
        return result

    def _up(self) -> Result:
        """`up` without trouble: it works unless the program or somebody's hand is in the way."""
        result = self._run("up")
        if result.ok:
            self._settled()
        else:
            assert self.was_edited_by_hand or not self.declared.is_sound(), f"up failed: {result.error}"
            invariants.nothing_is_orphaned(self.world, self.stack)
        return result

    def _settled(self) -> None:
        if self.was_edited_by_hand:  # nobody refreshed: the state cannot know
            return
        invariants.platform_and_state_are_the_same(self.world, self.stack, self.declared)
        invariants.the_platform_holds_what_is_declared(self.world, self.stack, self.declared)
        if not self.has_forced_versions:
            invariants.no_version_was_appended_twice(self.world)
        changes = self._run("preview").changes
        assert not changes, f"a second preview is not empty: {dict(changes)}"

    def _refresh(self) -> None:
        result = self._run("refresh")
        assert result.ok, f"refresh failed: {result.error}"
        self.was_edited_by_hand = False
        invariants.nothing_is_orphaned(self.world, self.stack)

    def _destroy(self) -> None:
        result = self._run("destroy")
        assert result.ok, f"destroy failed: {result.error}"
        self.was_edited_by_hand = False
        left = {table: len(rows) for table, rows in self.world.ours().items() if rows and table != "versions"}
        assert left == {}, f"left by destroy: {left}"

    def _troubled(self, operation: str, cut: str | None = None, after: int = 0) -> None:
        """Do it while something goes wrong, then prove that nothing was lost."""
        result = self._run(operation, cut, after)
        if result.ok and operation == "up":
            self._settled()
        elif operation == "up":
            self._recover()
        elif operation == "refresh":
            self._refresh()
        else:
            self._destroy()

    def _recover(self) -> None:
        """Mend the program, then `up` brings everything to order; a nameless orphan is adopted as the error says."""
        declared = self.declared
        was_sound = self._mend()
        if self.was_edited_by_hand or not was_sound:  # nobody knows what became of an edit that is taken back
            self._refresh_lossy()
        result = self._run("up")
        while not result.ok:  # the engine stops at the first that is refused
            orphans = self._orphans_that_bear_no_mark()
            named = {name: id_ for name, id_ in orphans.items() if id_ in result.error and name not in declared.adopt}
            assert named, f"up does not recover: {result.error}"
            declared.adopt |= named
            result = self._run("up")
        declared.adopt = {}
        self._settled()

    def _mend(self) -> bool:
        """Take out of the program what is bound to fail; whether nothing was."""
        declared = self.declared
        was_sound = declared.is_sound()
        declared.machines = {name: replace(one, breaks=None) for name, one in declared.machines.items()}
        declared.workflows = {name: replace(one, is_broken=False) for name, one in declared.workflows.items()}
        return was_sound

    def _refresh_lossy(self) -> None:
        result = self._run("refresh")
        assert result.ok, f"refresh failed: {result.error}"
        self.was_edited_by_hand = False

    def _orphans_that_bear_no_mark(self) -> dict[str, str]:
        """What a killed `up` made and nobody knows of, where its name does not say that it is ours."""
        unknown = invariants.unknown_to_state(self.world, self.stack)
        ids = invariants.ids_by_name(self.stack)
        declared_name = self.declared.given_name
        found = {}
        for row in unknown.get("Deployment", []):
            for name, one in self.declared.deployments.items():
                if (row["workflow_id"], row["environment"]) == (ids.get(one.workflow), one.environment):
                    found[name] = row["id"]
        for row in unknown.get("Workflow", []):
            found |= {name: row["id"] for name in self.declared.workflows if row["name"] == declared_name(name)}
        return found

    def _force(self, names: list[str], cut: str | None = None, after: int = 0) -> None:
        """Replace what nothing asks to replace, and prove that the new objects took the old ones' places."""
        before = invariants.ids_by_name(self.stack)
        self.has_forced_versions |= any(name in self.declared.versions for name in names)
        result = self._run("up", cut, after, replace=names)
        if result.ok:
            after_it = invariants.ids_by_name(self.stack)
            kept = [name for name in names if name in self.declared.names() and after_it[name] == before[name]]
            assert kept == [], f"not replaced: {kept}"
            self._settled()
            return
        is_refused = "[COMFY4004]" in result.error and not self.declared.deletes_first
        is_excused = cut or self.was_edited_by_hand or not self.declared.is_sound()
        assert is_refused or is_excused, f"up does not replace {names}: {result.error}"
        self._take_over_leftovers()
        self._recover()

    def _take_over_leftovers(self) -> None:
        """What a forced replacement that was cut has made nobody holds: the next one of the same resource takes it.

        One whose name the program gives proves nothing: it is removed by hand, as the error says.
        """
        self._mend()
        self._refresh_lossy()  # it may have deleted what the state holds, and nothing else asks to make it again
        while names := invariants.doubles(self.world, self.stack, self.declared):
            result = self._run("up", replace=sorted(names))
            unknown = invariants.unknown_to_state(self.world, self.stack).get("Workflow", [])
            refused = [row["id"] for row in unknown if row["id"] in result.error]
            assert result.ok or refused, f"up does not take over what is left of {names}: {result.error}"
            for id_ in refused:
                self.world.by_hand.delete(f"/workflow/{id_}").raise_for_status()
