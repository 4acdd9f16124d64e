"""The build steps of a machine's image.

The platform stores and compares a step's `id`: a new random one would rebuild the machine (reference 2.3.1), so ids
are derived from what the step says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pulumi_comfy.core.errors import LostAnswerError, StatusError
from pulumi_comfy.core.model import Json, Model, is_known

_REGISTRY = "custom-node-manager"
_REQUIRED = {"custom-node": ("url", "install_type"), _REGISTRY: ("node_id", "version")}


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
            _refuse_no_instruction(self.data)
            return self
        if not isinstance(self.data, dict):
            raise ValueError(f"a `{self.type}` step takes its data as a mapping")
        missing = [key for key in _REQUIRED[self.type] if not self.data.get(key)]
        if missing:
            raise ValueError(f"a `{self.type}` step needs {' and '.join(f'`{key}`' for key in missing)} in its data")
        return self


_INSTRUCTION = re.compile(
    r"\s*(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
    r"|VOLUME|WORKDIR)\s+\S",
    re.IGNORECASE,
)
_HEREDOC = re.compile(r"""(?<!<)<<-?(["']?)([A-Za-z_]\w*)\1""")


def _refuse_no_instruction(text: str) -> None:
    """Refuse a line that the builder could not read; it says so minutes later, and the machine is broken by then."""
    is_continued, heredocs = False, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if heredocs and not is_continued:  # the body of the first that is open
            heredocs = heredocs[1:] if line.strip() == heredocs[0] else heredocs
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not is_continued and not _INSTRUCTION.match(line):
            raise ValueError(
                f"line {number} of a `commands` step is no Dockerfile instruction: {line.strip()!r}; a shell command "
                "begins with RUN"
            )
        heredocs += [name for _quote, name in _HEREDOC.findall(line)]
        is_continued = line.rstrip().endswith("\\")


@contextmanager
def naming_registry_nodes(steps: list[DockerCommandStep]) -> Iterator[None]:
    """Say what to check when the platform crashes: it does so, without a word, on a node its registry lacks (2.3.1)."""
    try:
        yield
    except (LostAnswerError, StatusError) as failed:
        nodes = [f"{step.data['node_id']}@{step.data['version']}" for step in steps if step.type == _REGISTRY]
        is_crash = isinstance(failed, LostAnswerError) or failed.status == 500
        if nodes and is_crash:
            named = ", ".join(nodes)
            failed.todo = f"The platform fails so on a node that the registry lacks: check {named}. {failed.todo}"
        raise


def to_platform(steps: list[DockerCommandStep]) -> dict[str, Json]:
    """Write steps as the platform takes them."""
    return {"steps": [{"id": step.id or step_id(step), "type": step.type, "data": step.data} for step in steps]}


def step_id(step: DockerCommandStep) -> str:
    """Derive a step's id from what it says."""
    text = json.dumps([step.type, step.data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
