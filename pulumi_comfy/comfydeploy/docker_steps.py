"""The build steps of a machine's image.

The platform stores and compares a step's `id`: a new random one would rebuild the machine (reference 2.3.1), so ids
are derived from what the step says.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pulumi_comfy.core.model import Json, Model, is_known

_REQUIRED = {"custom-node": ("url", "install_type"), "custom-node-manager": ("node_id", "version")}


class DockerCommandStep(Model):
    """One build step."""

    type: Annotated[
        Literal["custom-node", "custom-node-manager", "commands"],
        Field(
            description="`custom-node` (a git repository or files), `custom-node-manager` (a node of the registry) or "
            "`commands` (raw Dockerfile instructions)."
        ),
    ]
    data: Annotated[
        Json,
        Field(
            description="For `custom-node`: `url`, `install_type` (`git-clone` or `copy`), `hash`, `name`, `pip`, "
            "`files`. For `custom-node-manager`: `node_id`, `version`. For `commands`: text, one Dockerfile "
            "instruction a line. "
            "Keys are the platform's own."
        ),
    ]
    id: Annotated[
        str | None, Field(description="The platform's id of the step. Default: derived from type and data.")
    ] = None

    @model_validator(mode="after")
    def _data_fits_type(self) -> DockerCommandStep:
        if not is_known(self.type, self.data):
            return self
        if self.type == "commands":
            if not isinstance(self.data, str):
                raise ValueError("a `commands` step takes its data as text, one Dockerfile instruction a line")
            return self
        if not isinstance(self.data, dict):
            raise ValueError(f"a `{self.type}` step takes its data as a mapping")
        missing = [key for key in _REQUIRED[self.type] if not self.data.get(key)]
        if missing:
            raise ValueError(f"a `{self.type}` step needs {' and '.join(f'`{key}`' for key in missing)} in its data")
        return self


def to_platform(steps: list[DockerCommandStep]) -> dict[str, Json]:
    """Write steps as the platform takes them."""
    return {"steps": [{"id": step.id or step_id(step), "type": step.type, "data": step.data} for step in steps]}


def step_id(step: DockerCommandStep) -> str:
    """Derive a step's id from what it says."""
    text = json.dumps([step.type, step.data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
