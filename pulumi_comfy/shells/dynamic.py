"""The dynamic provider: Pulumi's calls on one side, the core's lifecycle on the other.

Its methods are called by the SDK's provider process. Every failure leaves here as one sentence; a `BaseException`
that got out would hang the engine (docs/pulumi.md 1.9).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_comfy.address import FACTS, LOOKUP, PROVIDER, provider_text
from pulumi_comfy.core import creation, lifecycle
from pulumi_comfy.core.adoption import foresee_adoption, warn_of_idle_adopt
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import check
from pulumi_comfy.core.costs.lines import note_new, tell_of_change, tell_of_new
from pulumi_comfy.core.errors import ComfyError, OutcomeError
from pulumi_comfy.core.foresight import foresee
from pulumi_comfy.core.leftovers import what_is_left
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.model import secret_places, wire_name
from pulumi_comfy.core.platform import handler_of
from pulumi_comfy.core.redaction import logger, redact
from pulumi_comfy.core.secrecy import derived, kept
from pulumi_comfy.core.stored import AnyHandler, Made, PartialFailure, Wire
from pulumi_comfy.shells.engine_loss import watching
from pulumi_comfy.shells.heap import make_room_for
from pulumi_comfy.shells.process import the_process
from pulumi_comfy.shells.raw_call import RawCall, find_raw_call
from pulumi_comfy.shells.values import as_secret, from_engine, to_engine

_HIDDEN_WORDS = ("the document changed; it is secret, so it is not shown how",)


class ProviderError(Exception):
    """What the engine is told: one sentence."""


class DynamicProvider(ResourceProvider):
    """The provider of one kind of resource; holds nothing but its token.

    Args:
        token: `<platform>:<Resource>`.
    """

    serialize_as_secret_always = False

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self._configured: Callable[[str], str | None] = lambda _key: None

    def __reduce__(self) -> tuple[Any, ...]:
        return DynamicProvider, (self.token,)

    def loaded(self) -> DynamicProvider:
        """Load the kind, if that can be: where it cannot, each call tells why."""
        with suppress(Exception):
            handler_of(self.token)
        return self

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's configuration; nothing is judged before a call needs it."""
        self._configured = req.config.get

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Normalise and validate the program's inputs."""
        with self._edge(news, _olds) as (call, _raw):
            knowing = call if call.old_inputs is not None else replace(call, old_inputs=_ours(_olds))
            facts = Facts.of(from_engine(news.get(FACTS)), call.connection.scope)
            checked = check(handler_of(self.token), _ours(news), knowing, facts)
            if news.get("adopt") and not _olds and not checked.failures:
                checked = the_process().run(foresee_adoption(handler_of(self.token), checked, call))
            if handler_of(self.token).foresees:
                checked = the_process().run(foresee(handler_of(self.token), checked, knowing))
            if not knowing.old_inputs and not checked.failures:
                tell_of_new(handler_of(self.token), checked.inputs, call)
            # Without a property: the engine would print the value of one, a secret or a whole workflow.
            failures = [CheckFailure("", redact(str(failure))) for failure in checked.failures]
            return CheckResult({**to_engine(checked.inputs), **kept(news)}, failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say whether there is something to do; always True or False, computed without `__provider`."""
        with self._edge(_news, _olds) as (call, _raw):
            handler = handler_of(self.token)
            difference = lifecycle.compare(handler, _id, _ours(_olds), _ours(_news), call)
            if not difference.replaces:  # else a create takes over what is left, or names it in a refusal
                warn_of_idle_adopt(handler, _id, _ours(_news), call)
                if call.was_attempted:
                    for line in the_process().run(what_is_left(handler, _id, _ours(_news), call)):
                        call.warn(line)
            words = _HIDDEN_WORDS if difference.words and call.secrecy.hides_documents else difference.words
            for line in (*words, *filter(None, (difference.repair,))):
                call.inform(line)
            tell_of_change(handler, _id, _ours(_olds), _ours(_news), difference, call)
            return DiffResult(
                # A state written by the plugin lacks the provider's text; the next refresh would need it.
                changes=bool(difference) or PROVIDER not in _olds,
                replaces=sorted(wire_name(handler.inputs_model, name) for name in difference.replaces),
                delete_before_replace=difference.deletes_before_replace,
            )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the resource."""
        with self._edge(props) as (call, raw):
            handler = handler_of(self.token)
            try:
                made = the_process().run(creation.create(handler, _ours(props), call))
            except PartialFailure as partial:
                if raw is None and not props.get("adopt"):
                    _remove(handler, partial, call)
                raise
            note_new(handler, made.id, made.outputs, _ours(props), call)
            return CreateResult(made.id, self._marked(made.stored))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Refresh the resource; an empty id says that it is gone."""
        with self._edge(props) as (call, _raw):
            made = the_process().run(lifecycle.read(handler_of(self.token), id_, _ours(props), call))
            if made is None:
                return ReadResult("", {})
            inputs = made.inputs and {k: v for k, v in made.inputs.items() if k != PROVIDER}
            looked_up = {LOOKUP: True} if props.get(LOOKUP) else {}
            return ReadResult(made.id, {**self._marked(made.stored), **looked_up}, inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Update the resource."""
        with self._edge(_news, _olds) as (call, _raw):
            handler = handler_of(self.token)
            olds = _ours(_olds)
            if PROVIDER not in _olds and not lifecycle.compare(handler, _id, olds, _ours(_news), call):
                return UpdateResult(Made(_id, olds).stored)  # bookkeeping after a change of shell: touches no platform
            made = the_process().run(lifecycle.update(handler, _id, olds, _ours(_news), call))
            return UpdateResult(self._marked(made.stored))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the resource."""
        with self._edge(_props) as (call, _raw):
            the_process().run(lifecycle.delete(handler_of(self.token), _id, _ours(_props), call))

    def _marked(self, outputs: Wire) -> Wire:
        """Give outputs with those marked as secret that tell one again, and those that always are.

        The engine marks the latter too, by names in the state: one that an earlier version wrote lacks newer ones.
        """
        handler = handler_of(self.token)
        secret = derived(handler.inputs_model, outputs)
        secret |= {place[0] for place in secret_places(handler.outputs_model) if len(place) == 1}
        return {key: as_secret(value) if key in secret else value for key, value in outputs.items()}

    @contextmanager
    def _edge(
        self, properties: dict[str, Any], olds: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[Call[Any], RawCall | None]]:
        """Turn whatever goes wrong inside into one sentence for the engine, or into a partial state.

        `properties` say which connection to use; for a create or update they are the inputs to keep.
        """
        make_room_for(properties)
        raw = find_raw_call()
        try:
            call = the_process().call(
                self.token, self._configured, raw, from_engine(properties), from_engine(olds or {})
            )
            with watching(raw and raw.context, the_process().lose):
                yield call, raw
        except PartialFailure as partial:
            sentence = redact(str(partial))
            if raw is not None:
                made = replace(partial.made, outputs=self._marked(partial.made.outputs))
                inputs = {**_ours(properties), **kept(properties)}
                raw.answer_with_partial_state(made, provider_text(self.token), sentence, inputs)
            raise ProviderError(sentence) from None
        except ComfyError as error:
            raise _told(raw, str(error)) from None
        except BaseException as fault:  # noqa: BLE001  (anything that got out would hang the engine)
            logger.debug("%s", traceback.format_exc())
            what = f"{type(fault).__name__}: {fault}"
            sentence = f"a fault of pulumi_comfy in {self.token}: {what}. Please report it. [COMFY9001]"
            raise _told(raw, sentence) from None


def _remove(handler: AnyHandler, partial: PartialFailure, call: Call[Any]) -> None:
    """Remove what a create made, where there is no means to record it: nothing is left that the state does not know."""
    call.memory.releases(partial.made.id)
    try:
        the_process().run(lifecycle.delete(handler, partial.made.id, partial.made.outputs, call))
    except Exception as stuck:  # noqa: BLE001  (whatever it was, the id is told)
        reason = partial.reason
        got = f"{reason.got}; and {handler.label} {partial.made.id} is left, since removing it failed: {stuck}"
        raise OutcomeError(reason.code, tried=reason.tried, got=got, todo="Remove it on the platform.") from None


def _told(raw: RawCall | None, sentence: str) -> ProviderError:
    sentence = redact(sentence)
    if raw is not None:
        raw.answer_with_sentence(sentence)
    return ProviderError(sentence)


def _ours(properties: Mapping[str, Any]) -> Wire:
    """Give properties as the core sees them, without the hidden ones that our program's side adds."""
    return {key: from_engine(value) for key, value in properties.items() if not key.startswith("__")}
