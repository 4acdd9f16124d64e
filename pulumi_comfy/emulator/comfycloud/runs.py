"""What tests plan for the next runs, and for prompts that are not even taken."""

from __future__ import annotations

from dataclasses import dataclass, field

from pulumi_comfy.emulator.comfycloud.errors import STATUS_OF
from pulumi_comfy.emulator.comfyui.runs import Runs
from pulumi_comfy.emulator.plans import refuse_nonsense


@dataclass
class _Refusal:
    kind: str
    remaining: int | None
    retry_after: str | None


@dataclass
class CloudRuns(Runs):
    """As on any ComfyUI, and the platform's own reasons to take no prompt."""

    _refusals: list[_Refusal] = field(default_factory=list)

    def refuse(self, kind: str, *, times: int | None = 1, retry_after: float | str | None = None) -> None:
        """Take none of the next prompts.

        Args:
            kind: The `error.type`: PAYMENT_REQUIRED, CLOUD_SUBSCRIPTION_REQUIRED, FREE_TIER_EXHAUSTED,
                PARTNER_NODE_PAYMENT_REQUIRED, MODEL_PAYMENT_REQUIRED (402), PARTNER_NODE_DISABLED (403), QUEUE_LIMIT,
                FREE_TIER_UNAVAILABLE, BILLING_UNAVAILABLE, PLATFORM_REFUSED, SUBSCRIPTION_INACTIVE (429).
            times: So many prompts (None: until `clear`).
            retry_after: Seconds or an HTTP date for the Retry-After header; none when left out.

        Raises:
            ValueError: An unknown type, or a count that makes no sense.
        """
        refuse_nonsense(times=times, seconds=None, log=())
        if kind not in STATUS_OF:
            raise ValueError(f"unknown reason {kind!r}: choose one of {', '.join(STATUS_OF)}")
        self._refusals.append(_Refusal(kind, times, None if retry_after is None else str(retry_after)))

    def refusal(self) -> tuple[str, str | None] | None:
        """Why the next prompt is not taken, and what its Retry-After says; used up by one."""
        for refusal in self._refusals:
            if refusal.remaining != 0:
                if refusal.remaining is not None:
                    refusal.remaining -= 1
                return refusal.kind, refusal.retry_after
        return None

    def clear(self) -> None:
        """Forget the plans, not the jobs."""
        super().clear()
        self._refusals.clear()
