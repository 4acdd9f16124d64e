"""A prompt as something that can be run: given its inputs by node, varied, queued, watched, judged by what it made.

A platform supplies how a prompt is queued, looked at and cancelled; the rest is the same for all.
Facts: docs/comfyui-protocol.md.
"""

from __future__ import annotations

import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol.api import PromptApi
from pulumi_comfy.comfyui_protocol.outputs import items_of
from pulumi_comfy.comfyui_protocol.overrides import (
    described,
    given_in,
    merged,
    unknown_places,
    with_fresh_seeds,
    with_nonce,
)
from pulumi_comfy.comfyui_protocol.refusals import failure_words, node_error_words
from pulumi_comfy.comfyui_protocol.rows import JobState, PromptRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, OutcomeError, PlatformError
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.prove import FAILED
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner, post_command, without_texts
from pulumi_comfy.workflows.prompt import natural_order

ApiT = TypeVar("ApiT", bound=PromptApi)
_MOST_MISSES = 3
"""Looks in a row, some moments apart, that find a run nowhere: a server may not show yet what it has just taken."""


class PromptRunner(Runner[ApiT]):
    """A prompt that a server can run.

    Args:
        call: the call that checks it.
        target_id: the platform's id of what is proved.
        prompt: the API prompt.
        digest: SHA-256 of the document that is proved, in hex digits.
        version: the version, as a program names it.
        classes: the server's answer to `GET /object_info`, where it was asked for.
    """

    target = "workflow"
    given_as = "overrides"
    key_variable: str | None = None
    """The environment variable with the key; None where there is none."""

    def __init__(
        self,
        call: Call[ApiT],
        target_id: str,
        prompt: Mapping[str, Any],
        digest: str,
        version: str | None = None,
        classes: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(call)
        self.prompt = prompt
        self._target_id, self._digest, self._version = target_id, digest, version
        self._classes = classes
        self._varied: set[str] = set()
        self._misses = 0

    def missed(self, run_id: str, got: str, todo: str) -> Progress:
        """Say that a look found a run nowhere; `progress` begins the count of such looks anew.

        Args:
            run_id: which.
            got: why a server knows it no longer.
            todo: what to do then.

        Raises:
            PlatformError: so did the looks before, which says nothing of the workflow.
        """
        self._misses += 1
        if self._misses < _MOST_MISSES:
            return Progress(Phase.WAITING, "not to be found")
        raise PlatformError("COMFY2500", tried=f"look at run {run_id}", got=got, todo=todo)

    @property
    def target_id(self) -> str:
        """The platform's id of what is proved."""
        return self._target_id

    def problems(self, check: settings.CheckSettings) -> Sequence[str]:
        """Compare the overrides with the prompt."""
        return list(unknown_places(given_in(check), self.prompt))

    def nodes(self) -> Mapping[str, Any]:
        """Give the prompt's nodes."""
        return self.prompt

    def subject(self) -> Subject:
        """Give the version, the document's digest, and what of the prompt can be given."""
        return Subject(self._version, self._digest, run_inputs=described(self.prompt))

    def given(self, check: settings.CheckSettings) -> Mapping[str, Json]:
        """Give the overrides, with a fresh seed wherever the program leaves one open."""
        asked = given_in(check)
        given = with_fresh_seeds(asked, self.prompt)
        self._varied = {node for node in given if given[node].keys() != asked.get(node, {}).keys()}
        return given

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:
        """Queue it. A prompt of which the server leaves a part out is a failure, whatever the rest would make (2.2)."""
        outputs = workflows.output_node_ids(self.prompt, self._classes)
        prompt = with_nonce(merged(self.prompt, given), outputs, secrets.token_hex(8))
        taken = await self.queue(prompt, getattr(check, "extra_data", None) or None)
        words = node_error_words(taken.node_errors)
        if words:
            await self._cancel_quietly(taken.prompt_id)
            got = f"the server would run a part of it only: {'; '.join(words)}"
            raise OutcomeError(FAILED, tried="queue the prompt", got=got)
        return taken.prompt_id

    @abstractmethod
    async def queue(self, prompt: Mapping[str, Any], extra_data: Mapping[str, str] | None) -> PromptRow:
        """Queue a prompt; `extra_data` holds secrets, and is None where there are none."""

    async def _cancel_quietly(self, run_id: str) -> None:
        try:
            await self.cancel(run_id)
        except ComfyError as stuck:
            self.call.warn(f"run {run_id} could not be cancelled and may go on: {stuck.got}")

    def progress(
        self, run_id: str, state: JobState, *, line: str = "", cancelled: str = "by somebody else"
    ) -> Progress:
        """Judge how far a run is.

        Args:
            run_id: the server's.
            state: what it tells.
            line: what is worth showing while it lasts.
            cancelled: by whom a cancelled run was, as far as it is known.

        Raises:
            OutcomeError: it failed, was cancelled, or was answered from the cache although it had a new seed.
        """
        tried, self._misses = f"run {run_id}", 0
        if state.phase is Phase.FAILED:
            words = failure_words(state.error)
            got = f"was cancelled {cancelled}" if state.word == "cancelled" else f"ended as {state.word}"
            raise OutcomeError(FAILED, tried=tried, got=f"{got}: {words}" if words else got)
        if state.phase is not Phase.DONE:
            return Progress(state.phase, state.word, line)
        cached = sorted(self._varied & state.cached, key=natural_order)
        if cached:
            got = f"the server answered node {', '.join(cached)} from its cache, although its seed was new"
            raise OutcomeError(FAILED, tried=tried, got=f"{got}: it has rendered nothing")
        items = items_of(state.outputs, self.call.client.view_url)
        return Progress(state.phase, state.word, run=Run(run_id, items, state.queue_seconds, state.seconds))

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that queues it, without what the prompt holds anyway, which may be long, or secret."""
        shown: dict[str, Any] = {node: {"inputs": without_texts(inputs)} for node, inputs in given.items() if inputs}
        body = {"prompt": {"...": "the other nodes and inputs of the API prompt", **shown}}
        return post_command(self.call.client.prompt_url, self.key_variable, body)
