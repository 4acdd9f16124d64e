"""The proof: what a passed inference check has shown, as one record that promotion and policies read.

A proof is of exactly what it names: this target, this version of the workflow, this machine, this GPU. So it is kept
when something else is served, by an update without a check or by a hand: then it names another than what serves, and
whoever reads it compares. It ends in two ways only. A check that passes puts a new proof in its place. A check that
fails on the very same thing revokes it: the record stays, and says when, by which run and with which code.

A failed check of another version says nothing about the one before. When that one is put back, its proof holds as
before; when the failed one stays, the proof still names the former, and `last_check` says that the new one failed. Nor
does a check that found nothing out, for want of the network, the key or by Ctrl-C, revoke anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from pulumi_comfy import workflows
from pulumi_comfy._version import __version__
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json, Model, fields_marked, model_in, public, wire_name
from pulumi_comfy.inference.settings import DECIDES, CheckResult, CheckSettings


@public("index:ProofInput")
class ProofInput(Model):
    """One run input that callers may give; never a value of it."""

    name: Annotated[str, Field(description="Its name, as a run gives it; `<node>.<input>` where that is by node.")]
    type: Annotated[str, Field(description="`string`, `float`, `integer`, `boolean`, `binary`, `list` or `object`.")]
    has_default: Annotated[bool, Field(description="Whether a run may leave it out.")]


@public("index:ProofRevocation")
class Revocation(Model):
    """The later check that failed on the very thing that was proved."""

    revoked_at: Annotated[str, Field(description="When it failed (UTC, ISO 8601).")]
    run_id: Annotated[str | None, Field(description="The platform's id of its run.")] = None
    code: Annotated[str, Field(description="Code of its failure, `COMFY` and four digits.")]


@dataclass(frozen=True)
class Subject:
    """What a run runs, as far as its platform tells without being asked for it; None is not known.

    Attributes:
        workflow_version: the version, by the word that a program gives to deploy it.
        workflow_digest: SHA-256 of its document's canonical form.
        machine_digest: digest of the machine's definition.
        gpu: the GPU, in the platform's word.
        run_inputs: what a run may be given.
        machine: the machine, by the platform's id, where no digest tells it from another.
    """

    workflow_version: str | None = None
    workflow_digest: str | None = None
    machine_digest: str | None = None
    gpu: str | None = None
    run_inputs: Sequence[ProofInput] | None = None
    machine: str | None = None


_CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""A proof that ended later than now by no more than this was made on a machine whose clock is a little ahead."""

_PIN = ("workflow_version", "workflow_digest", "machine_digest", "gpu", "machine")
"""By what one thing that runs is told from another."""


@public("index:Proof")
class Proof(Model):
    """What a passed inference check has shown, of exactly what it names. No value of a run input, no address."""

    platform: Annotated[str, Field(description="The platform, by the name of its module.")]
    scope: Annotated[str, Field(description="The account; the host where no key tells it.")]
    target: Annotated[str, Field(description="The platform's id of what was run.")]
    workflow_version: Annotated[str | None, Field(description="The version, as a program names it to deploy it.")] = (
        None
    )
    workflow_digest: Annotated[
        str | None, Field(description="SHA-256 of the version's document in canonical form, in hex digits.")
    ] = None
    machine_digest: Annotated[
        str | None, Field(description="Digest of the machine's definition; none where nothing tells it.")
    ] = None
    gpu: Annotated[str | None, Field(description="GPU that it ran on, in the platform's word.")] = None
    machine: Annotated[
        str | None, Field(description="The platform's id of its machine, where no digest tells that from another.")
    ] = None
    check_digest: Annotated[
        str, Field(description="SHA-256 of what decides the check: its run inputs, expectations and time limits.")
    ]
    run_inputs: Annotated[
        list[ProofInput] | None, Field(description="Run inputs that callers may give; none where nothing tells them.")
    ] = None
    run_id: Annotated[str, Field(description="The platform's id of the run.")]
    sha256: Annotated[list[str], Field(description="SHA-256 of each fetched file, in hex digits.")] = []
    seconds: Annotated[float | None, Field(description="Seconds the run took, the cold start not counted.")] = None
    started_at: Annotated[str, Field(description="When the check began (UTC, ISO 8601).")]
    ended_at: Annotated[str, Field(description="When it had passed (UTC, ISO 8601).")]
    package_version: Annotated[str, Field(description="Version of this package.")]
    revoked: Annotated[
        Revocation | None, Field(description="The later check that failed on the very same; none while it holds.")
    ] = None

    def is_of(self, target: str, subject: Subject) -> bool:
        """Tell whether it is of this, and of nothing that is known to be another."""
        pairs = [(getattr(self, name), getattr(subject, name)) for name in _PIN]
        return self.target == target and all(one == other or None in (one, other) for one, other in pairs)

    def age(self, now: datetime) -> timedelta | None:
        """Give how long ago its check ended.

        None where nobody knows: a hand, or another version of this package, left no moment, or one that is yet to come.
        """
        try:
            ended = datetime.fromisoformat(self.ended_at.replace("Z", "+00:00"))
        except ValueError:
            return None
        age = now - (ended if ended.tzinfo else ended.replace(tzinfo=timezone.utc))
        return None if age < -_CLOCKS_DIFFER_BY else age

    def revoke(self, run_id: str | None, code: str) -> Proof:
        """Give it as it is after a check that failed now. Of two failures the first one counts."""
        if self.revoked is not None:
            return self
        return self.model_copy(update={"revoked": Revocation(revoked_at=now(), run_id=run_id, code=code)})


@dataclass(frozen=True)
class Record:
    """What a state holds of inference checks.

    Attributes:
        last: what the last one found; None where none was run.
        proof: what one has shown, perhaps of another version than what serves, perhaps revoked.
    """

    last: CheckResult | None = None
    proof: Proof | None = None

    @property
    def is_passed(self) -> bool:
        """Whether the last one passed."""
        return self.last is not None and self.last.is_passed


class CheckedOutputs(Model):
    """What every resource that is checked after it was deployed tells of its checks."""

    last_check: Annotated[CheckResult | None, Field(description="What the last inference check found.")] = None
    proof: Annotated[
        Proof | None,
        Field(
            description="What the last passed inference check has shown, of exactly the version and machine that it "
            "names; revoked by a later one that fails on the same. None where none has passed."
        ),
    ] = None

    @property
    def record(self) -> Record:
        """Both."""
        return Record(self.last_check, self.proof)


StoredT = TypeVar("StoredT", bound=Model)


def stored(model: type[StoredT], told: Json) -> StoredT | None:
    """Read what this package wrote into a state, such as a proof; keys that only a newer version knows are left out.

    Args:
        model: what is read.
        told: what the state holds.

    Returns:
        None where nothing is there, or nothing that can be read.
    """
    if not isinstance(told, Mapping):
        return None
    try:
        return model.model_validate(_known(model, told))
    except ValidationError:
        return None


def _known(model: type[Model] | None, told: Json) -> Json:
    """Give it without the keys that a model, or one nested in it, does not have."""
    if isinstance(told, list):
        return [_known(model, one) for one in told]
    if model is None or not isinstance(told, Mapping):
        return told
    nested = {info.alias or name: model_in(info.annotation) for name, info in model.model_fields.items()}
    return {key: _known(nested[key], value) for key, value in told.items() if key in nested}


def now() -> str:
    """Give the moment (UTC, ISO 8601, to the second)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def proof_of(
    subject: Subject, target: str, result: CheckResult, check: CheckSettings, started_at: str, call: Call[Any]
) -> Proof:
    """Write down what a check has shown that passes now.

    Args:
        subject: what was run.
        target: the platform's id of it.
        result: what the check found.
        check: what was asked.
        started_at: when the check began.
        call: the call that checked.
    """
    inputs = None if subject.run_inputs is None else list(subject.run_inputs)
    return Proof(
        platform=call.connection.platform.key,
        scope=call.scope,
        target=target,
        **{name: getattr(subject, name) for name in _PIN},
        check_digest=check_digest(check, call),
        run_inputs=inputs,
        run_id=result.run_id or "",
        sha256=result.sha256,
        seconds=result.run_seconds,
        started_at=started_at,
        ended_at=now(),
        package_version=__version__,
    )


def check_digest(check: CheckSettings, call: Call[Any]) -> str:
    """Give the digest of what decides whether a check passes.

    What the program gives as a secret counts as «a secret»: a short one could be guessed from a digest of it.
    """
    model, wire = type(check), check.to_wire()
    names = [wire_name(model, name) for name in sorted(fields_marked(model, DECIDES))]
    asked: Json = {name: call.secrecy.hidden_in(wire.get(name), (*check.place, name)) for name in names}
    text = json.dumps(workflows.canonical_value(asked), sort_keys=True)
    return workflows.sha256_of([text]).hexdigest()
