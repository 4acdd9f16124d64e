"""What a ComfyDeploy secret declares, and what the platform decides of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from pulumi_comfy.core.model import AUTOMATIC, REPLACES, SECRET, UNORDERED, Model
from pulumi_comfy.core.resource import State
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Adopt, Id


class SecretInputs(AccountInputs):
    """What a program declares of a secret."""

    name: Annotated[
        str | None,
        AUTOMATIC,
        REPLACES,
        Field(
            min_length=1,
            description="Name on the platform; a change replaces it. Default: the logical name and a short hash.",
        ),
    ] = None
    variables: Annotated[
        dict[str, str],
        SECRET,
        Field(
            min_length=1,
            description="Environment variables by name; names hold no white space, values may be empty. Where two "
            "secrets give one machine the same name, which value it sees is not defined. `API_KEY_COMFY_ORG` switches "
            "off the platform's own proxy for ComfyUI's partner nodes.",
        ),
    ]
    machine_ids: Annotated[
        list[Id],
        UNORDERED,
        Field(min_length=1, description="Ids of the serverless machines that get the variables; at least one."),
    ]
    rebuild_machines: Annotated[
        bool,
        Field(
            description="Whether to rebuild the machines after a change, without which it has no effect. Default true. "
            "Once the secret is removed, machines that the program still declares are rebuilt; one of another "
            "stack keeps the variables until its next build."
        ),
    ] = True
    adopt: Adopt = None

    @field_validator("variables", mode="after")
    @classmethod
    def _names_without_space(cls, variables: dict[str, str]) -> dict[str, str]:
        names = variables if isinstance(variables, dict) else ()
        wrong = [repr(name) for name in names if not name or any(letter.isspace() for letter in name)]
        if wrong:
            raise ValueError(f"a variable's name is neither empty nor holds white space: {', '.join(wrong)}")
        return variables


class SecretOutputs(Model):
    """What the platform decides of a secret."""

    machine_version_ids: Annotated[
        dict[str, str],
        Field(description="For each machine, the id of the build that this stack made to take the variables in."),
    ] = {}
    unseen_version_ids: Annotated[
        dict[str, str],
        Field(
            description="For each machine whose build was begun and not seen to end, that build; the next update does."
        ),
    ] = {}
    leaving_machine_ids: Annotated[
        list[str],
        Field(
            description="Machines that were replaced and keep their link: should the new one fail, they go on serving "
            "with the variables. The link ends with the machine."
        ),
    ] = []


SecretState = State[SecretInputs, SecretOutputs]
