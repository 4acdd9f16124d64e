"""Plans for the next runs: how they end, how long they take, what they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.emulator.plans import refuse_nonsense

_OUTPUT_KINDS = ("image", "text", "video", "file", "empty")


@dataclass
class RunScript:
    """One plan; `remaining` counts down to zero, None never ends."""

    outcome: str
    remaining: int | None
    # Column to value, of the runs that it is for.
    targets: dict[str, str]
    seconds: float | None
    log: tuple[str, ...]
    outputs: tuple[str, ...] | None
    image_size: tuple[int, int] | None
    statuses: tuple[str, ...] | None = None
    # Which node fails.
    node_id: str | None = None

    def matches(self, run: Mapping[str, Any]) -> bool:
        """Whether it is for this run."""
        return self.remaining != 0 and all(run[column] == value for column, value in self.targets.items())


@dataclass
class RunScripts:
    """The plans of one platform.

    Args:
        outcomes: How its runs can end.
    """

    outcomes: tuple[str, ...]
    _planned: list[RunScript] = field(default_factory=list)

    def add(
        self,
        outcome: str,
        targets: Mapping[str, str | None],
        *,
        times: int | None,
        seconds: float | None,
        log: Sequence[str],
        outputs: Sequence[str] | None,
        image_size: tuple[int, int] | None,
        statuses: Sequence[str] | None = None,
        node_id: str | None = None,
    ) -> None:
        """Plan how the next runs go; see `Runs.script` of the platform.

        Raises:
            ValueError: An unknown outcome or kind, or values that make no sense.
        """
        refuse_nonsense(times=times, seconds=seconds, log=log)
        if outcome not in self.outcomes:
            raise ValueError(f"unknown outcome of a run {outcome!r}: choose one of {', '.join(self.outcomes)}")
        unknown = [kind for kind in outputs or () if kind not in _OUTPUT_KINDS]
        if unknown:
            raise ValueError(f"unknown kind of output {unknown[0]!r}: choose one of {', '.join(_OUTPUT_KINDS)}")
        self._planned.append(
            RunScript(
                outcome=outcome,
                remaining=times,
                targets={name: value for name, value in targets.items() if value is not None},
                seconds=seconds,
                log=tuple(log),
                outputs=None if outputs is None else tuple(outputs),
                image_size=None if image_size is None else (image_size[0], image_size[1]),
                statuses=None if statuses is None else tuple(statuses),
                node_id=node_id,
            )
        )

    def take(self, run: Mapping[str, Any]) -> RunScript | None:
        """The latest plan for this run, used up by one."""
        script = next((item for item in reversed(self._planned) if item.matches(run)), None)
        if script is not None and script.remaining is not None:
            script.remaining -= 1
        return script

    def clear(self) -> None:
        """Forget all plans."""
        self._planned.clear()
