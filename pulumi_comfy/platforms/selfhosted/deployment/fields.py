"""What a program declares of a deployment, and what the state holds besides.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.meanings import CHECKED, ENVIRONMENT, MACHINE, Public
from pulumi_comfy.core.model import PROMOTED, REPLACES, VERSIONS_OF, WRITE_ONLY, Json, Model, public
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import CheckedOutputs
from pulumi_comfy.inference.rollback import former_value
from pulumi_comfy.platforms.selfhosted.existing import ExistingInputs, ExistingOutputs
from pulumi_comfy.platforms.selfhosted.fields import Digest, Id
from pulumi_comfy.platforms.selfhosted.rows import DeploymentRow
from pulumi_comfy.platforms.selfhosted.runner import InferenceCheck


@public("selfhosted:Environment")
class Environment(str, Enum):
    """Where a deployment serves."""

    PRODUCTION = "production"
    STAGING = "staging"
    PUBLIC_SHARE = "public-share"


class DeploymentInputs(ExistingInputs):
    """What a program declares of a deployment."""

    required = ("workflow_id", "environment", "workflow_version_id", "machine_id")

    workflow_id: Annotated[
        Id | None, REPLACES, VERSIONS_OF, Field(description="Id of the workflow; a change replaces the deployment.")
    ] = None
    environment: Annotated[
        Environment | None,
        REPLACES,
        ENVIRONMENT,
        Public(frozenset({Environment.PUBLIC_SHARE.value})),
        Field(description="Where it serves; a change replaces the deployment. Anybody can run a `public-share`."),
    ] = None
    workflow_version_id: Annotated[
        Id | None,
        CHECKED,
        PROMOTED,
        Field(
            description="Id of the workflow's version that is served. The public server tells it in its web UI's links "
            "alone."
        ),
    ] = None
    workflow_digest: Annotated[Digest, CHECKED, WRITE_ONLY] = None
    machine_id: Annotated[Id | None, CHECKED, MACHINE, Field(description="Id of the machine that runs it.")] = None
    description: Annotated[str | None, Field(description="Free text of a public share. Default: none.")] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(
            description="A real run after each deploy that can change what runs; `pulumi up` fails when it fails. What "
            "`existing_id` holds is run when it is declared and when this changes; nothing of it is put back."
        ),
    ] = None


SETTINGS = ("workflow_version_id", "machine_id", "description")
"""What a change can set."""


@public("selfhosted:Served")
class Served(Model):
    """What a deployment held before an update."""

    workflow_version_id: Annotated[str, Field(description="Id of the version that served.")]
    machine_id: Annotated[str, Field(description="Id of the machine that it ran on.")]
    description: Annotated[str | None, Field(description="Its free text.")] = None

    @classmethod
    def of(cls, row: DeploymentRow) -> Served:
        """Take it from the server's row."""
        return cls(
            workflow_version_id=row.workflow_version_id,
            machine_id=row.machine_id,
            description=row.description or None,
        )


class DeploymentOutputs(ExistingOutputs, CheckedOutputs):
    """What the server decides of a deployment."""

    share_slug: Annotated[str | None, Field(description="Public name of a `public-share`.")] = None
    restore_to: Annotated[
        Served | None,
        Field(description="What a rollback was to put back and could not; the next failed check puts it back."),
    ] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]


def settings_of(held: DeploymentInputs | Served) -> dict[str, Json]:
    """Give what a change can set."""
    return {name: getattr(held, name) for name in SETTINGS}


def differing(wanted: DeploymentInputs | Served, stands: DeploymentInputs | Served) -> dict[str, Json]:
    """Give what has to be sent so that what stands becomes what is wanted."""
    stood = settings_of(stands)
    return {name: value for name, value in settings_of(wanted).items() if value != stood[name]}


_PROVED = frozenset({"workflow_version_id", "machine_id"})
"""What a proof is of."""


def former_of(prior: DeploymentState, stood: Served, inputs: DeploymentInputs) -> Served:
    """Give what a failed check puts back; `stood` is what the server held when the update began."""
    proved = _PROVED if prior.outputs.record.is_passed else frozenset()
    return Served(**{name: former_value(name, prior, stood, inputs, is_proved=name in proved) for name in SETTINGS})
