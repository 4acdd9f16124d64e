"""Runs of a deployment: started once, watched by the server's row of the run, judged when that says so.

Facts: docs/platforms/selfhosted.md 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from pulumi_comfy.comfyui_protocol.refusals import failure_words, refusal_words
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError, LostAnswerError, OutcomeError, PlatformError, StatusError
from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.core.http.endpoints import seconds_between
from pulumi_comfy.core.model import Json, Model, public
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.deploy_protocol.runs import VersionRunner, items_in, phase_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.prove import FAILED
from pulumi_comfy.inference.runner import Phase, Progress, Run, post_command, without_texts
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.dialect import NO_DEPLOYMENT, NO_WORKFLOW
from pulumi_comfy.platforms.selfhosted.fields import SETTINGS
from pulumi_comfy.platforms.selfhosted.rows import RunRow

_NO_CANCEL = "the server cancels no run; one whose machine is lost stays as it is for ever"
_IGNORED = {f"ComfyUIDeployExternal{name}" for name in ("Boolean", "Enum", "FaceModel", "Lora", "Seed", "TextAny")}
"""Classes whose nodes read another key than the one that the server writes (3.2)."""
_NO_ID = "it is not told which run that was, which the web UI shows with what its machine reported, and it may go on"
_MEANINGS = {
    "fetch failed": "the server cannot reach the machine",
    "Error creating run, Bad Request": "its ComfyUI does not take the prompt, most often for a model that it lacks",
    "Error creating run, Internal Server Error": "a plugin since 2025-05-10 fails so at a literal seed",
    "Error creating run, Unprocessable Entity": "the public builder's app fails so at whatever this server sends",
}
"""What the server's words mean, which are all that is told of a start that failed (3.1, 5.2, 5.3)."""
_LOOK = "Look at the workflow's runs in the server's web UI, then run `pulumi up` again."
_TRACE = ("stack_trace", "traceback")


def _plain(inputs: dict[str, Json]) -> dict[str, Json]:
    """Refuse what the server's validation does."""
    others = [name for name, one in inputs.items() if isinstance(one, bool) or not isinstance(one, str | int | float)]
    wrong = [name for name in others if not contains_unknown(inputs[name])]
    if wrong:
        raise ValueError(f"the server takes texts and numbers only, so none for {', '.join(map(repr, sorted(wrong)))}")
    return inputs


class GivenInputs(Model):
    """How a run of a self-hosted server is given its inputs."""

    inputs: Annotated[
        dict[str, Json],
        AfterValidator(_plain),
        settings.DECIDES,
        Field(
            description="Run inputs, texts and numbers, by the `input_id` of the workflow's external input nodes; "
            "others keep theirs. Whole numbers beyond 2^53 are given as text."
        ),
    ] = {}


@public("selfhosted:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenInputs):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. The server cancels no run."""


class DeploymentRunner(VersionRunner[SelfHostedApi]):
    """A deployment that can be run.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        version: what it is known to serve; None where that is seen by the run only.
        declared: what it is declared to point to, by the names of the run's row; what is None is not compared.
        digest: what the version is declared to hold; None where it is not compared.
        connection: the name of the connection.
    """

    if_changed = "Declare what it points to, or point it back in the server's web UI."

    def __init__(
        self,
        call: Call[SelfHostedApi],
        deployment_id: str,
        version: Version | None,
        declared: Mapping[str, str | None],
        digest: str | None,
        connection: str | None,
    ) -> None:
        super().__init__(call, deployment_id, version)
        self._declared, self._digest, self._connection = declared, digest, connection
        self._given: Mapping[str, Json] = {}
        self._run: RunRow | None = None

    def misfit(self, check: settings.CheckSettings, place: str, tried: str | None = None) -> InputError | None:
        """Refuse any node that must have an output, too."""
        asked = getattr(check.expect, "node_ids", None)
        if not asked:
            return super().misfit(check, place, tried)
        known = [one for one in (asked if isinstance(asked, list) else ()) if isinstance(one, str)]
        got = "this server does not tell which node made an output"
        got += f", so not whether {known[0]} did" if known else ""
        return InputError("COMFY1202", tried=tried or f"{place}expect.node_ids", got=got)

    def subject(self) -> Subject:
        """Give version and machine, which the run itself names, and what is known of the version."""
        known, run = self._version, self._run
        ran, machine = (run.workflow_version_id, run.machine_id) if run else (None, None)
        if known is None or (ran and ran != known.id):
            return Subject(ran, machine=machine)
        return Subject(known.id, known.digest, run_inputs=known.described, machine=machine)

    def given(self, check: settings.CheckSettings) -> Mapping[str, Json]:
        """Give the inputs, and a fresh value to each seed that the program leaves open."""
        self._given = super().given(check)
        told = self._given.keys() - self._seeds.keys()
        offered = (self._version.inputs or ()) if self._version else ()
        idle = sorted({repr(one.input_id) for one in offered if one.input_id in told and one.class_type in _IGNORED})
        if idle:
            self.call.warn(
                f"the nodes of {', '.join(idle)} ignore what this server sends them, and keep their defaults"
            )
        return self._given

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:  # noqa: ARG002
        """Start it once: of a run whose answer is lost or whose start failed nobody tells the id."""
        try:
            return await self.call.client.start_run(self._id, given)
        except LostAnswerError as lost:
            got = f"{lost.got}; whether a run began cannot be told: the server lists none"
            raise LostAnswerError(lost.code, tried=lost.tried, got=got, todo=_LOOK) from None
        except StatusError as refused:
            if refused.detail in (NO_DEPLOYMENT, NO_WORKFLOW):
                got = f"there is no deployment {self._id} for this key ({refused.detail})"
                todo = "Check the id, and whose key it is."  # nothing but a run tells that it is gone
                raise PlatformError("COMFY2404", tried=refused.tried, got=got, todo=todo) from None
            if refused.code != "COMFY2400":
                raise
            meant = next(
                (f" ({meaning})" for words, meaning in _MEANINGS.items() if refused.detail.startswith(words)), ""
            )
            raise OutcomeError(FAILED, tried=refused.tried, got=f"{refused.detail}{meant}; {_NO_ID}") from None

    async def look(self, run_id: str) -> Progress:
        """Read it; when it is done, see that it took every input."""
        self._run = row = await self.call.client.get_run(run_id)
        if row is None:
            raise OutcomeError(FAILED, tried=f"run {run_id}", got="the server no longer knows it")
        phase = phase_of(row.status)
        if phase is Phase.FAILED:
            reasons = "; ".join(failures_in(row)) or "it gives no reason"
            raise OutcomeError(FAILED, tried=f"run {run_id}", got=f"ended as {row.status}: {reasons}")
        if phase is not Phase.DONE:
            return Progress(phase, row.status, "inference check")
        await self._read_what_ran(row)
        ignored = self._version.problems(self._given) if self._version else []
        if ignored:
            got = f"the server ignored some inputs: {'; '.join(ignored)}"
            raise OutcomeError(FAILED, tried=f"run {run_id}", got=got)
        items = [item for data in row.data for item in items_in(data, "") if "error" not in data]
        waited = seconds_between(row.created_at, row.started_at)
        ran = seconds_between(row.started_at, row.ended_at)
        return Progress(phase, row.status, run=Run(run_id, items, waited, ran))

    async def changed_meanwhile(self) -> str:
        """Compare what ran with what is declared: no route reads a deployment on the public server."""
        row = self._run
        if row is None:
            return ""
        other = [
            f"`{name}` {ran}, where {declared} is declared"
            for name, declared in self._declared.items()
            if None not in (declared, ran := getattr(row, name)) and ran != declared
        ]
        if self._digest is not None:
            await self._read_what_ran(row)
            if self._version is not None and self._version.digest != self._digest:
                other.append(f"version {self._version.id}, which holds another document than is declared")
        return f"the deployment has drifted: it points to {' and to '.join(other)}" if other else ""

    async def _read_what_ran(self, row: RunRow) -> None:
        """Know the version that the run names, whatever it was believed to be."""
        ran = row.workflow_version_id
        if ran and (self._version is None or self._version.id != ran):
            told = await self.call.client.get_version(ran)
            self._version = Version.of(told) if told else None

    async def cancel(self, run_id: str) -> str:  # noqa: ARG002
        """Say that nothing can."""
        return _NO_CANCEL

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that starts it: any text among the inputs may be a secret of the program."""
        variable = SETTINGS.credential_of(self._connection).environment
        body: Json = {"deployment_id": self._id, "inputs": without_texts(given)}
        return post_command(self.call.client.run_url, variable, body)


def failures_in(row: RunRow) -> list[str]:
    """Say why a run failed, in the shapes in which its machine reports that."""
    told = [*row.data, {"error": row.error}]
    return list(dict.fromkeys(filter(None, (words for data in told for words in _failures(data)))))


def _failures(data: Mapping[str, Json]) -> Iterator[str]:
    error = data.get("error", data if "exception_message" in data else None)
    if not isinstance(error, Mapping):
        yield detail_of({"detail": error}) if isinstance(error, str) else ""
        return
    yield from refusal_words({"error": error, "node_errors": error.get("node_errors") or data.get("node_errors")})
    yield failure_words(error)
    if "exception_message" not in error and "node_errors" not in error:
        kind = next((error[one] for one in ("error_type", "type") if isinstance(error.get(one), str)), "")
        trace = next((error[one] for one in _TRACE if isinstance(error.get(one), str)), "")
        yield detail_of({"detail": ": ".join(filter(None, (kind, trace.strip().rpartition("\n")[2])))})
