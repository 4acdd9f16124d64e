"""What tests plan for the next runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from pulumi_comfy.emulator.comfyui.scripts import RunScript, RunScripts

RunOutcome = Literal["success", "failed", "interrupted", "lost", "hang", "no_outputs"]


@dataclass
class Runs:
    """Plans; without one, a run does what its prompt says."""

    _scripts: RunScripts = field(default_factory=lambda: RunScripts(get_args(RunOutcome)))

    def script(
        self,
        outcome: RunOutcome = "success",
        *,
        times: int | None = None,
        seconds: float | None = None,
        log: Sequence[str] = (),
        node_id: str | None = None,
        outputs: Sequence[str] | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        """Plan how the next prompts go; the latest plan wins over what the prompt itself would do.

        Args:
            outcome: `success`, `failed`, `interrupted` (by somebody else), `lost` (it vanishes without a trace), `hang`
                (it never ends), or `no_outputs`.
            times: For so many prompts (None: until `clear`).
            seconds: How long the run takes instead of `settings.run_seconds`.
            log: What the failing node raises: `RuntimeError: words`, or words alone.
            node_id: Which node fails; a sampler or the last one when left out.
            outputs: Kinds instead of what the prompt makes: image, text, video, file, empty (an empty list).
            image_size: Width and height of the pictures instead of the prompt's.

        Raises:
            ValueError: An unknown outcome or kind, or values that make no sense.
        """
        self._scripts.add(
            outcome, {}, times=times, seconds=seconds, log=log, outputs=outputs, image_size=image_size, node_id=node_id
        )

    def take(self) -> RunScript | None:
        """The plan for the next prompt."""
        return self._scripts.take({})

    def clear(self) -> None:
        """Forget the plans, not the jobs."""
        self._scripts.clear()
