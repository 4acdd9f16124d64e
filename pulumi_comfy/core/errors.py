"""The errors of this package.

ComfyError                     every error we raise on purpose: a code, and four parts
├── InputError                 the program or its configuration is wrong; nothing was sent
├── PlatformError              the platform could not be asked or answered with a failure
│   ├── UnreachableError       no connection, nothing was processed
│   ├── LostAnswerError        a write may or may not have happened
│   └── StatusError            the platform answered with a status that is not success
├── OutcomeError               the platform did it, and the result is not what was declared
│   ├── WaitTimeoutError       a wait passed its deadline
│   ├── CancelledWaitError     the engine was told to stop
│   ├── KeptError              it failed and stays as it is, by the program's wish
│   └── UndoneError            it failed and was undone: nothing of the attempt is left
├── LostEngineError            the engine is gone: nothing is sent any more
└── OwnershipError             an existing object stands in the way or belongs to somebody else
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.core.error_codes import REGISTRY
from pulumi_comfy.core.redaction import logger, redact

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that are another one when the same is asked a little later."""


class ComfyError(Exception):
    """An error in four parts: what was tried, on what, what came back, what to do.

    Args:
        code: a row of the registry, e.g. `COMFY2401`.
        tried: the attempt as a verb with its object, e.g. `create machine "gpu"`.
        got: what came back, one clause without a full stop.
        todo: what to do; the code's hint when left out.
    """

    def __init__(self, code: str, *, tried: str, got: str, todo: str | None = None) -> None:
        self.code = code
        self.tried = redact(tried)
        self.got = redact(got)
        self.todo = redact(todo) if todo is not None else REGISTRY[code].hint
        super().__init__(str(self))

    def __str__(self) -> str:
        return f"{self.tried}: {self.outcome}"

    @property
    def outcome(self) -> str:
        """What came back, what to do and the code: the sentence where it is clear what was tried."""
        end = "" if self.got.endswith(("?", "!")) else "."
        return " ".join(filter(None, (f"{self.got.rstrip('.')}{end}", self.todo, f"[{self.code}]")))


class InputError(ComfyError):
    """The program or its configuration is wrong; nothing was sent."""


class PlatformError(ComfyError):
    """The platform could not be asked, or answered with a failure.

    Attributes:
        passes: whether it is of the kind that passes by itself: a wait outlives it, and does not end with it.
        pause: seconds that the platform asks to wait before it is asked again; None when it asks for none.
    """

    passes = False
    pause: float | None = None


class UnreachableError(PlatformError):
    """No connection could be made: the platform processed nothing."""

    passes = True


class LostAnswerError(PlatformError):
    """A write was sent and its answer lost: it may or may not have happened."""

    def nothing_made(self) -> LostAnswerError:
        """Give the advice that fits once a look afterwards has shown nothing of it."""
        self.got = f"{self.got.rstrip('.')}; a look afterwards shows nothing of it"
        self.todo = self.todo.replace(REGISTRY[self.code].hint, "Run `pulumi up` again.")
        return self


class StatusError(PlatformError):
    """The platform answered with a status that is not success.

    Attributes:
        status: the HTTP status that the answer means.
        detail: what the platform said, shortened, never JSON.
        request_id: the platform's id of the request, when it gave one.

    Args:
        answered: the status that it has, where that is another: the one that is told, and found in a server's log.
    """

    def __init__(
        self, code: str, *, tried: str, status: int, detail: str, request_id: str | None = None, answered: int = 0
    ) -> None:
        self.status = status
        self.detail = detail
        self.request_id = request_id
        self.passes = status in _PASSING
        suffix = f" (request {request_id})" if request_id else ""
        super().__init__(code, tried=tried, got=f"the platform answered {answered or status}: {detail}{suffix}")


def our_fault(fault: Exception, *, tried: str) -> ComfyError:
    """Tell a fault of this package in four parts, like any other error."""
    logger.debug("a fault of pulumi_comfy", exc_info=fault)
    return ComfyError("COMFY9001", tried=tried, got=f"{type(fault).__name__}: {fault}")


class OutcomeError(ComfyError):
    """The platform did what it was asked, and the result is not what was declared."""


class WaitTimeoutError(OutcomeError):
    """A wait passed its deadline."""


class CancelledWaitError(OutcomeError):
    """The engine was told to stop while we waited."""


class LostEngineError(ComfyError):
    """The engine is gone: nobody keeps what this process does, so it does nothing more."""


class UndoneError(OutcomeError):
    """It failed, and what the attempt changed was put back: the state keeps what it held before."""


class KeptError(OutcomeError):
    """It failed and stays as it is, because the program says so.

    Attributes:
        state: how it stands, for the stack's state (a `core.resource.State`).
    """

    def __init__(self, code: str, *, tried: str, got: str, state: Any, todo: str | None = None) -> None:
        super().__init__(code, tried=tried, got=got, todo=todo)
        self.state = state

    @classmethod
    def of(cls, failed: ComfyError, state: Any, todo: str | None = None) -> KeptError:
        """Keep `state` although something failed; `todo` where the failure's own advice does not fit."""
        return cls(failed.code, tried=failed.tried, got=failed.got, todo=todo or failed.todo, state=state)


class OwnershipError(ComfyError):
    """An existing object stands in the way, or belongs to another account."""
