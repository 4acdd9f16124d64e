"""The life of one stack as a Hypothesis state machine: edits, operations, hands on the platform, trouble, recovery.

When it fails, the test prints the shortest sequence that failed as Python code. To repeat it, run it with
`PYTHONPATH=tests/soak`.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import replace
from typing import Any

import soak_invariants as invariants
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from soak_choices import (
    ENVIRONMENTS,
    changes,
    checks,
    cuts,
    faults,
    gpus,
    machines,
    moments,
    operations,
    rollouts,
    steps,
    workflows,
)
from soak_hands import EDITS, by_hand
from soak_operations import Operations
from soak_program import BREAKS_BUILD, BREAKS_RUNS, Deployment, Machine, Secret, Version, Workflow
from soak_steps import step
from soak_world import HOURS

STATES = 4
"""How many states a life has at most: the plan of the account has room for the machines of so many."""


class Life(Operations):
    """One stack against one platform."""

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
            self.world.emulator.comfydeploy.builds.outcome("error", times=builds)
        if run:
            self.world.emulator.comfydeploy.runs.script(run, times=1)
        self._troubled("up")

    @rule(operation=operations, change=changes, after=moments, is_slow=st.booleans())
    @step
    def ctrl_c(self, operation: str, change: str, after: int, is_slow: bool) -> None:
        self.declared.touch(change)
        if is_slow:
            self.world.emulator.comfydeploy.builds.outcome("ready", seconds=HOURS)
            self.world.emulator.comfydeploy.runs.script("success", seconds=HOURS)
        self._troubled(operation, cut="cancel", after=after)

    @rule(operation=operations, change=changes, after=moments)
    @step
    def kill(self, operation: str, change: str, after: int) -> None:
        self.declared.touch(change)
        self._troubled(operation, cut="kill", after=after)

    @rule(operation=operations, change=changes, after=moments)
    @step
    def kill_the_engine_alone(self, operation: str, change: str, after: int) -> None:
        """Its provider lives on until it notices, which the next operation does not wait for."""
        self.declared.touch(change)
        self._troubled(operation, cut="kill the engine", after=after)

    # Whose an object is.

    @precondition(lambda self: invariants.ids_by_name(self.stack))
    @rule(
        which=st.lists(st.integers(0, 9), min_size=1, max_size=2),
        change=changes,
        deletes_first=st.booleans(),
        cut=cuts,
        after=moments,
    )
    @step
    def force_a_replacement(
        self, which: list[int], change: str, deletes_first: bool, cut: str | None, after: int
    ) -> None:
        self.declared.touch(change)
        self.declared.deletes_first = deletes_first
        names = sorted(invariants.ids_by_name(self.stack))
        self._force(sorted({names[one % len(names)] for one in which}), cut, after)

    @precondition(lambda self: self.states < STATES)
    @rule(operation=operations, cut=st.sampled_from((None, "kill")), after=moments)
    @step
    def lose_the_state(self, operation: str, cut: str | None, after: int) -> None:
        """What it held is nobody's from now on, and what a cut operation has just made too."""
        if cut:
            self._run(operation, cut, after)
        self.world.disown()
        self._begin_a_state()

    @precondition(lambda self: not self.steps[-1].startswith("life.change_states"))
    @rule()
    @step
    def change_states(self) -> None:
        """Go on with the other state of the same project and stack; to each the other's objects are foreign."""
        mine = (self.stack, self.declared, self.was_edited_by_hand, self.has_forced_versions)
        self.world.change_sides()
        if self.other is None:
            self._begin_a_state()
        else:
            self.stack, self.declared, self.was_edited_by_hand, self.has_forced_versions = self.other
        self.other = mine

    def _begin_a_state(self) -> None:
        """The same program on an empty state, but for the names it gives: a workflow's namesake is refused."""
        self.states += 1
        self.declared = replace(copy.deepcopy(self.declared), state=self.states)
        self.stack = self._new_state()
        self.was_edited_by_hand = self.has_forced_versions = False

    def teardown(self) -> None:
        """Whatever happened, the stack can be brought to order and taken away."""
        if sys.exc_info()[0] is None:
            self.end()

    @step
    def end(self) -> None:
        """What the last step of every life is."""
        self._recover()
        self._destroy()
        if self.other is not None:
            other, self.other = self.other, None
            self.world.change_sides()
            self.stack, self.declared, self.was_edited_by_hand, self.has_forced_versions = other
            self._recover()
            self._destroy()
