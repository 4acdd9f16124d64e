"""Trying a request again: how often, how long, and that it is said where the resource's own line is."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

import tenacity

from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import ComfyError, PlatformError
from pulumi_comfy.core.pace import paced

_JITTER = 1.0
"""Seconds: what was refused to many at once is not asked again by all at once."""

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


def tell_retries_to(listener: Callable[[str], None] | None) -> None:
    """Say from now on, in this context, that a request is tried again: many calls share one client."""
    _listener.set(listener)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try again. Times in seconds; none begins later than `longest` after the first."""

    attempts: int = 5
    first_wait: float = 0.3
    longest_wait: float = 15.0
    longest_retry_after: float = 120.0
    longest: float = 90.0


USUAL = RetryPolicy()


class AgainError(Exception):
    """Inside one request only: this attempt may be repeated; `error` is what to raise when no attempt is left."""

    def __init__(self, error: ComfyError) -> None:
        super().__init__(str(error))
        self.error = error


def attempts_of(tried: str, policy: RetryPolicy, cancellation: Cancellation) -> tenacity.AsyncRetrying:
    """Give the attempts of one request; the last one after a stop is the one that is under way."""

    async def pause(seconds: float) -> None:
        await cancellation.sleep(seconds, tried=tried)

    return tenacity.AsyncRetrying(
        stop=lambda state: cancellation.is_set or _is_last(state, policy),
        wait=lambda state: _wait(state, policy),
        sleep=pause,
        before_sleep=lambda state: _tell(state, policy),
        retry=tenacity.retry_if_exception_type(AgainError),
        reraise=True,
    )


def _is_last(state: tenacity.RetryCallState, policy: RetryPolicy) -> bool:
    return state.attempt_number >= policy.attempts or (state.seconds_since_start or 0.0) >= policy.longest


def _failed(state: tenacity.RetryCallState) -> ComfyError | None:
    failed = state.outcome.exception() if state.outcome else None
    return failed.error if isinstance(failed, AgainError) else None


def _wait(state: tenacity.RetryCallState, policy: RetryPolicy) -> float:
    failed = _failed(state)
    if isinstance(failed, PlatformError) and failed.pause:  # «at once» would use up all attempts in a moment
        return failed.pause
    growing = tenacity.wait_exponential(multiplier=policy.first_wait, max=policy.longest_wait)
    backoff = growing + tenacity.wait_random(0, min(_JITTER, policy.longest_wait))
    return paced(backoff(state))


def _tell(state: tenacity.RetryCallState, policy: RetryPolicy) -> None:
    listener, failed = _listener.get(), _failed(state)
    if listener is not None and failed is not None:
        listener(f"{failed.got}; trying again ({state.attempt_number + 1} of {policy.attempts})")
