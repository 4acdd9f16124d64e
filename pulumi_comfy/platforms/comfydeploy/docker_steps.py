"""The build steps of a machine's image.

The platform stores and compares a step's `id`, which means nothing to a build: a new random one would rebuild the
machine (docs/platforms/comfydeploy.md 2.3.1). So ids are derived from what the step says, and steps that differ in them
only are the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pulumi_comfy.core.errors import LostAnswerError, StatusError
from pulumi_comfy.core.meanings import COMMAND, NODE_COMMIT, NODE_FILES, NODE_SOURCE, NODE_VERSION
from pulumi_comfy.core.model import Json, Model, Shapes, is_known, public

_REGISTRY = "custom-node-manager"
_COMFYUI = "comfyui"
"""`name` of the node step that stands for ComfyUI itself."""


@public("comfydeploy:CustomNodeData")
class CustomNodeData(BaseModel):
    """The data of a `custom-node` step."""

    # The platform crashes on another shape, and ignores unknown keys (2.3.1).
    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[
        str, NODE_SOURCE, Field(min_length=1, description="URL of the git repository, or of the node's page.")
    ]
    install_type: Annotated[
        Literal["git-clone", "copy"],
        Field(description="`git-clone` clones the repository, `copy` fetches each of `files`."),
    ]
    hash: Annotated[
        str | None, NODE_COMMIT, Field(description="Commit that a clone is set to. Default: its newest.")
    ] = None
    name: Annotated[str | None, Field(description="Name of the node; `comfyui` stands for ComfyUI itself.")] = None
    pip: Annotated[list[str] | None, Field(description="Python packages that are installed first.")] = None
    files: Annotated[list[str] | None, NODE_FILES, Field(description="URLs of the files that `copy` fetches.")] = None
    meta: Annotated[Json, Field(description="Anything; the build does not look at it.")] = None

    @model_validator(mode="after")
    def _comfyui_is_whole(self) -> CustomNodeData:
        if self.name == _COMFYUI and not (self.hash and self.files):
            raise ValueError("a node named `comfyui` replaces ComfyUI: give its git URL in `files` and its `hash`")
        return self


@public("comfydeploy:RegistryNodeData")
class RegistryNodeData(BaseModel):
    """The data of a `custom-node-manager` step."""

    model_config = ConfigDict(strict=True)

    node_id: Annotated[str, Field(min_length=1, description="The node's id in ComfyUI's registry.")]
    version: Annotated[str, NODE_VERSION, Field(min_length=1, description="Its version there.")]


_DATA: dict[str, type[BaseModel]] = {"custom-node": CustomNodeData, _REGISTRY: RegistryNodeData}
"""What a step's data is, by its type; that of `commands` is text."""


@public("comfydeploy:DockerCommandStep")
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
        COMMAND,
        Shapes(by="type", one_of={"commands": str, **_DATA}),
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
        try:
            _DATA[self.type].model_validate(self.data)
        except ValidationError as wrong:
            raise ValueError(_in_words(self.type, wrong)) from None
        _refuse_line_breaks(self.type, self.data)
        return self


def _in_words(kind: str, wrong: ValidationError) -> str:
    """Say what is wrong with a step's data; its values stay out of it."""
    problems = []
    for error in wrong.errors():
        place = ".".join(map(str, error["loc"]))
        if error["type"] == "missing":
            problems.append(f"it needs `{place}`")
        elif error["type"] == "extra_forbidden":
            close = get_close_matches(place, _DATA[kind].model_fields, n=1)
            problems.append(f"it takes no `{place}`" + (f"; did you mean `{close[0]}`?" if close else ""))
        else:
            message = error["msg"].removeprefix("Value error, ")
            problems.append(f"`{place}`: {message}" if place else message)
    return f"the data of a `{kind}` step does not fit: {'; '.join(problems)}"


def _refuse_line_breaks(kind: str, data: dict[str, Json]) -> None:
    """Refuse what would end an instruction in its middle: each of these texts goes into one line of the Dockerfile."""
    for name, value in data.items():
        texts = value if isinstance(value, list) else [value]
        if name != "meta" and any(isinstance(text, str) and re.search("[\r\n]", text) for text in texts):
            raise ValueError(f"the data of a `{kind}` step does not fit: `{name}` holds a line break")


def refuse_double_clones(steps: list[DockerCommandStep]) -> None:
    """Refuse two steps that clone one repository: the second finds its folder taken, and the build breaks (2.3.1).

    Raises:
        ValueError: names the repository.
    """
    nodes = [step.data for step in steps if is_known(step) and step.type == "custom-node"]
    cloned = [one["url"] for one in nodes if one["install_type"] == "git-clone" and one.get("name") != _COMFYUI]
    repositories = Counter(url.rstrip("/").removesuffix(".git").lower() for url in cloned)
    double = [repository for repository, times in repositories.items() if times > 1]
    if double:
        raise ValueError(f"two steps clone {double[0]}: one is enough, and the second finds its folder taken")


_INSTRUCTION = re.compile(
    r"\s*(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
    r"|VOLUME|WORKDIR)\s+\S",
    re.IGNORECASE,
)
_HEREDOC = re.compile(r"""(?<!<)<<-?(["']?)([A-Za-z_]\w*)\1""")


def _refuse_no_instruction(text: str) -> None:
    """Refuse a line that the builder could not read; it says so minutes later, and the machine is broken by then."""
    is_continued, heredocs = False, list[str]()
    for number, whole in enumerate(text.split("\n"), start=1):  # nothing else is a line break to the builder
        line = whole.removesuffix("\r")
        if "\r" in line:
            raise ValueError(
                f"line {number} of a `commands` step holds a carriage return, which is no line break there"
            )
        if heredocs and not is_continued:  # the body of the first that is open
            heredocs = heredocs[1:] if line.strip() == heredocs[0] else heredocs
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not is_continued and not _INSTRUCTION.match(line):
            first = re.split(r"[^\w.-]", line.strip())[0]  # not the rest, which may hold a secret of the program
            raise ValueError(
                f"line {number} of a `commands` step is no Dockerfile instruction: it begins with {first!r}; a shell "
                "command begins with RUN"
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


def without_ids(steps: Json) -> Json:
    """Give steps on the wire as they are compared; unknown ones stay as they are."""
    if not isinstance(steps, list):
        return steps
    return [{k: v for k, v in step.items() if k != "id"} if isinstance(step, dict) else step for step in steps]


def step_id(step: DockerCommandStep) -> str:
    """Derive a step's id from what it says."""
    text = json.dumps([step.type, step.data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
