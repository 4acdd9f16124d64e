"""Runs of a saved version: queued with the version's id, watched, judged by what they made.

Facts: docs/platforms/comfycloud.md 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol.overrides import GivenOverrides, merged
from pulumi_comfy.comfyui_protocol.refusals import failure_words
from pulumi_comfy.comfyui_protocol.rows import JobState, PromptRow
from pulumi_comfy.comfyui_protocol.runner import PromptRunner
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    ComfyError,
    LostAnswerError,
    LostEngineError,
    PlatformError,
)
from pulumi_comfy.core.model import Json, public
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.prove import Failed, check
from pulumi_comfy.inference.runner import Progress, post_command, without_texts
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.fields import SETTINGS

_UNPAID = frozenset({"InsufficientFundsError", "InactiveSubscriptionError"})
"""Failures of a run that say nothing about the workflow (3.2)."""
_NEWEST = 10
"""Jobs among which one is looked for whose answer was lost."""


@public("comfycloud:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenOverrides):
    """A real run of the saved version: `pulumi up` fails when it renders nothing. Each check costs credits."""


class SavedVersion(NamedTuple):
    """A version of a workflow on the platform.

    Attributes:
        workflow_id: whose it is.
        id: its UUID, which runs are given.
        digest: SHA-256 of its document's canonical form.
    """

    workflow_id: str
    id: str
    digest: str


class VersionRunner(PromptRunner[ComfyCloudApi]):
    """A saved version that can be run.

    Args:
        call: the call that checks it.
        saved: the version.
        prompt: its API prompt; empty while none could be made.
        classes: the platform's node classes.
        connection: the name of the connection.
    """

    target = "workflow"

    def __init__(
        self,
        call: Call[ComfyCloudApi],
        saved: SavedVersion,
        prompt: Mapping[str, Any],
        classes: Mapping[str, Any] | None,
        connection: str | None,
    ) -> None:
        super().__init__(call, saved.workflow_id, prompt, saved.digest, saved.id, classes)
        self.key_variable = SETTINGS.credential_of(connection).environment
        self._links = {"workflow_id": saved.workflow_id, "workflow_version_id": saved.id}

    async def queue(self, prompt: Mapping[str, Any], extra_data: Mapping[str, str] | None) -> PromptRow:
        """Queue it for the version. A submit is never repeated; one whose answer was lost is known by its nonce."""
        try:
            body: dict[str, Json] = {"prompt": prompt, "extra_data": extra_data, **self._links}
            return await self.call.client.submit(body)
        except LostAnswerError as lost:
            run_id = await self._run_of(prompt)
            if run_id is not None:
                return PromptRow(prompt_id=run_id)
            todo = "Look at the workspace's jobs, cancel what goes on, then run `pulumi up` again."
            got = f"{lost.got}; no run of it is listed"
            raise LostAnswerError(lost.code, tried=lost.tried, got=got, todo=todo) from None

    async def _run_of(self, prompt: Mapping[str, Any]) -> str | None:
        """Look among the workflow's newest jobs for the one with these texts: one of them is drawn for this run."""
        client = self.call.client
        try:
            for job_id in await client.newest_jobs(self.target_id, _NEWEST):
                if _texts_in(await client.job_prompt(job_id)) == _texts_in(prompt):
                    return job_id
        except ComfyError:
            return None
        return None

    async def look(self, run_id: str) -> Progress:
        """Read it.

        Raises:
            PlatformError: the platform knows it no longer, or it was not paid for; of the workflow that says nothing.
        """
        job = await self.call.client.get_run(run_id)
        if job is None:
            got = "the platform no longer knows it: somebody deleted it, or it was lost"
            return self.missed(run_id, got, "Run `pulumi up` again.")
        state = job.state()
        kind = state.error.get("exception_type") if isinstance(state.error, Mapping) else None
        if kind in _UNPAID:
            raise PlatformError("COMFY2402", tried=f"run {run_id}", got=failure_words(state.error))
        return self.progress(run_id, state, line=job.queue_words, cancelled=_who_cancelled(state))

    async def cancel(self, run_id: str) -> str:
        """Cancel it; one that has ended meanwhile needs none."""
        await self.call.client.cancel_job(run_id)
        return ""

    async def fetch(self, item: Item, tried: str) -> tuple[bytes, str]:
        """Fetch one file by way of the platform's redirect."""
        body, content_type = await self.call.client.fetch_file(item.url or "", tried)
        return body, content_type.split(";")[0].strip()

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that queues it for the same version."""
        texts: dict[str, Any] = {node: without_texts(inputs) for node, inputs in given.items() if inputs}
        body: Json = {"prompt": merged(self.prompt, texts), **self._links}
        return post_command(self.call.client.prompt_url, self.key_variable, body)


def _texts_in(prompt: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Give every text of a prompt with its place: numbers may come back coerced (3.1)."""
    nodes = {node: one["inputs"] for node, one in prompt.items() if isinstance(one, dict) and "inputs" in one}
    return {
        (node, name, value)
        for node, inputs in nodes.items()
        for name, value in (inputs.items() if isinstance(inputs, dict) else ())
        if isinstance(value, str)
    }


def _who_cancelled(state: JobState) -> str:
    """Say what cancels a run that we did not: the platform tells no reason, and one that ran was mostly cut off."""
    if not state.seconds:
        return "by somebody else before it ran"
    return (
        f"after {state.seconds:.0f} s, and not by this stack: the plan's limit on the run time of one workflow cuts a "
        "run off so (a higher plan allows longer ones), or somebody cancelled it"
    )


async def runner_of(
    saved: SavedVersion, document: workflows.Document, connection: str | None, call: Call[ComfyCloudApi]
) -> VersionRunner:
    """Make what runs a version: its prompt, or the one that its graph converts to with the platform's own classes.

    Raises:
        InputError: the graph cannot be converted with certainty.
    """
    nodes = await call.client.nodes_for(document, include_user_models="true")
    return VersionRunner(call, saved, nodes.prompt_of(document), nodes.classes, connection)


async def checked(
    saved: SavedVersion,
    document: workflows.Document,
    asked: settings.CheckSettings | None,
    former: Proof | None,
    connection: str | None,
    call: Call[ComfyCloudApi],
) -> tuple[VersionRunner, Record | Failed]:
    """Check a version, where that is declared; a graph that cannot be converted fails it before anything is queued."""
    runner = VersionRunner(call, saved, {}, None, connection)
    if asked is not None and call.checks_enabled:
        try:
            runner = await runner_of(saved, document, connection, call)
            runner.refuse_unknown(asked)
        except LostEngineError:
            raise
        except ComfyError as refused:
            return runner, Failed(refused.got, None, {}, refused)
    return runner, await check(runner, asked, former)


async def refuse_what_does_not_fit(
    document: workflows.Document, asked: Json, place: str, call: Call[ComfyCloudApi]
) -> list[str]:
    """Convert and compare before anything is saved, where a check is declared; give what may not run.

    Args:
        document: what is to be run.
        asked: the declared check; of none, or of what is not known yet, nothing is said.
        place: the path of its property, e.g. `inference_check.`; empty for the resource itself.
        call: the call.

    Raises:
        InputError: the graph cannot be converted, or has no such node or input; names the property.
    """
    if not isinstance(asked, settings.CheckSettings) or not call.checks_enabled:
        return []
    nodes = await call.client.nodes_for(document, include_user_models="true")
    prompt = nodes.prompt_of(document)
    misfit = VersionRunner(call, SavedVersion("", "", ""), prompt, nodes.classes, None).misfit(asked, place)
    if misfit is not None:
        raise misfit
    return nodes.problems(prompt)


async def foresee(document: workflows.Document, asked: Json, place: str, call: Call[ComfyCloudApi]) -> None:
    """The same in a preview, which warns of what may not run; the server decides."""
    for problem in await refuse_what_does_not_fit(document, asked, place, call):
        call.warn(f"the workflow may not run: {problem}")
