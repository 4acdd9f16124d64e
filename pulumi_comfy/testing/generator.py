"""Step generation: from one registration at a time to the steps it needs (docs/pulumi.md 5.8)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

from . import diffs, steps
from .aliases import AliasTable
from .errors import StepFailed, UnsupportedFeature
from .goals import Goal
from .graph import DependencyGraph
from .provider_client import CheckFailure, Diff
from .providers import Providers
from .replacement import DependentReplacements
from .results import Diagnostic
from .state import ResourceState, Snapshot
from .steps import Step, visible_changes
from .urns import is_provider_type, make_urn, name_of
from .values import Properties, unwrap
from .wording import marked, shown


class Bail(StepFailed):
    """The operation cannot go on, and why has been logged already."""

    logged = True


@dataclass
class _Registration:
    """One registration on its way through the generator."""

    goal: Goal
    new: ResourceState
    old: ResourceState | None
    recreating: bool
    forced: bool = False

    @property
    def fresh(self) -> bool:
        """Whether the old inputs mean nothing to Check."""
        return self.old is None or self.recreating or self.forced or self.old.external


class StepGenerator:
    """Turns goals into steps. Not thread-safe: the caller holds `lock` (goals are handled one after the other)."""

    def __init__(
        self,
        base: Snapshot,
        providers: Providers,
        *,
        stack: str,
        project: str,
        preview: bool,
        log: Callable[[Diagnostic], None],
        forced: Collection[str] = (),
    ) -> None:
        self.lock = threading.RLock()
        self.aliases = AliasTable(stack, project)
        self.errored = False
        self._base = base
        self._olds = {state.urn: state for state in base.resources if not state.delete}
        self._graph = DependencyGraph(base.resources)
        self._providers = providers
        self._preview = preview
        self._log = log
        self._forced = forced
        self._urns: set[str] = set()
        self._operated: dict[str, str] = {}
        self._deletes: set[str] = set()
        self._deleted: set[int] = set()
        self._dependents = DependentReplacements(self._olds, self._graph, providers)

    def outputs_before(self) -> Properties:
        """Type and outputs of each live resource as the operation found them, by URN; secrets in clear."""
        return {
            urn: {"type": state.type, "outputs": {key: unwrap(value) for key, value in state.outputs.items()}}
            for urn, state in self._olds.items()
        }

    def register(self, goal: Goal) -> tuple[list[Step], ResourceState]:
        """The steps of one registration, and the record they build.

        Raises:
            Bail: An error that has been logged (invalid inputs, protection, a duplicate URN).
            StepFailed: The provider could not check or diff.
            UnsupportedFeature: An import.
        """
        if goal.parent and goal.parent not in self._urns:
            raise StepFailed(f"could not find parent resource {goal.parent}")
        urn = self._claim(goal.parent, goal.type, goal.name)
        old, alias = self._find_old(urn, goal)
        self._refuse_import(goal, old)
        new = goal.new_state(urn, old, alias)
        forced = goal.custom and goal.name in self._forced and not is_provider_type(goal.type)
        registration = _Registration(goal, new, old, urn in self._deletes, forced)
        new.inputs = self._check(registration)
        return self._decide(registration), new

    def read(self, state: ResourceState) -> list[Step]:
        """The steps of a `ReadResource` registration.

        Raises:
            Bail: A duplicate URN.
        """
        if state.parent and state.parent not in self._urns:
            raise StepFailed(f"could not find parent resource {state.parent}")
        state.urn = self._claim(state.parent, state.type, name_of(state.urn))
        old = self._olds.get(state.urn)
        if old is not None and not old.external and old.id != state.id:
            self._operated[state.urn] = steps.REPLACE
            return [
                Step(steps.READ_REPLACEMENT, old=old, new=state, keeps_old=True),
                Step(steps.REPLACE, old=old, new=state),
            ]
        self._operated[state.urn] = steps.READ
        return [Step(steps.READ, old=old, new=state)]

    def deletes(self) -> list[list[Step]]:
        """What the program no longer declares and what waits for its deletion, in groups, dependents first.

        What a protected record needs stays with it.
        """
        steps_of = {id(state): (state, step) for state in self._base.resources if (step := self._delete_step(state))}
        protected = [state for state, step in steps_of.values() if step.op == steps.DELETE and state.protect]
        for needed in self._graph.needed_by(protected):
            steps_of.pop(id(needed), None)
        condemned = [state for state, _ in steps_of.values()]
        self._deletes.update(state.urn for state in condemned)
        return [[steps_of[id(state)][1] for state in group] for group in self._graph.delete_groups(condemned)]

    def is_being_deleted(self, urn: str) -> bool:
        """Whether a deletion of that URN is part of this run (for `deleted_with`)."""
        return urn in self._deletes

    def _delete_step(self, state: ResourceState) -> Step | None:
        if state.delete:
            if id(state) in self._deleted:
                return None
            return Step(steps.DISCARD_REPLACED if state.external else steps.DELETE_REPLACED, old=state)
        if self.aliases.new_of_old.get(state.urn, state.urn) in self._operated:
            return None
        if state.pending_replacement:
            return Step(steps.REMOVE_PENDING_REPLACE, old=state)
        return Step(steps.READ_DISCARD if state.external else steps.DELETE, old=state)

    def _claim(self, parent: str, type_: str, name: str) -> str:
        urn = make_urn(self.aliases.stack, self.aliases.project, parent, type_, name)
        if urn in self._urns:
            raise self._bail(urn, f"Duplicate resource URN '{urn}'; try giving it a unique name")
        self._urns.add(urn)
        return urn

    def _bail(self, urn: str, message: str) -> Bail:
        self._log(Diagnostic(urn, "error", message))
        self.errored = True
        return Bail(message)

    def _find_old(self, urn: str, goal: Goal) -> tuple[ResourceState | None, str]:
        for candidate in [urn, *self.aliases.candidates(goal)]:
            old = self._olds.get(candidate)
            if old is None:
                continue
            if candidate == urn:
                return old, ""
            taken = self.aliases.new_of_old.get(candidate, candidate if candidate in self._urns else "")
            if taken:
                text = f"Duplicate resource alias '{candidate}' applied to resource with URN '{urn}'"
                raise self._bail(urn, f"{text} conflicting with resource with URN '{taken}'")
            self.aliases.adopt(candidate, urn)
            return old, candidate
        return None, ""

    def _refuse_import(self, goal: Goal, old: ResourceState | None) -> None:
        known = (old.import_id or old.id) if old is not None and not old.external else ""
        if goal.import_id and goal.custom and goal.import_id != known:
            raise UnsupportedFeature(
                f"the `import_` option (resource {goal.name!r})",
                "no dynamic resource can be imported, with the real engine neither",
            )

    def _check(self, registration: _Registration, *, fresh: bool | None = None) -> Properties:
        goal, old, new = registration.goal, registration.old, registration.new
        fresh = registration.fresh if fresh is None else fresh
        inputs = goal.inputs
        if old is not None and not fresh:
            inputs = diffs.apply_ignore_changes(inputs, old.inputs, goal.ignore_changes)
        if not goal.custom or is_provider_type(goal.type):
            return inputs
        olds = old.inputs if old is not None and not fresh else {}
        checked, failures = self._providers.client(goal.provider).check(new.urn, olds, inputs)
        if failures:
            raise self._invalid(new, checked, failures)
        return checked

    def _invalid(self, new: ResourceState, inputs: Properties, failures: list[CheckFailure]) -> Bail:
        for failure in failures:
            text = f"{new.type} resource '{name_of(new.urn)}'"
            if failure.property:
                text += f": property {failure.property} value {shown(inputs.get(failure.property))}"
            self._log(Diagnostic(new.urn, "error", f"{text} has a problem: {failure.reason}"))
        self.errored = True
        return Bail(f"resource {new.urn} is invalid")

    def _decide(self, registration: _Registration) -> list[Step]:
        old, new = registration.old, registration.new
        if old is not None and registration.recreating:
            self._deletes.discard(new.urn)
            self._operated[new.urn] = steps.REPLACE
            keys = self._dependents.keys.get(old.urn, ())
            return self._recreate(old, new, keys)
        if old is not None and old.external:
            self._operated[new.urn] = steps.CREATE
            return self._replace_keeping_old(old, new, ())
        if old is None:
            self._operated[new.urn] = steps.CREATE
            return [Step(steps.CREATE, new=new)]
        if registration.forced:  # the provider is asked for no diff
            return self._replace(registration, old, Diff(changes=True))
        return self._steps_of_diff(registration, old, self._diff(registration, old))

    def _diff(self, registration: _Registration, old: ResourceState) -> Diff:
        goal, new = registration.goal, registration.new
        if new.deleted_with and self._operated.get(new.deleted_with) == steps.REPLACE:
            return Diff(changes=True, replaces=("deletedWith",))
        if old.provider != new.provider and not (old.provider and new.provider):
            return Diff(changes=True, replaces=("provider",))
        if is_provider_type(goal.type):
            return diffs.compare_inputs(old.outputs, new.inputs)
        if not goal.custom:
            return diffs.compare_inputs(old.inputs, new.inputs)
        return diffs.ask_provider(self._providers.client(goal.provider), old, new.inputs, goal.ignore_changes)

    def _steps_of_diff(self, registration: _Registration, old: ResourceState, diff: Diff) -> list[Step]:
        goal, new = registration.goal, registration.new
        diff = diffs.apply_replace_on_changes(diff, goal.replace_on_changes, has_init_errors=bool(old.init_errors))
        if (diff.changes and diff.replaces) or old.pending_replacement:
            return self._replace(registration, old, diff)
        if diff.changes or old.init_errors:
            self._operated[new.urn] = steps.UPDATE
            return [Step(steps.UPDATE, old=old, new=new, diff=marked(diff, old, new))]
        self._operated[new.urn] = steps.SAME
        return [Step(steps.SAME, old=old, new=new)]

    def _replace(self, registration: _Registration, old: ResourceState, diff: Diff) -> list[Step]:
        goal, new = registration.goal, registration.new
        if new.protect and old.protect:
            message = (
                f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
            bail = self._bail(new.urn, message)
            if not self._preview:
                raise bail
        self._operated[new.urn] = steps.REPLACE
        if not registration.fresh:
            new.inputs = self._check(registration, fresh=True)
        marks = marked(diff, old, new)
        first = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            first = goal.delete_before_replace
        if not first and not old.pending_replacement:
            return self._replace_keeping_old(old, new, diff.replaces, marks)
        found = self._delete_dependents(old) if first else []
        if not old.pending_replacement:
            self._deletes.add(old.urn)
            self._deleted.add(id(old))
            found.append(Step(steps.DELETE_REPLACED, old=old, pending_replacement=True, replacing=diff.replaces))
        return [*found, *self._recreate(old, new, diff.replaces, marks)]

    def _delete_dependents(self, root: ResourceState) -> list[Step]:
        """Deletions, in reverse order, of what would have to be replaced along with a delete-before-replace."""
        found = []
        for state in reversed(self._dependents.of(root, {*self._operated, *self._deletes})):
            if id(state) in self._deleted:
                continue
            if state.protect:
                raise self._bail(
                    root.urn,
                    f'unable to replace resource "{state.urn}" as part of replacing "{root.urn}" as it is currently '
                    "marked for protection. To unprotect the resource, remove the `protect` flag from the resource in "
                    "your Pulumi program and run `pulumi up`, or use the command:\n"
                    f"`pulumi state unprotect '{state.urn}'`",
                )
            found.append(Step(steps.DELETE_REPLACED, old=state, pending_replacement=True))
            self._deletes.add(state.urn)
            self._deleted.add(id(state))
        return found

    @staticmethod
    def _recreate(
        old: ResourceState, new: ResourceState, keys: tuple[str, ...], marks: tuple[str, ...] | None = None
    ) -> list[Step]:
        marks = visible_changes(old, new) if marks is None else marks
        return [
            Step(steps.REPLACE, old=old, new=new, replacing=keys, diff=marks),
            Step(steps.CREATE_REPLACEMENT, old=old, new=new, replacing=keys, diff=marks),
        ]

    @staticmethod
    def _replace_keeping_old(
        old: ResourceState, new: ResourceState, keys: tuple[str, ...], marks: tuple[str, ...] | None = None
    ) -> list[Step]:
        marks = visible_changes(old, new) if marks is None else marks
        return [
            Step(steps.CREATE_REPLACEMENT, old=old, new=new, replacing=keys, diff=marks, keeps_old=True),
            Step(steps.REPLACE, old=old, new=new, replacing=keys, diff=marks),
        ]
