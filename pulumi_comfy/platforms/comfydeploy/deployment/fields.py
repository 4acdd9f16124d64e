"""What a program declares of a deployment, and what the platform decides of it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.http.endpoints import Row
from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    CHECKED,
    ENVIRONMENT,
    GPU,
    IDLE_SECONDS,
    LONGEST_RUN,
    MACHINE,
    MOST_INSTANCES,
    OWN_APP,
    Public,
)
from pulumi_comfy.core.model import (
    HELD,
    MACHINE_DIGEST,
    PROMOTED,
    REPLACES,
    VERSIONS_OF,
    WRITE_ONLY,
    Json,
    Model,
    public,
)
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import CheckedOutputs, Record
from pulumi_comfy.inference.rollback import former_value
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow
from pulumi_comfy.platforms.comfydeploy.fields import MOST, AccountInputs, Adopt, Environment, Gpu, Id
from pulumi_comfy.platforms.comfydeploy.runner.deployed import InferenceCheck

TOKEN = "comfydeploy:Deployment"
OPEN_TO_ALL = frozenset({Environment.PUBLIC_SHARE.value, Environment.COMMUNITY_SHARE.value})
"""Environments that anybody with an account can run."""

LIMIT_DEFAULTS: dict[str, Json] = {"concurrency_limit": 2, "run_timeout": 300, "idle_timeout": 0, "keep_warm": 0}
"""What the platform itself sets on a new ordinary deployment (2.5): sent when a limit is taken out of the program."""
TAKEN_FROM_THE_BUILD = frozenset({"gpu", "run_timeout", "idle_timeout"})
"""What a fluid deployment takes from the machine's build, again with each PATCH that does not name it (2.5)."""
SETTINGS = frozenset(LIMIT_DEFAULTS) | {"gpu"}
_IDLE = "no effect on ordinary deployments."
_OF_THE_BUILD = "that of its own image."


def place_of(workflow_id: str, environment: Environment) -> str:
    """Give the key of what has room for one deployment."""
    return f"{workflow_id}/{environment.value}"


class DeploymentInputs(AccountInputs):
    """What a program declares of a deployment."""

    workflow_id: Annotated[
        Id, REPLACES, VERSIONS_OF, Field(description="Id of the workflow; a change replaces the deployment.")
    ]
    environment: Annotated[
        Environment,
        REPLACES,
        ENVIRONMENT,
        Public(OPEN_TO_ALL),
        Field(
            description="Where it serves; a change replaces the deployment. `public-share` and `community-share` can "
            "be run by anybody with an account."
        ),
    ]
    workflow_version_id: Annotated[
        Id, CHECKED, PROMOTED, Field(description="Id of the workflow's version that is served.")
    ]
    machine_id: Annotated[Id, CHECKED, MACHINE, Field(description="Id of the machine that runs it.")]
    machine_build_digest: Annotated[
        str | None,
        CHECKED,
        MACHINE_DIGEST,
        Field(
            description="The machine's `build_digest`: an ordinary deployment runs whatever its machine was last built "
            "to, so a rebuilt machine is checked again."
        ),
    ] = None
    gpu: Annotated[
        Gpu | None,
        CHECKED,
        GPU,
        HELD,
        Field(description="GPU that overrides the machine's."),
    ] = None
    concurrency_limit: Annotated[
        int | None,
        MOST_INSTANCES,
        Field(ge=1, le=MOST, description=f"Most containers; {_IDLE} Default: the platform's own, 2."),
    ] = None
    run_timeout: Annotated[
        int | None,
        CHECKED,
        LONGEST_RUN,
        Field(
            ge=1,
            le=MOST,
            description=f"Longest run, in seconds; {_IDLE} Default: the platform's own, 300 or {_OF_THE_BUILD}",
        ),
    ] = None
    idle_timeout: Annotated[
        int | None,
        IDLE_SECONDS,
        Field(
            ge=0,
            le=MOST,
            description=f"Seconds a container stays warm; {_IDLE} Default: the platform's own, 0 or {_OF_THE_BUILD}",
        ),
    ] = None
    keep_warm: Annotated[
        int | None,
        ALWAYS_ON,
        Field(ge=0, le=MOST, description=f"Containers always on; {_IDLE} Default: the platform's own, 0."),
    ] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(description="A real run after each deploy that can change what runs; `pulumi up` fails when it fails."),
    ] = None
    adopt: Adopt = None


@public("comfydeploy:Served")
class Served(Model):
    """What a deployment held before an update."""

    workflow_version_id: Annotated[str, Field(description="Id of the version that served.")]
    machine_id: Annotated[str | None, Field(description="Id of the machine that it ran on.")] = None
    gpu: Annotated[str | None, Field(description="GPU that overrode the machine's.")] = None
    concurrency_limit: Annotated[int | None, Field(description="The most containers that it had.")] = None
    run_timeout: Annotated[int | None, Field(description="Longest run, in seconds.")] = None
    idle_timeout: Annotated[int | None, Field(description="Seconds a container stayed warm.")] = None
    keep_warm: Annotated[int | None, Field(description="Containers always on.")] = None

    @classmethod
    def of(cls, row: DeploymentRow) -> Served:
        """Take it from the platform's row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


def _texts(row: Row) -> dict[str, str | None]:
    """Give a row's values as text: whatever a node's author wrote there; nothing for an empty one."""
    return {name: str(value) if value not in (None, "") else None for name, value in row.model_dump().items()}


@public("comfydeploy:RunInput")
class RunInput(Model):
    """One run input that a deployment takes; its default and its bounds stand in the workflow."""

    input_id: Annotated[str | None, Field(description="Its name, as a run gives it.")] = None
    type: Annotated[str | None, Field(description="`string`, `float`, `integer`, `boolean` or `binary`.")] = None
    class_type: Annotated[str | None, Field(description="Class of the node that declares it.")] = None
    display_name: Annotated[str | None, Field(description="Name that the platform shows.")] = None
    description: Annotated[str | None, Field(description="What the workflow's author says of it.")] = None


@public("comfydeploy:RunOutput")
class RunOutput(Model):
    """One output that a deployment declares."""

    output_id: Annotated[str | None, Field(description="Its name in the workflow.")] = None
    class_type: Annotated[str | None, Field(description="Class of the node that declares it.")] = None


class DeploymentOutputs(CheckedOutputs):
    """What the platform decides of a deployment. No `activated_at`: every first run after a pause moves it."""

    share_slug: Annotated[str | None, Field(description="Public name of a share deployment.")] = None
    endpoint: Annotated[str, Field(description="URL that runs of this deployment are posted to.")]
    input_types: Annotated[list[RunInput], Field(description="Run inputs that the served version takes.")] = []
    output_types: Annotated[list[RunOutput], Field(description="Outputs that the served version declares.")] = []
    machine_version_id: Annotated[
        str | None,
        Field(description="Id of the machine's build that it is pinned to; none where it runs the machine's newest."),
    ] = None
    modal_image_id: Annotated[
        str | None, OWN_APP, Field(description="Image of its own GPU app; none where it runs on its machine's.")
    ] = None
    restore_to: Annotated[
        Served | None,
        Field(description="What a rollback was to put back and could not; the next failed check puts it back."),
    ] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]
DeployCall = Call[ComfyDeployApi]


def outputs_of(
    row: DeploymentRow,
    record: Record,
    call: DeployCall,
    restore_to: Served | None = None,
    was: DeploymentOutputs | None = None,
) -> DeploymentOutputs:
    """Give what the state holds of a deployment besides its inputs; `was` stands in for what the row leaves out."""
    inputs, outputs = (was.input_types, was.output_types) if was else ([], [])
    if row.input_types is not None:
        inputs = [RunInput(**_texts(one)) for one in row.input_types]
    if row.output_types is not None:
        outputs = [RunOutput(**_texts(one)) for one in row.output_types]
    return DeploymentOutputs(
        share_slug=row.share_slug,
        endpoint=call.client.queue_url,
        input_types=inputs,
        output_types=outputs,
        machine_version_id=row.machine_version_id,
        modal_image_id=row.modal_image_id,
        last_check=record.last,
        proof=record.proof,
        restore_to=restore_to,
    )


def former_of(prior: DeploymentState, stood: DeploymentRow, inputs: DeploymentInputs) -> Served:
    """Give what a failed check puts back; `stood` is what the platform held when the update began."""
    is_passed = prior.outputs.record.is_passed
    values: dict[str, Json] = {}
    for name in Served.model_fields:
        is_proved = is_passed and (name in _PLACE or (name == "gpu" and prior.inputs.gpu is not None))
        value = former_value(name, prior, stood, inputs, is_proved=is_proved)
        is_reset = stood.is_fluid and name in TAKEN_FROM_THE_BUILD  # by the platform, where it is not sent
        values[name] = LIMIT_DEFAULTS.get(name) if value is None and not is_reset else value
    return Served.model_validate(values)


_PLACE = frozenset({"workflow_version_id", "machine_id"})
"""What a deployment always serves, and what a proof is of."""
