"""The provider protocol as the engine speaks it: one method a call, properties in and out (docs/pulumi.md 5.7, 1.7).

Marks that the provider does not take are stripped on the way in; same-named secrets are marked again on the way out.
For a provider without preview support the engine answers previews itself (1.6).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from . import wire
from .errors import PartialFailure, StepFailed
from .provider_process import ProviderProcess
from .state import ResourceState
from .urns import name_of, type_of
from .values import Properties, annotate_secrets, unwrap

STATUS_TRAILER = "grpc-status-details-bin"


@dataclass(frozen=True)
class Diff:
    """A provider's answer to Diff.

    Attributes:
        changes: True, False, or None for "compare the inputs yourself".
        replaces: Property names or paths that force a replacement.
        delete_before_replace: The provider's own wish.
        diffs: Changed property names, as told.
        detailed: Property path -> kind, or None when the provider told none.
        stables: Output names that an update does not change.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False
    diffs: tuple[str, ...] = ()
    detailed: dict[str, int] | None = None
    stables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """A provider's answer to Read; an empty id means that the object is gone.

    `outputs` are None when the provider sent none at all, which only a lookup (`.get`) takes for an error.
    """

    id: str
    outputs: Properties | None
    inputs: Properties | None = None
    init_errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CheckFailure:
    """One complaint about an input."""

    property: str
    reason: str


def failure_of(error: grpc.RpcError) -> StepFailed:
    """What a failed call means: the status detail's message wins over the plain one (1.10)."""
    message = str(error.details() or error)
    trailers: Iterable[tuple[str, bytes]] = cast(Any, error).trailing_metadata() or ()
    for key, blob in trailers:
        if key != STATUS_TRAILER:
            continue
        status = status_pb2.Status.FromString(blob)
        message = status.message or message
        for detail in status.details:
            if (partial := _partial(detail)) is not None:
                return partial
    return StepFailed(message)


def _partial(detail: any_pb2.Any) -> PartialFailure | None:
    failed = provider_pb2.ErrorResourceInitFailed()
    if not detail.Unpack(failed):
        return None
    inputs = wire.decode(failed.inputs) if failed.HasField("inputs") else None
    return PartialFailure(failed.id, wire.decode(failed.properties), inputs, list(failed.reasons))


class ProviderClient:
    """A configured provider process."""

    def __init__(self, process: ProviderProcess) -> None:
        self.process = process
        self._stub = process.stub
        self.accepts_secrets = False
        self.accepts_resources = False
        self.supports_preview = False

    def configure(self, config: Properties, urn: str, id_: str) -> None:
        """Send the configuration; values that are not text go as JSON text in `variables`.

        Raises:
            StepFailed: The provider refused it.
        """
        plain = unwrap(config)
        request = provider_pb2.ConfigureRequest(
            args=wire.encode(config, secrets=True),
            variables={key: value if isinstance(value, str) else json.dumps(value) for key, value in plain.items()},
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=id_,
            urn=urn,
            name=name_of(urn),
            type=type_of(urn),
        )
        answer = self._call(self._stub.Configure, request)
        self.accepts_secrets = answer.acceptSecrets
        self.accepts_resources = answer.acceptResources
        self.supports_preview = answer.supportsPreview

    def _call(self, method: Callable[[Any], Any], request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise failure_of(error) from None
        except ValueError as closed:  # the engine is killed: its channel is closed
            raise StepFailed(str(closed)) from None

    def _send(self, properties: Properties, *, unknowns: bool = True) -> Any:
        return wire.encode(
            properties, secrets=self.accepts_secrets, resources=self.accepts_resources, unknowns=unknowns
        )

    def _receive(self, struct: Any, given: Properties) -> Properties:
        properties = wire.decode(struct)
        return properties if self.accepts_secrets else annotate_secrets(properties, given)

    def check(self, urn: str, olds: Properties, news: Properties) -> tuple[Properties, list[CheckFailure]]:
        """Checked inputs and complaints."""
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=name_of(urn),
            type=type_of(urn),
            olds=self._send(olds),
            news=self._send(news),
            randomSeed=os.urandom(32),
        )
        answer = self._call(self._stub.Check, request)
        failures = [CheckFailure(entry.property, entry.reason) for entry in answer.failures]
        return self._receive(answer.inputs, news), failures

    def diff(self, state: ResourceState, news: Properties, ignore_changes: list[str]) -> Diff:
        """Whether and how the new inputs differ from the record."""
        request = provider_pb2.DiffRequest(
            urn=state.urn,
            name=name_of(state.urn),
            type=type_of(state.urn),
            id=state.id,
            olds=self._send(state.outputs),
            old_inputs=self._send(state.inputs),
            news=self._send(news),
            ignoreChanges=ignore_changes,
        )
        answer = self._call(self._stub.Diff, request)
        words = {provider_pb2.DiffResponse.DIFF_NONE: False, provider_pb2.DiffResponse.DIFF_SOME: True}
        return Diff(
            changes=words.get(answer.changes),
            replaces=tuple(answer.replaces),
            delete_before_replace=answer.deleteBeforeReplace,
            diffs=tuple(answer.diffs),
            detailed={path: entry.kind for path, entry in answer.detailedDiff.items()}
            if answer.hasDetailedDiff or answer.detailedDiff
            else None,
            stables=tuple(answer.stables),
        )

    def create(self, new: ResourceState, *, preview: bool) -> tuple[str, Properties]:
        """The id and outputs of a new object.

        Raises:
            PartialFailure: It exists but did not initialise.
            StepFailed: Anything else, an empty id included.
        """
        if preview and not self.supports_preview:
            return "", new.inputs
        request = provider_pb2.CreateRequest(
            urn=new.urn,
            name=name_of(new.urn),
            type=type_of(new.urn),
            properties=self._send(new.inputs),
            timeout=new.custom_timeouts.get("create", 0),
            preview=preview,
        )
        try:
            answer = self._call(self._stub.Create, request)
        except PartialFailure as partial:
            partial.properties = annotate_secrets(partial.properties, new.inputs)
            raise
        if not answer.id and not preview:
            raise StepFailed(f"plugin returned empty resource.ID from create '{new.urn}'")
        return answer.id, self._receive(answer.properties, new.inputs)

    def update(self, old: ResourceState, new: ResourceState, *, preview: bool) -> Properties:
        """The outputs after an update.

        Raises:
            PartialFailure: The object changed but did not initialise.
            StepFailed: Anything else.
        """
        if preview and not self.supports_preview:
            return new.inputs
        request = provider_pb2.UpdateRequest(
            urn=old.urn,
            name=name_of(old.urn),
            type=type_of(old.urn),
            id=old.id,
            olds=self._send(old.outputs),
            old_inputs=self._send(old.inputs),
            news=self._send(new.inputs),
            timeout=new.custom_timeouts.get("update", 0),
            ignoreChanges=new.ignore_changes,
            preview=preview,
        )
        try:
            answer = self._call(self._stub.Update, request)
        except PartialFailure as partial:
            partial.properties = annotate_secrets(partial.properties, new.inputs)
            raise
        return self._receive(answer.properties, new.inputs)

    def read(self, state: ResourceState, properties: Properties) -> Read:
        """The object as it is now. `properties` are the old outputs, or the inputs in a `.get` lookup.

        Raises:
            StepFailed: The provider could not tell.
        """
        request = provider_pb2.ReadRequest(
            urn=state.urn,
            name=name_of(state.urn),
            type=type_of(state.urn),
            id=state.id,
            properties=self._send(properties),
            inputs=self._send(state.inputs),
            timeout=state.custom_timeouts.get("read", 0),
        )
        try:
            answer = self._call(self._stub.Read, request)
        except PartialFailure as partial:
            found = annotate_secrets(partial.properties, properties)
            return Read(partial.id, found, partial.inputs, partial.reasons)
        inputs = self._receive(answer.inputs, state.inputs) if answer.HasField("inputs") else None
        outputs = self._receive(answer.properties, properties) if answer.HasField("properties") else None
        return Read(answer.id, outputs, inputs)

    def delete(self, state: ResourceState) -> None:
        """Remove the object.

        Raises:
            StepFailed: It is still there, or nobody knows.
        """
        request = provider_pb2.DeleteRequest(
            urn=state.urn,
            name=name_of(state.urn),
            type=type_of(state.urn),
            id=state.id,
            properties=self._send(state.outputs),
            old_inputs=self._send(state.inputs),
            timeout=state.custom_timeouts.get("delete", 0),
        )
        self._call(self._stub.Delete, request)

    def cancel(self) -> None:
        """Tell the provider to stop waiting (first Ctrl-C). The process serves no other operation afterwards."""
        self.process.reusable = False
        try:
            self._stub.Cancel(empty_pb2.Empty())
        except ValueError:  # the channel is closed: it was left alone, or the operation has just ended
            return
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE):  # else it has ended
                raise failure_of(error) from None
