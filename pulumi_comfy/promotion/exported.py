"""One resource of an exported stack as its kind declares it, with nothing secret left in it.

An exported state holds a secret as ciphertext, or with `--show-secrets` in the clear: it becomes `HIDDEN` here, and
what it was is masked from then on in every text of ours.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_comfy.address import SECRET, SIGNATURE
from pulumi_comfy.core.model import DOCUMENT, Json, Mark, fields_marked, wire_name
from pulumi_comfy.core.platform import handler_of, token_of_type
from pulumi_comfy.core.redaction import MASK, register_document, register_given
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.core.secrecy import Secrecy, let_in
from pulumi_comfy.inference.proof import Proof, stored
from pulumi_comfy.inference.settings import CheckResult

HIDDEN: Final = MASK
"""What stands for a secret."""


@dataclass(frozen=True)
class Exported:
    """One resource of ours, as a stack holds it.

    Attributes:
        urn: its URN.
        object_id: the platform's id.
        handler: its kind.
        inputs: what was declared, by names on the wire.
        outputs: what the platform decided, and the declared again but for documents.
        wired: names of inputs that come from another resource of the stack.
        secrecy: where its secrets are.
        is_interrupted: whether a killed command left it half done.
    """

    urn: str
    object_id: str
    handler: Handler[Any, Any, Any]
    inputs: Mapping[str, Json]
    outputs: Mapping[str, Json]
    wired: frozenset[str]
    secrecy: Secrecy
    is_interrupted: bool

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.split("::", 3)[-1]

    def value(self, wire: str) -> Json:
        """Give an input as it stands on the platform: a refresh writes down what it saw in the outputs."""
        return self.outputs.get(wire, self.inputs.get(wire))

    def marked(self, mark: Mark) -> dict[str, Json]:
        """Give the inputs that carry a mark and have a value, by their names on the wire."""
        model = self.handler.inputs_model
        names = sorted(wire_name(model, name) for name in fields_marked(model, mark))
        return {name: value for name in names if (value := self.value(name)) is not None}

    def hides(self, wire: str) -> bool:
        """Tell whether the program gave an input, or something in it, as a secret."""
        is_said = any(place[0] == wire for place in self.secrecy.places)
        return is_said or holds_secret(self.inputs.get(wire)) or holds_secret(self.outputs.get(wire))

    def told(self, mark: Mark) -> str | None:
        """Give the one output, else the one input, that carries a mark."""
        model = self.handler.outputs_model
        told = [self.outputs.get(wire_name(model, name)) for name in fields_marked(model, mark)]
        found = [one for one in (*told, *self.marked(mark).values()) if isinstance(one, str) and one]
        return found[0] if found else None

    @property
    def proof(self) -> Proof | None:
        """What a passed check has shown; None also where another version of this package wrote what we cannot read."""
        return stored(Proof, self.outputs.get("proof"))

    @property
    def last_check(self) -> CheckResult | None:
        """What its last check found, beside a deployment or by itself."""
        return stored(CheckResult, self.outputs.get("lastCheck", self.outputs.get("result")))


def resources_of(deployment: Mapping[str, Json]) -> Iterator[Exported]:
    """Give the resources of ours in what `pulumi stack export` writes, without those that are on their way out.

    Resources of kinds that this version does not know are left out.
    """
    body = deployment.get("deployment") or {}
    # A pending create is of what is not there, or of another one to take its place; it stays though it was made since.
    left = (one for one in body.get("pending_operations") or () if one["type"] != "creating")
    pending = {one["resource"]["urn"] for one in left}
    for row in body.get("resources") or ():
        is_ours = row.get("custom") and not row.get("external")
        token = token_of_type(row.get("type", "")) if is_ours else ""
        handler = handler_of(token) if token else None
        if handler is not None and not row.get("delete") and not row.get("pendingReplacement"):
            yield _exported(row, handler, is_interrupted=row["urn"] in pending or bool(row.get("initErrors")))


def _exported(row: Mapping[str, Json], handler: Handler[Any, Any, Any], *, is_interrupted: bool) -> Exported:
    hidden: dict[str, list[Json]] = {}
    inputs, outputs = (
        {name: _in_the_open(value, hidden.setdefault(name, [])) for name, value in (row.get(part) or {}).items()}
        for part in ("inputs", "outputs")
    )
    _mask(hidden, handler, inputs)
    wired = frozenset(name for name, urns in (row.get("propertyDependencies") or {}).items() if urns)
    secrecy = let_in(handler.inputs_model, handler.outputs_model, inputs, outputs)
    return Exported(
        row["urn"], str(row.get("id", "")), handler, inputs, outputs, wired, secrecy, is_interrupted=is_interrupted
    )


def _in_the_open(value: Json, hidden: list[Json]) -> Json:
    """Give a value with `HIDDEN` for each secret in it, and add to `hidden` what one was, where the export shows it."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            with contextlib.suppress(ValueError):  # a ciphertext: nobody could mistake it for the secret
                hidden.append(json.loads(str(value.get("plaintext", ""))))
            return HIDDEN
        return {key: _in_the_open(item, hidden) for key, item in value.items()}
    return [_in_the_open(item, hidden) for item in value] if isinstance(value, list) else value


def _mask(hidden: Mapping[str, list[Json]], handler: Handler[Any, Any, Any], inputs: Mapping[str, Json]) -> None:
    """Mask from now on what an export shows of secrets; classes and settings in a secret document are none."""
    documents = {wire_name(handler.inputs_model, name) for name in fields_marked(handler.inputs_model, DOCUMENT)}
    shown = json.dumps({name: value for name, value in inputs.items() if name not in documents})
    for name, values in hidden.items():
        for value in values:
            if name in documents:
                register_document(value)
            else:
                register_given(value, shown)


def holds_secret(value: Json) -> bool:
    """Tell whether something in a value was a secret."""
    if isinstance(value, dict):
        return any(map(holds_secret, value.values()))
    return any(map(holds_secret, value)) if isinstance(value, list) else value == HIDDEN
