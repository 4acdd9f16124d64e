"""Runs of a prompt on a ComfyUI server: queued under an id of our own, watched, cancelled.

Facts: docs/platforms/comfyui.md 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from pulumi_comfy.comfyui_protocol.overrides import GivenOverrides
from pulumi_comfy.comfyui_protocol.rows import PromptRow
from pulumi_comfy.comfyui_protocol.runner import PromptRunner
from pulumi_comfy.core.errors import ComfyError, LostAnswerError
from pulumi_comfy.core.model import public
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.runner import Progress
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi


@public("comfyui:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenOverrides):
    """A real run after each change: `pulumi up` fails when it renders nothing."""


class ServerRunner(PromptRunner[ComfyUIApi]):
    """A prompt that a ComfyUI server can run."""

    async def queue(self, prompt: Mapping[str, Any], extra_data: Mapping[str, str] | None) -> PromptRow:
        """Queue it. Where the answer is lost the run is looked for and ended: what it left out was in the answer."""
        run_id = str(uuid4())
        try:
            return await self.call.client.submit({"prompt": prompt, "prompt_id": run_id, "extra_data": extra_data})
        except LostAnswerError as lost:
            raise await self._ended(run_id, lost) from None

    async def _ended(self, run_id: str, lost: LostAnswerError) -> LostAnswerError:
        try:
            if await self.call.client.job_state(run_id) is None:
                return lost.nothing_made()
            await self.call.client.cancel(run_id)
        except ComfyError as blind:
            got = f"{lost.got}; whether run {run_id} began cannot be told ({blind.got})"
            return LostAnswerError(lost.code, tried=lost.tried, got=got)
        got, todo = f"{lost.got}; run {run_id} had begun, and was cancelled", "Run `pulumi up` again."
        return LostAnswerError(lost.code, tried=lost.tried, got=got, todo=todo)

    async def look(self, run_id: str) -> Progress:
        """Look at it; between queue and history it is in neither (3.2).

        Raises:
            PlatformError: the server has forgotten it, which says nothing of the workflow.
        """
        state = await self.call.client.job_state(run_id)
        if state is not None:
            return self.progress(run_id, state)
        got = "the server has forgotten it: it was restarted, or somebody took the run out of its queue"
        return self.missed(run_id, got, "Look whether the server still runs, then try again.")

    async def cancel(self, run_id: str) -> str:
        """Cancel it, and nobody else's."""
        await self.call.client.cancel(run_id)
        return ""
