"""What can go wrong in the test engine.

EngineError
├── UnsupportedFeature   the program uses something this engine does not do; the message names it
├── StepFailed           one resource operation failed (carries what the provider said)
│   └── PartialFailure   ... but the object exists: id and outputs are known
├── ProviderStartError   the provider process did not come up
└── StateError           a deployment document that cannot be used
DeploymentFailed         the whole operation failed; `.result` holds everything that happened
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .results import Result


class EngineError(Exception):
    """Base of all errors of the test engine.

    Attributes:
        logged: Whether a diagnostic tells it already.
        urn: The resource on whose row it belongs; empty for the stack's.
    """

    logged = False
    urn = ""


class UnsupportedFeature(EngineError):
    """The program asks for something that this engine refuses by name."""

    def __init__(self, feature: str, hint: str = "") -> None:
        tail = f"; {hint}" if hint else "; use the real `pulumi` command for it"
        super().__init__(f"the test engine of pulumi_comfy does not do {feature}{tail}")
        self.feature = feature


class StateError(EngineError):
    """A deployment document cannot be read or is not consistent."""


class ProviderStartError(EngineError):
    """A provider process ended or stayed silent before it said its port."""


class StepFailed(EngineError):
    """A provider call, or the engine itself, failed one resource operation."""


class PartialFailure(StepFailed):
    """The object exists but did not initialise (`ErrorResourceInitFailed`, docs/pulumi.md 1.10).

    Attributes:
        id: The provider's id of the object.
        properties: Outputs as far as known.
        inputs: Live inputs, when the provider sent them.
        reasons: The provider's sentences, stored in state as `initErrors`.
    """

    def __init__(self, id_: str, properties: dict[str, Any], inputs: dict[str, Any] | None, reasons: list[str]) -> None:
        listing = "".join(f"\n\t* {reason}" for reason in reasons)
        plural = "error" if len(reasons) == 1 else "errors"
        super().__init__(f"{len(reasons)} {plural} occurred:{listing}\n\n" if reasons else "resource init failed")
        self.id = id_
        self.properties = properties
        self.inputs = inputs
        self.reasons = reasons


class DeploymentFailed(Exception):
    """An operation on a stack failed. The message lists its errors, `result` holds the whole story."""

    def __init__(self, result: Result) -> None:
        super().__init__("\n".join(result.errors) or f"{result.kind} failed")
        self.result = result
