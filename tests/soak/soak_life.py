"""The life of one stack as a Hypothesis state machine: edits, operations, hands on the platform, trouble, recovery.

When it fails, the test prints the shortest sequence that failed as Python code. To repeat it, run it with
`PYTHONPATH=tests/soak`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import soak_invariants as invariants
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from soak_choices import (
    ENVIRONMENTS,
    changes,
    checks,
    faults,
    gpus,
    machines,
    moments,
    operations,
    rollouts,
    steps,
    workflows,
)
from soak_cut import Cut
from soak_hands import EDITS, by_hand
from soak_program import BREAKS_BUILD, BREAKS_RUNS, Declared, Deployment, Machine, Secret, Version, Workflow
from soak_steps import step
from soak_world import HOURS, world

from pulumi_comfy.testing import Result


class Life(RuleBasedStateMachine):
    """One stack against one platform."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.declared = Declared()
        self.stack = self.world.renew(lambda: self.declared.program())  # noqa: PLW0108  (declared is replaced)
        self.was_edited_by_hand = False
        self.steps: list[str] = []

    @initialize(rollout=rollouts, check=checks, has_secret=st.booleans(), is_up=st.booleans())
    @step
    def begin(self, rollout: str, check: str | None, has_secret: bool, is_up: bool) -> None:
        """Declare what most people have."""
        self.declared.machines["m0"] = Machine(rollout=rollout)
        self.declared.workflows["w0"] = Workflow()
        self.declared.deployments["w0-production"] = Deployment("w0", "production", "m0", check)
        if has_secret:
            self.declared.secrets["s0"] = Secret("canary-0", ("m0",))
        if is_up:
            self._up()

    # Edits of the program.

    @rule(
        name=machines,
        gpu=gpus,
        rollout=rollouts,
        run_timeout=st.sampled_from((300, 600)),
        cpu=st.sampled_from((None, 0.5, 2.0)),
        keep_warm=st.sampled_from((0, 0, 1)),
        breaks=st.sampled_from((None, None, None, None, BREAKS_BUILD, BREAKS_RUNS)),
    )
    @step
    def declare_machine(self, name: str, **fields: Any) -> None:
        self.declared.machines[name] = Machine(**fields)

    @rule(
        name=workflows,
        steps=steps,
        description=st.sampled_from((None, "a description")),
        is_named=st.booleans(),
        is_broken=st.sampled_from((False, False, False, True)),
    )
    @step
    def declare_workflow(self, name: str, **fields: Any) -> None:
        self.declared.workflows[name] = Workflow(**fields)

    @precondition(lambda self: self.declared.machines)
    @rule(name=st.sampled_from(("s0", "s1")), value=st.sampled_from(("canary-1", "canary-2")), on_all=st.booleans())
    @step
    def declare_secret(self, name: str, value: str, on_all: bool) -> None:
        names = sorted(self.declared.machines)
        self.declared.secrets[name] = Secret(value, tuple(names if on_all else names[:1]))

    @precondition(lambda self: self.declared.workflows)
    @rule(name=st.sampled_from(("v0", "v1")), workflow=workflows, steps=steps)
    @step
    def declare_version(self, name: str, workflow: str, steps: int) -> None:
        if workflow in self.declared.workflows:
            if name in self.declared.versions:
                self.declared.drop_version(name)
            self.declared.versions[name] = Version(workflow, steps)

    @precondition(lambda self: self.declared.workflows and self.declared.machines)
    @rule(
        workflow=workflows,
        environment=st.sampled_from(ENVIRONMENTS),
        machine=machines,
        check=checks,
        gpu=st.sampled_from((None, None, "T4", "L4")),
        of_version=st.booleans(),
    )
    @step
    def declare_deployment(
        self, workflow: str, environment: str, machine: str, of_version: bool, **fields: Any
    ) -> None:
        if workflow not in self.declared.workflows or machine not in self.declared.machines:
            return
        name = f"{workflow}-{environment}"
        versions = sorted(key for key, one in self.declared.versions.items() if one.workflow == workflow)
        version = versions[0] if of_version and versions else None
        if name in self.declared.deployments and fields["gpu"] is None:  # a GPU can be changed, not unset
            fields["gpu"] = self.declared.deployments[name].gpu
        self.declared.deployments[name] = Deployment(workflow, environment, machine, version=version, **fields)

    @precondition(lambda self: self.declared.names())
    @rule(which=st.integers(0, 5))
    @step
    def drop(self, which: int) -> None:
        declared, names = self.declared, sorted(self.declared.names())
        name = names[which % len(names)]
        if name in declared.machines:
            declared.drop_machine(name)
        elif name in declared.workflows:
            declared.drop_workflow(name)
        elif name in declared.versions:
            declared.drop_version(name)
        elif not declared.secrets.pop(name, None):
            del declared.deployments[name]

    # Operations without trouble.

    @rule()
    @step
    def preview(self) -> None:
        before = self.stack.resources()
        self.world.emulator.clear_requests()
        self._run("preview")
        writes = [request.method for request in self.world.emulator.requests if request.method != "GET"]
        assert writes == [], "a preview wrote"
        assert self.stack.resources() == before, "a preview changed the state"

    @rule(operation=operations, change=changes)
    @step
    def operate(self, operation: str, change: str) -> None:
        self.declared.touch(change)
        {"up": self._up, "refresh": self._refresh, "destroy": self._destroy}[operation]()

    # Trouble.

    @rule(what=st.sampled_from(sorted(EDITS)), which=st.integers(0, 3), is_refreshed=st.booleans())
    @step
    def edit_by_hand(self, what: str, which: int, is_refreshed: bool) -> None:
        self.was_edited_by_hand |= by_hand(self.world, what, which)
        if is_refreshed:
            self._refresh()

    @rule(operation=operations, change=changes, faults=faults)
    @step
    def with_faults(self, operation: str, change: str, faults: list[tuple[tuple[str, str], str, int]]) -> None:
        self.declared.touch(change)
        for (method, route), kind, times in faults:
            if kind.isdigit():
                self.world.emulator.faults.add(method, route, "status", status=int(kind), times=times)
            else:
                self.world.emulator.faults.add(method, route, kind, times=times)
        self._troubled(operation)

    @rule(change=changes, builds=st.integers(0, 2), run=st.sampled_from(("", "failed", "timeout", "no_outputs")))
    @step
    def up_while_something_fails(self, change: str, builds: int, run: str) -> None:
        self.declared.touch(change)
        if builds:
            self.world.emulator.builds.outcome("error", times=builds)
        if run:
            self.world.emulator.runs.script(run, times=1)
        self._troubled("up")

    @rule(operation=operations, change=changes, after=moments, is_slow=st.booleans())
    @step
    def ctrl_c(self, operation: str, change: str, after: int, is_slow: bool) -> None:
        self.declared.touch(change)
        if is_slow:
            self.world.emulator.builds.outcome("ready", seconds=HOURS)
            self.world.emulator.runs.script("success", seconds=HOURS)
        self._troubled(operation, cut="cancel", after=after)

    @rule(operation=operations, change=changes, after=moments)
    @step
    def kill(self, operation: str, change: str, after: int) -> None:
        self.declared.touch(change)
        self._troubled(operation, cut="kill", after=after)

    # How they are done.

    def _run(self, operation: str, cut: str | None = None, after: int = 0) -> Result:
        with Cut(self.stack, self.world.emulator, cut, after):
            result: Result = getattr(self.stack, operation)(check=False)
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
        was_sound = declared.is_sound()
        declared.machines = {name: replace(one, breaks=None) for name, one in declared.machines.items()}
        declared.workflows = {name: replace(one, is_broken=False) for name, one in declared.workflows.items()}
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

    def _refresh_lossy(self) -> None:
        result = self._run("refresh")
        assert result.ok, f"refresh failed: {result.error}"
        self.was_edited_by_hand = False

    def _orphans_that_bear_no_mark(self) -> dict[str, str]:
        """What a killed `up` made and nobody knows of, where its name does not say that it is ours."""
        unknown = invariants.unknown_to_state(self.world, self.stack)
        ids = invariants.ids_by_name(self.stack)
        found = {}
        for row in unknown.get("Deployment", []):
            for name, one in self.declared.deployments.items():
                if (row["workflow_id"], row["environment"]) == (ids.get(one.workflow), one.environment):
                    found[name] = row["id"]
        for row in unknown.get("Workflow", []):
            found |= {name: row["id"] for name in self.declared.workflows if row["name"] == f"the {name}"}
        return found

    def teardown(self) -> None:
        """Whatever happened, the stack can be brought to order and taken away."""
        if sys.exc_info()[0] is None:
            self.end()

    @step
    def end(self) -> None:
        """What the last step of every life is."""
        self._recover()
        self._destroy()
