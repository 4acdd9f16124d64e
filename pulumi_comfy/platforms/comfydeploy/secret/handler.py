"""A ComfyDeploy secret: a named set of environment variables, linked to machines.

Values reach a machine by a build only, so every change is followed by a rebuild of the machines concerned. The
platform cannot rename a secret, and creates none without a machine
(docs/platforms/comfydeploy.md 2.6). A new machine and its secrets,
however many, take two builds therefore: the first begins in the very request that makes the machine, before there is an
id to link to. The second runs the same image commands, whose layers the builder has by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, InputError, KeptError, OutcomeError
from pulumi_comfy.core.model import Json, is_known
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineVersionRow
from pulumi_comfy.platforms.comfydeploy.secret.fields import SecretInputs, SecretOutputs, SecretState
from pulumi_comfy.platforms.comfydeploy.secret.links import link, own_rows, warn_of_double_keys, without_dead

_PARTNER_KEY = "API_KEY_COMFY_ORG"


class SecretHandler(Handler[SecretInputs, SecretOutputs, ComfyDeployApi]):
    """Secrets. Import: the id is the secret's UUID."""

    token = "comfydeploy:Secret"
    label = "secret"
    set_after_insert = frozenset({"machine_ids"})  # it is born linked to the first
    inputs_model = SecretInputs
    outputs_model = SecretOutputs
    timeouts = Timeouts(create=builds.BUILD_TIMEOUT, update=builds.BUILD_TIMEOUT)
    foresees = True

    def normalise(self, inputs: SecretInputs, call: Call[Any]) -> SecretInputs:
        """Say what a name that the platform itself listens to does (2.6)."""
        if isinstance(inputs.variables, dict) and _PARTNER_KEY in inputs.variables:
            call.warn(
                f"`{_PARTNER_KEY}` switches off the platform's own proxy for ComfyUI's partner nodes; "
                "leave it out to keep the proxy"
            )
        return inputs

    def explain(self, old_inputs: Mapping[str, Json], inputs: SecretInputs, changed: Set[str]) -> list[str]:  # noqa: ARG002
        """Say that the variables changed: the engine shows no value, and so no difference."""
        return ["the variables changed; they are secret, so it is not shown how"] if "variables" in changed else []

    def deletes_before_replace(self, prior: SecretState, inputs: SecretInputs) -> bool:  # noqa: ARG002
        """Two secrets with the same keys on one machine merge in no defined order."""
        return True

    def repair(self, prior: SecretState, inputs: SecretInputs) -> str | None:
        """A machine that was not rebuilt since the last change runs without the variables, or still with them."""
        if not inputs.rebuild_machines or not isinstance(inputs.machine_ids, list) or not is_known(inputs.machine_ids):
            return None
        built, declared = _built(prior).keys(), set(inputs.machine_ids)
        words = [f"machine {machine} gets it by a build" for machine in sorted(declared - built)]
        words += [f"machine {machine} no longer gets it" for machine in sorted(built - declared)]
        return ", ".join(words) or None

    async def foresee(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> None:
        """Refuse a new name that is somebody else's before the old secret is deleted for it."""
        if is_known(inputs.name) and (call.old_inputs or {}).get("name") not in (None, inputs.name):
            for one in await self.find(inputs, call):
                if one.id not in call.memory.ids_of(call.urn) and call.memory.owner_of(one.id, call.urn) is None:
                    got = f"{inputs.name!r} is the name of {one.label} ({one.id}), which this resource does not own"
                    raise InputError("COMFY1001", tried="name", got=got, todo="Choose another name, or remove it.")

    async def find(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Secrets of the same name."""
        rows = await own_rows(call)
        return [Found(row.id, f'secret "{row.name}"') for row in rows if row.name == inputs.name]

    async def insert(
        self,
        inputs: SecretInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> Inserted[None]:
        """Create it, linked to its first machine."""
        if len(set(inputs.machine_ids)) == 1:  # else it is said when the others are linked
            warn_of_double_keys(await own_rows(call), None, inputs, call)
        created = await call.client.create_secret(
            name=str(inputs.name), variables=inputs.variables, machine_id=inputs.machine_ids[0]
        )
        return Inserted(created.id)

    async def complete(self, made: Inserted[None], inputs: SecretInputs, call: Call[ComfyDeployApi]) -> SecretState:
        """Link the other machines, then rebuild all of them, and those that only the one it replaces was linked to."""
        machines = set(inputs.machine_ids)
        if len(machines) > 1:  # it is born linked to the first
            await link(made.id, inputs, set(), call)
        replacement = _replacement(call)
        replacement.is_made = True
        without = dict.fromkeys(replacement.left - machines, "")
        return await _rebuild(inputs, _Plan(machines, without=without), call)

    async def read(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> Seen[SecretOutputs] | None:
        """Find it in the account's list; the platform has no other way to read one.

        Variables that are not the ones in the state are in no build that the state knows of.
        """
        row = next((row for row in await own_rows(call) if row.id == object_id), None)
        if row is None:
            return None
        variables = {pair.key: pair.value or "" for pair in row.environment_variables}
        live = await without_dead(row.machines, prior.inputs.machine_ids, call)
        leaving = (_leaving(prior) & set(live)) - set(prior.inputs.machine_ids or ())
        machines = [machine for machine in live if machine not in leaving]
        is_same = variables == prior.inputs.variables
        built = {key: value for key, value in _built(prior).items() if is_same or key not in machines}
        seen = {"name": row.name, "variables": variables, "machine_ids": machines}
        unseen = _unseen(prior) if is_same else {}
        told = {"machine_version_ids": built, "unseen_version_ids": unseen, "leaving_machine_ids": sorted(leaving)}
        return Seen(seen, SecretOutputs(**told))

    async def update(
        self, object_id: str, prior: SecretState, inputs: SecretInputs, changed: Set[str], call: Call[ComfyDeployApi]
    ) -> SecretState:
        """Replace the variables, link and unlink by difference, rebuild the machines concerned.

        A machine that is being replaced keeps its link: it serves again when the new one fails its check.
        """
        if "variables" in changed:
            await call.client.replace_variables(object_id, inputs.variables)
        now, built, former = set(inputs.machine_ids), _built(prior), set(prior.inputs.machine_ids or ())
        replaced = {machine for machine in built.keys() | former if call.memory.is_replaced(machine)}
        leaving = (_leaving(prior) | replaced) - now
        before = set(await link(object_id, inputs, leaving, call))
        stale = now if "variables" in changed else now - built.keys() | now - before
        kept = {key: value for key, value in built.items() if key in now - stale}
        without = {key: built.get(key, "") for key in (before | built.keys()) - now - leaving}
        as_begun = without.keys() - before if "variables" in changed else (now & before) | (without.keys() - before)
        begun = {key: value for key, value in _unseen(prior).items() if key in as_begun}
        return await _rebuild(inputs, _Plan(stale, kept, without, begun, leaving & before), call)

    async def delete(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> None:
        """Delete it with its links. Machines that stay are rebuilt without it, those on their way out are not.

        Where it is replaced and goes first, the new one's create rebuilds them. Where the new one came first, its build
        has taken in both: nothing tells which of two values an image holds (2.6).
        """
        await call.client.delete_secret(object_id)
        if not prior.inputs.rebuild_machines:
            return
        staying = {machine for machine in prior.inputs.machine_ids or () if call.memory.stays(machine)}
        replacement = _replacement(call)
        if call.memory.is_replaced(object_id) and not replacement.is_made:
            replacement.left |= staying
            return
        await asyncio.gather(*(builds.rebuild(machine, call) for machine in sorted(staying)))
        if staying:
            built = ", ".join(sorted(staying))
            call.inform(f"rebuilt without it: machine {built}. No check of this update has seen that image")


@dataclass
class _Replacement:
    """What this run has done of the replacement of a secret.

    Attributes:
        is_made: whether the new one has been created.
        left: machines that the old one was linked to, where that was deleted first.
    """

    is_made: bool = False
    left: set[str] = field(default_factory=set)


def _replacement(call: Call[ComfyDeployApi]) -> _Replacement:
    known: _Replacement = call.memory.notes("replaced secrets").setdefault(call.urn, _Replacement())
    return known


def _built(prior: SecretState) -> dict[str, str]:
    return prior.outputs.machine_version_ids or {}


def _unseen(prior: SecretState) -> dict[str, str]:
    return prior.outputs.unseen_version_ids or {}


def _leaving(prior: SecretState) -> set[str]:
    return set(prior.outputs.leaving_machine_ids or ())


@dataclass(frozen=True)
class _Plan:
    """Which machines are to be built.

    Attributes:
        machines: those that are to take the variables in.
        built: those that have them, and their builds.
        without: those that are to lose them, and the builds that had them.
        begun: builds of an earlier run that nobody saw end, by machine; they count.
        leaving: machines that keep their link although they are declared no more.
    """

    machines: Set[str]
    built: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, str] = field(default_factory=dict)
    leaving: Set[str] = frozenset()


async def _rebuild(inputs: SecretInputs, plan: _Plan, call: Call[ComfyDeployApi]) -> SecretState:
    """Rebuild machines side by side; the state keeps what succeeded, so that the next `up` builds only the rest."""
    versions, unseen = {**plan.built, **plan.without}, dict[str, str]()
    failures: list[BaseException] = []
    order = sorted({*plan.machines, *plan.without}) if inputs.rebuild_machines else []
    results = await asyncio.gather(*(_build(machine, plan, call) for machine in order), return_exceptions=True)
    for machine, result in zip(order, results, strict=True):
        if isinstance(result, BaseException):
            failures.append(result)
            if isinstance(result, builds.UnseenBuildError):
                unseen[machine] = result.version_id
        elif machine in plan.without:
            del versions[machine]
        elif result is not None:
            versions[machine] = result.id
        else:
            failures.append(OutcomeError("COMFY2404", tried=f"rebuild machine {machine}", got="it no longer exists"))
    leaving = sorted(plan.leaving)
    told = SecretOutputs(machine_version_ids=versions, unseen_version_ids=unseen, leaving_machine_ids=leaving)
    state = State(inputs, told)
    for failure in failures:
        if not isinstance(failure, ComfyError):
            raise failure
        raise KeptError.of(failure, state)
    return state


async def _build(machine: str, plan: _Plan, call: Call[ComfyDeployApi]) -> MachineVersionRow | None:
    if machine in plan.begun:
        return await builds.finish(machine, plan.begun[machine], call)
    return await builds.rebuild(machine, call)
