"""What a program declares of a deployment, and what the state holds besides.

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.fields import ADOPT, Name
from pulumi_comfy.core.meanings import ALWAYS_ON, CHECKED, GPU, IDLE_SECONDS, MOST_INSTANCES, SERVES
from pulumi_comfy.core.model import LOCAL, PROMOTED, REPLACES, VERSIONS_OF, WRITE_ONLY, Json, Model, public
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import CheckedOutputs
from pulumi_comfy.inference.rollback import former_value
from pulumi_comfy.platforms.runcomfy.api import DeploymentRow, RunComfyApi
from pulumi_comfy.platforms.runcomfy.fields import AccountInputs, Id
from pulumi_comfy.platforms.runcomfy.runner import InferenceCheck


class DeploymentInputs(AccountInputs):
    """What a program declares of a deployment."""

    name: Name = None
    workflow_id: Annotated[
        Id,
        REPLACES,
        VERSIONS_OF,
        Field(description="Id of a workflow saved in the account's cloud; a change replaces it."),
    ]
    workflow_version: Annotated[
        str,
        CHECKED,
        PROMOTED,
        Field(min_length=1, description="Label of the saved version that is served, e.g. `v1`."),
    ]
    hardware: Annotated[
        str,
        CHECKED,
        GPU,
        Field(
            min_length=1,
            description="Machine that runs it: `TURING_16`, `AMPERE_24`, `AMPERE_48` (default), `ADA_48_PLUS`, "
            "`AMPERE_80`, `ADA_80_PLUS` (an H100) or `HOPPER_141`; a newer word is taken with a warning.",
        ),
    ] = "AMPERE_48"
    min_instances: Annotated[
        int, ALWAYS_ON, Field(ge=0, description="Instances that are always on and billed, also idle. Default 0.")
    ] = 0
    max_instances: Annotated[int, MOST_INSTANCES, Field(ge=1, description="The most instances at once. Default 1.")] = 1
    queue_size: Annotated[
        int, Field(ge=0, description="Waiting runs for each instance that start another one. Default 1.")
    ] = 1
    keep_warm_duration_in_seconds: Annotated[
        int, IDLE_SECONDS, Field(ge=0, description="Seconds that an idle instance stays on, and is billed. Default 60.")
    ] = 60
    is_enabled: Annotated[
        bool,
        CHECKED,
        SERVES,
        Field(
            description="Whether it takes runs. The platform disables it when the balance runs out; a refresh shows "
            "that. Default true."
        ),
    ] = True
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(description="A real run after each deploy that can change what runs; `pulumi up` fails when it fails."),
    ] = None
    adopt: Annotated[Id | None, LOCAL, ADOPT] = None

    @model_validator(mode="after")
    def _fewest_before_most(self) -> DeploymentInputs:
        least, most = self.min_instances, self.max_instances
        if isinstance(least, int) and isinstance(most, int) and least > most:
            raise ValueError(f"`min_instances` is {least}, more than `max_instances`, {most}")
        return self


SETTINGS = (
    "name",
    "workflow_version",
    "hardware",
    "min_instances",
    "max_instances",
    "queue_size",
    "keep_warm_duration_in_seconds",
    "is_enabled",
)
"""What one PATCH sends: all of it, with the name, which must always be there (7.1)."""
_OF_A_NEW_ONE = ("workflow_id", *SETTINGS[:-1])
"""What a creation takes: it makes an enabled one (7.7)."""


@public("runcomfy:Served")
class Served(Model):
    """What a deployment held before an update."""

    name: Annotated[str, Field(description="Its name on the platform.")]
    workflow_version: Annotated[str, Field(description="Version that it served.")]
    hardware: Annotated[str, Field(description="Machine that it ran on.")]
    min_instances: Annotated[int, Field(description="Instances that were always on.")]
    max_instances: Annotated[int, Field(description="The most instances.")]
    queue_size: Annotated[int, Field(description="Waiting runs that started another instance.")]
    keep_warm_duration_in_seconds: Annotated[int, Field(description="Seconds that an idle instance stayed on.")]
    is_enabled: Annotated[bool, Field(description="Whether it took runs.")]

    @classmethod
    def of(cls, row: DeploymentRow) -> Served:
        """Take it from the platform's row."""
        return cls(
            **{
                name: getattr(row, name) or "" if name == "workflow_version" else getattr(row, name)
                for name in SETTINGS
            }
        )


class DeploymentOutputs(CheckedOutputs):
    """What is known of a deployment besides. No `status`: it says nothing of health (7.15)."""

    endpoint: Annotated[str, Field(description="URL that runs of this deployment are posted to.")]
    restore_to: Annotated[
        Served | None,
        Field(description="What a rollback was to put back and could not; the next failed check puts it back."),
    ] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]
DeployCall = Call[RunComfyApi]


def body_of(inputs: DeploymentInputs) -> dict[str, Json]:
    """Give what a creation takes."""
    return {name: getattr(inputs, name) for name in _OF_A_NEW_ONE}


def settings_of(inputs: DeploymentInputs | Served) -> dict[str, Json]:
    """Give what a PATCH sends."""
    return {name: getattr(inputs, name) for name in SETTINGS}


PROVED = frozenset({"workflow_version", "hardware"})
"""What a proof is of."""


def former_of(prior: DeploymentState, stood: Served, inputs: DeploymentInputs) -> Served:
    """Give what a failed check puts back; `stood` is what the platform held when the update began."""
    proved = PROVED if prior.outputs.record.is_passed else frozenset()
    return Served(**{name: former_value(name, prior, stood, inputs, is_proved=name in proved) for name in SETTINGS})
