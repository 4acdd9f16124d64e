"""The raw provider call behind a dynamic provider's method, and what only it can tell or do.

`pulumi.dynamic` hides the request: the URN, the custom timeouts, the old inputs, and the means to answer with one clean
sentence or with a partial state. They are locals of its wrapper frames (docs/pulumi.md 1.10), so this module leans on
the SDK's internals; tests pin it, and when nothing is found everything still works: errors then carry a traceback, and
a create that fails half-way removes what it made instead of recording it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import FrameType
from typing import Any

from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.stored import Made
from pulumi_comfy.shells.values import Properties, to_struct

_STATUS_KEY = "grpc-status-details-bin"
_UNKNOWN_CODE = 2


@dataclass(frozen=True)
class RawCall:
    """One provider call.

    Attributes:
        request: the protocol's message, e.g. a `CreateRequest`.
        context: gRPC's context of the call.
        command: the same object for all calls of one `pulumi` command: what its `Configure` left with the server.
    """

    request: Any
    context: Any
    command: object = None

    @property
    def urn(self) -> Urn | None:
        """The resource's URN."""
        try:
            return Urn.parse(self.request.urn)
        except (AttributeError, ValueError):
            return None

    @property
    def timeout(self) -> float | None:
        """Seconds from the program's `custom_timeouts`; None when it sets none."""
        return getattr(self.request, "timeout", 0) or None

    @property
    def ignored(self) -> frozenset[str]:
        """The inputs, and places in them, whose changes the program ignores; none for calls that do not tell."""
        return frozenset(getattr(self.request, "ignoreChanges", ()))

    @cached_property
    def old_inputs(self) -> Mapping[str, Json] | None:
        """The inputs in the state; None for calls that do not carry them."""
        for name in ("old_inputs", "inputs"):
            if name in self.request.DESCRIPTOR.fields_by_name and self.request.HasField(name):
                return Properties(getattr(self.request, name))
        return None

    def answer_with_sentence(self, sentence: str) -> None:
        """Make the engine show this sentence instead of the traceback that the SDK will send."""
        self._set_status(status_pb2.Status(code=_UNKNOWN_CODE, message=sentence))

    def answer_with_partial_state(self, made: Made, provider: str, sentence: str, inputs: Mapping[str, Json]) -> None:
        """Make the engine keep the object in the state, with the reason why it is not finished."""
        detail = provider_pb2.ErrorResourceInitFailed(
            id=made.id,
            properties=to_struct({**made.stored, "__provider": provider}),
            reasons=[sentence],
            inputs=to_struct({**inputs, "__provider": provider}),
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        self._set_status(status_pb2.Status(code=_UNKNOWN_CODE, message=sentence, details=[packed]))

    def _set_status(self, status: Any) -> None:
        self.context.set_trailing_metadata(((_STATUS_KEY, status.SerializeToString()),))


def find_raw_call() -> RawCall | None:
    """Walk up the frames to the SDK's own wrapper; None when this SDK keeps the call elsewhere."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if "request" in frame.f_code.co_varnames:
            request, context = frame.f_locals.get("request"), frame.f_locals.get("context")
            if request is not None and hasattr(context, "set_trailing_metadata"):
                return RawCall(request, context, getattr(frame.f_locals.get("self"), "_config", None))
        frame = frame.f_back
    return None
