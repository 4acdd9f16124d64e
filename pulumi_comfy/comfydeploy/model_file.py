"""A model file (checkpoint, LoRA, ...) in the account's one volume, which all its serverless machines mount.

Limits: the platform gives no id and no content hash, so a file is known by its path, and drift is seen by its size; a
file cannot be updated in place (reference 2.7). Removing the resource keeps the file unless told otherwise: other
stacks use the same volume.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.fields import AccountInputs
from pulumi_comfy.comfydeploy.model_download import download, is_coming, listed, wait_for_file
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import LOCAL, REPLACES, SECRET, Json, Model, is_known, matching
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts

SOURCES = ("huggingface", "civitai", "link")


class ModelInputs(AccountInputs):
    """What a program declares of a model file."""

    folder_path: Annotated[
        str,
        REPLACES,
        matching("[^/]|[^/].*[^/]", "a folder without a slash at its ends"),
        Field(description="Folder in the volume, e.g. `checkpoints`."),
    ]
    filename: Annotated[
        str,
        REPLACES,
        matching("[^/]+", "a file name without a slash"),
        Field(description="Name of the file in that folder."),
    ]
    huggingface: Annotated[
        str | None,
        REPLACES,
        Field(description="Path of the file on Hugging Face: `owner/repository/resolve/main/name.safetensors`."),
    ] = None
    civitai: Annotated[str | None, REPLACES, Field(description="URL of the model's page on Civitai.")] = None
    link: Annotated[
        str | None,
        REPLACES,
        SECRET,
        Field(description="Any URL. Its query is not compared, so that a URL signed anew downloads nothing."),
    ] = None
    size: Annotated[
        int | None, Field(gt=0, description="Size in bytes that the file must have; any when left out.")
    ] = None
    delete_on_destroy: Annotated[
        bool, LOCAL, Field(description="Whether removing the resource removes the file. Default false.")
    ] = False
    adopt: Annotated[
        str | None,
        LOCAL,
        Field(description="Path of an existing file to take over at the first create, e.g. `loras/a.safetensors`."),
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> ModelInputs:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1 and is_known(self.huggingface, self.civitai, self.link):
            raise ValueError(f"exactly one of {', '.join(f'`{name}`' for name in SOURCES)} says where the file is from")
        return self


class ModelOutputs(Model):
    """What the platform decides of a model file."""

    path: Annotated[str, Field(description="Path in the volume, as workflows name it below its folder.")]
    size_bytes: Annotated[int, Field(description="Size of the file when it was downloaded.")]
    status: Annotated[str, Field(description="`ready`, or `changed` when its size on the volume is another.")]


ModelState = State[ModelInputs, ModelOutputs]


class ModelHandler(Handler[ModelInputs, ModelOutputs, ComfyDeployApi]):
    """Model files. Import: the id is the path in the volume, e.g. `checkpoints/sd15.safetensors`."""

    token = "comfydeploy:Model"
    label = "model file"
    inputs_model = ModelInputs
    outputs_model = ModelOutputs
    timeouts = Timeouts(create=3600, update=3600)
    deletes_before_replace = True  # one path holds one file
    is_name_unique_to_us = False

    def canonical(self, inputs: ModelInputs, outputs: ModelOutputs | None) -> dict[str, Json]:
        """A signed URL counts without its signature."""
        fields = super().canonical(inputs, outputs)
        if isinstance(fields["link"], str):
            fields["link"] = urlsplit(fields["link"])._replace(query="", fragment="").geturl()
        return fields

    def repair(self, prior: ModelState, inputs: ModelInputs) -> str | None:  # noqa: ARG002
        """A file that is not what was downloaded is downloaded again."""
        return "the file on the volume has changed" if prior.outputs.status == "changed" else None

    async def find(self, inputs: ModelInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """The file at the same path, whoever put it there, or a download that is under way to it.

        Downloads are looked at first: one that ends between the two looks is then a file.
        """
        path = path_of(inputs)
        if await is_coming(path, call):
            return [Found(path, f"a download to {path}")]
        rows = await call.client.list_models_now()
        return [Found(path, f"file {path}") for row in rows if row.path == path]

    async def insert(self, inputs: ModelInputs, call: Call[ComfyDeployApi]) -> str:
        """Start the download; the path is the id, since the platform gives none."""
        await download(inputs, call)
        return path_of(inputs)

    async def complete(self, object_id: str, inputs: ModelInputs, call: Call[ComfyDeployApi]) -> ModelState:
        """Wait until the file is on the volume and has its size."""
        size = await wait_for_file(object_id, inputs.size, call, self.timeouts.create)
        return State(inputs, ModelOutputs(path=object_id, size_bytes=size, status="ready"))

    async def read(self, object_id: str, prior: ModelState, call: Call[ComfyDeployApi]) -> Seen[ModelOutputs] | None:
        """Look for it in the volume's list, which is read once for all model files."""
        row = await listed(object_id, call)
        if row is None:
            return None
        expected = prior.inputs.size or prior.outputs.size_bytes
        status = "ready" if expected in (None, row.size) else "changed"
        outputs = ModelOutputs(path=row.path, size_bytes=prior.outputs.size_bytes or row.size, status=status)
        folder, _, filename = row.path.rpartition("/")
        return Seen({"folder_path": folder, "filename": filename}, outputs)

    async def update(
        self,
        object_id: str,
        prior: ModelState,
        inputs: ModelInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> ModelState:
        """Download again what is missing or has another size; a declared size that fits needs nothing."""
        row = await listed(object_id, call)
        expected = inputs.size or (None if "size" in changed else prior.outputs.size_bytes)
        if row is None or expected not in (None, row.size):
            if row is not None or not await is_coming(object_id, call):
                await call.client.remove_model(object_id)
                await download(inputs, call)
            size = await wait_for_file(object_id, inputs.size, call, self.timeouts.update)
        else:
            size = row.size
        return State(inputs, ModelOutputs(path=object_id, size_bytes=size, status="ready"))

    async def delete(self, object_id: str, prior: ModelState, call: Call[ComfyDeployApi]) -> None:
        """Keep the file, unless the program says otherwise or another is to take its place."""
        if prior.inputs.delete_on_destroy or call.memory.is_replaced(object_id):
            await call.client.remove_model(object_id)


def path_of(inputs: ModelInputs) -> str:
    """Give the file's path in the volume."""
    return f"{inputs.folder_path}/{inputs.filename}"
