"""What a program declares of a deployment, and what the platform decides of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Environment, Gpu, Id
from pulumi_comfy.comfydeploy.rows import DeploymentRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.inference import CheckResult, InferenceCheck
from pulumi_comfy.core.model import REPLACES, WRITE_ONLY, Json, Mark, Model
from pulumi_comfy.core.resource import State

CHECKED = Mark("checked")
"""A change can change what a run makes, so it is followed by an inference check."""

LIMIT_DEFAULTS: dict[str, Json] = {"concurrency_limit": 2, "run_timeout": 300, "idle_timeout": 0, "keep_warm": 0}
"""What the platform itself sets on a new ordinary deployment (2.5): sent when a limit is taken out of the program."""
SETTINGS = frozenset(LIMIT_DEFAULTS) | {"gpu"}


class DeploymentInputs(AccountInputs):
    """What a program declares of a deployment."""

    workflow_id: Annotated[Id, REPLACES, Field(description="Id of the workflow; a change replaces the deployment.")]
    environment: Annotated[
        Environment,
        REPLACES,
        Field(
            description="Where it serves; a change replaces the deployment. `public-share` and `community-share` can "
            "be run by anybody with an account."
        ),
    ]
    workflow_version_id: Annotated[Id, CHECKED, Field(description="Id of the workflow's version that is served.")]
    machine_id: Annotated[Id, CHECKED, Field(description="Id of the machine that runs it.")]
    machine_build_digest: Annotated[
        str | None,
        CHECKED,
        Field(
            description="The machine's `build_digest`: an ordinary deployment runs whatever its machine was last built "
            "to, so a rebuilt machine is checked again."
        ),
    ] = None
    gpu: Annotated[
        Gpu | None,
        CHECKED,
        Field(description="GPU that overrides the machine's. Once set it can be changed, not unset."),
    ] = None
    concurrency_limit: Annotated[
        int | None, Field(ge=1, description="Most containers; no effect on ordinary deployments.")
    ] = None
    run_timeout: Annotated[
        int | None, CHECKED, Field(ge=1, description="Longest run, in seconds; no effect on ordinary deployments.")
    ] = None
    idle_timeout: Annotated[
        int | None, Field(ge=0, description="Seconds a container stays warm; no effect on ordinary deployments.")
    ] = None
    keep_warm: Annotated[
        int | None, Field(ge=0, description="Containers always on; no effect on ordinary deployments.")
    ] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(description="A real run after each deploy that can change what runs; `pulumi up` fails when it fails."),
    ] = None
    adopt: Adopt = None


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


class DeploymentOutputs(Model):
    """What the platform decides of a deployment."""

    share_slug: Annotated[str | None, Field(description="Public name of a share deployment.")] = None
    endpoint: Annotated[str, Field(description="URL that runs of this deployment are posted to.")]
    last_check: Annotated[CheckResult | None, Field(description="What the last inference check found.")] = None
    restore_to: Annotated[
        Served | None,
        Field(description="What a rollback was to put back and could not; the next failed check puts it back."),
    ] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]
DeployCall = Call[ComfyDeployApi]
