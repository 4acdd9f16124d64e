"""The life of one stack as a Hypothesis state machine: edits, operations, hands on the platform, trouble, recovery.

When it fails, Hypothesis prints the shortest sequence it found as Python code. To repeat it, paste it below
`from soak_life import *` and run it with `PYTHONPATH=tests/soak`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import soak_invariants as invariants
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from soak_hands import EDITS, by_hand
from soak_program import BREAKS_BUILD, BREAKS_RUNS, Declared, Deployment, Machine, Secret, Version, Workflow
from soak_world import HOURS, world

from pulumi_comfy.testing import Result

__all__ = ["Life"]

TAKEN: Counter[str] = Counter()
"""Steps taken in this process, by rule."""

PATIENCE = 2.0
"""Seconds after which an operation is cut in any case: it waits, and asks the platform ever more seldom."""
ENVIRONMENTS = ("production", "staging", "private-share")
ROUTES = (
    ("*", ".*"),
    ("GET", ".*"),
    ("POST", "/workflow"),
    ("PATCH", "/workflow/[^/]+"),
    ("DELETE", "/workflow/[^/]+"),
    ("POST", "/workflow/[^/]+/version"),
    ("GET", "/workflows/all"),
    ("POST", "/machine/serverless"),
    ("PATCH", "/machine/serverless/[^/]+"),
    ("GET", "/machine/.*"),
    ("GET", "/machines/all"),
    ("DELETE", "/machine/[^/]+"),
    ("POST", "/machine/secret"),
    ("PATCH", "/machine/secret.*"),
    ("DELETE", "/machine/secret/[^/]+"),
    ("GET", "/machine/secrets/all"),
    ("POST", "/deployment"),
    ("PATCH", "/deployment/[^/]+"),
    ("GET", "/deployment.*"),
    ("DELETE", "/deployment/[^/]+"),
    ("GET", "/workflow/[^/]+/deployments"),
    ("POST", "/run/deployment/queue"),
    ("GET", "/run/.*"),
)
KINDS = ("401", "429", "500", "502", "503", "reset", "lost", "garbage", "truncated", "close_idle", "stale")

machines = st.sampled_from(("m0", "m1"))
workflows = st.sampled_from(("w0", "w1"))
gpus = st.sampled_from(("T4", "A10G"))
rollouts = st.sampled_from(("in_place", "replace"))
checks = st.sampled_from((None, "rollback", "rollback", "keep"))
steps = st.sampled_from((20, 30, 40))
faults = st.lists(
    st.tuples(st.sampled_from(ROUTES), st.sampled_from(KINDS), st.sampled_from((1, 1, 2, 6))), min_size=1, max_size=3
)
operations = st.sampled_from(("up", "up", "up", "up", "up", "up", "refresh", "destroy"))
changes = st.sampled_from(("", "machines", "workflows", "secrets", "deployments", "machines workflows secrets"))
moments = st.sampled_from((1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22))
"""After how many requests an operation is cut."""


class Life(RuleBasedStateMachine):
    """One stack against one platform."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.declared = Declared()
        self.stack = self.world.renew(lambda: self.declared.program())  # noqa: PLW0108  (declared is replaced)
        self.was_edited_by_hand = False

    @initialize(rollout=rollouts, check=checks, has_secret=st.booleans(), is_up=st.booleans())
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
    def declare_machine(self, name: str, **fields: Any) -> None:
        self._step("declare machine")
        self.declared.machines[name] = Machine(**fields)

    @rule(
        name=workflows,
        steps=steps,
        description=st.sampled_from((None, "a description")),
        is_named=st.booleans(),
        is_broken=st.sampled_from((False, False, False, True)),
    )
    def declare_workflow(self, name: str, **fields: Any) -> None:
        self._step("declare workflow")
        self.declared.workflows[name] = Workflow(**fields)

    @precondition(lambda self: self.declared.machines)
    @rule(name=st.sampled_from(("s0", "s1")), value=st.sampled_from(("canary-1", "canary-2")), on_all=st.booleans())
    def declare_secret(self, name: str, value: str, on_all: bool) -> None:
        self._step("declare secret")
        names = sorted(self.declared.machines)
        self.declared.secrets[name] = Secret(value, tuple(names if on_all else names[:1]))

    @precondition(lambda self: self.declared.workflows)
    @rule(name=st.sampled_from(("v0", "v1")), workflow=workflows, steps=steps)
    def declare_version(self, name: str, workflow: str, steps: int) -> None:
        self._step("declare version")
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
    def declare_deployment(
        self, workflow: str, environment: str, machine: str, of_version: bool, **fields: Any
    ) -> None:
        self._step("declare deployment")
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
    def drop(self, which: int) -> None:
        self._step("drop")
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
    def preview(self) -> None:
        self._step("preview")
        before = self.stack.resources()
        self.world.emulator.clear_requests()
        self._run("preview")
        writes = [request.method for request in self.world.emulator.requests if request.method != "GET"]
        assert writes == [], "a preview wrote"
        assert self.stack.resources() == before, "a preview changed the state"

    @rule(operation=operations, change=changes)
    def operate(self, operation: str, change: str) -> None:
        self._step(operation)
        self.declared.touch(change)
        {"up": self._up, "refresh": self._refresh, "destroy": self._destroy}[operation]()

    # Trouble.

    @rule(what=st.sampled_from(sorted(EDITS)), which=st.integers(0, 3), is_refreshed=st.booleans())
    def edit_by_hand(self, what: str, which: int, is_refreshed: bool) -> None:
        self._step("edit by hand")
        self.was_edited_by_hand |= by_hand(self.world, what, which)
        if is_refreshed:
            self._refresh()

    @rule(operation=operations, change=changes, faults=faults)
    def with_faults(self, operation: str, change: str, faults: list[tuple[tuple[str, str], str, int]]) -> None:
        self._step(f"{operation} with faults")
        self.declared.touch(change)
        for (method, route), kind, times in faults:
            if kind.isdigit():
                self.world.emulator.faults.add(method, route, "status", status=int(kind), times=times)
            else:
                self.world.emulator.faults.add(method, route, kind, times=times)
        self._troubled(operation)

    @rule(change=changes, builds=st.integers(0, 2), run=st.sampled_from(("", "failed", "timeout", "no_outputs")))
    def up_while_something_fails(self, change: str, builds: int, run: str) -> None:
        self._step("up while builds or runs fail")
        self.declared.touch(change)
        self.world.emulator.builds.outcome("error", times=builds)
        if run:
            self.world.emulator.runs.script(run, times=1)
        self._troubled("up")

    @rule(operation=operations, change=changes, after=moments, is_slow=st.booleans())
    def ctrl_c(self, operation: str, change: str, after: int, is_slow: bool) -> None:
        self._step(f"{operation} ended by Ctrl-C")
        self.declared.touch(change)
        if is_slow:
            self.world.emulator.builds.outcome("ready", seconds=HOURS)
            self.world.emulator.runs.script("success", seconds=HOURS)
        self._troubled(operation, cut="cancel", after=after)

    @rule(operation=operations, change=changes, after=moments)
    def kill(self, operation: str, change: str, after: int) -> None:
        self._step(f"{operation} killed")
        self.declared.touch(change)
        self._troubled(operation, cut="kill", after=after)

    # How they are done.

    def _step(self, name: str) -> None:
        TAKEN[name] += 1

    def _run(self, operation: str, cut: str | None = None, after: int = 0) -> Result:
        with _Cut(self, cut, after):
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
        invariants.no_version_was_appended_twice(self.world, self.stack)
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
        if not result.ok:
            declared.adopt = self._orphans_that_bear_no_mark()
            assert declared.adopt, f"up does not recover: {result.error}"
            assert all(id_ in result.error for id_ in declared.adopt.values()), f"not named: {result.error}"
            result = self._run("up")
            assert result.ok, f"up with adopt does not recover: {result.error}"
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
            self._recover()
            self._destroy()


class _Cut:
    """Cancels or kills the running operation once the platform has seen so many requests."""

    def __init__(self, life: Life, cut: str | None, after: int) -> None:
        self._end = getattr(life.stack, cut) if cut else None
        self._requests = life.world.emulator
        self._after = after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        if self._end is not None:
            self._requests.clear_requests()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._end is not None:
            self._thread.join()

    def _watch(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self._requests.requests) < self._after and time.monotonic() < deadline:
            if self._over.wait(0.001):
                return
        self._end()
