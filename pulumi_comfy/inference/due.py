"""Whether a check is due, and what of the last one stays known."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from pulumi_comfy.core.meanings import CHECKED
from pulumi_comfy.core.model import Model, fields_marked
from pulumi_comfy.core.resource import Handler, Seen, State
from pulumi_comfy.core.stored import overlay
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.settings import CheckResult, CheckSettings

_WORDS = {"failed": "failed", "skipped": "was skipped"}


def why_due(last: CheckResult | None, proof: Proof | None = None) -> str | None:
    """Say why a declared check is due although nothing changed; None when the last one passed."""
    if last is None:
        return f"what serves was not checked since {proof.ended_at}" if proof else "it was never checked"
    return None if last.is_passed else f"its last inference check {_WORDS.get(last.status, last.status)}"


def is_due(last: CheckResult | None, asked: CheckSettings | None, changed: Set[str], inputs: type[Model]) -> bool:
    """Tell whether an update is to be checked: what runs may be another, or was never proved.

    Args:
        last: what the state holds of the last check.
        asked: the declared check; None when there is none.
        changed: the fields (snake_case) that the update changes.
        inputs: the model whose fields marked `CHECKED` change what runs.
    """
    unproved = asked is not None and why_due(last) is not None
    return bool(changed & fields_marked(inputs, CHECKED)) or not changed or unproved


def known_after_a_look(handler: Handler[Any, Any, Any], prior: State[Any, Any], seen: Seen[Any]) -> Record:
    """Give what stays known of a target's checks after a look at it: of what serves in its stead nothing is known.

    An update that failed half-way, and a hand, change what serves without a check.

    Args:
        handler: the target's kind, whose outputs are `CheckedOutputs`.
        prior: what the state holds.
        seen: what the platform shows.
    """
    is_other = overlay(handler, prior, seen).keys() & fields_marked(handler.inputs_model, CHECKED)
    return Record(None if is_other else prior.outputs.last_check, prior.outputs.proof)
