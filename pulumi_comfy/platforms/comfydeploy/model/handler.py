"""A model file (checkpoint, LoRA, ...) in the account's one volume, which all its serverless machines mount.

Limits: the platform gives no id and no content hash, so a file is known by its path, and drift is seen by its size; a
file cannot be updated in place
(docs/platforms/comfydeploy.md 2.7). Removing the resource keeps the file unless told otherwise: other
stacks use the same volume.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from urllib.parse import urlsplit

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, KeptError
from pulumi_comfy.core.model import Json, revive
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.model.download import (
    FailedDownloadError,
    address_of,
    download,
    downloads_to,
    give_way,
    is_marked,
    listed,
    listed_now,
    wait_for_file,
)
from pulumi_comfy.platforms.comfydeploy.model.fields import ModelInputs, ModelOutputs, ModelState

_READY, _CHANGED, _DOWNLOADING, _FAILED = "ready", "changed", "downloading", "failed"


class ModelHandler(Handler[ModelInputs, ModelOutputs, ComfyDeployApi]):
    """Model files. Import: the id is the path in the volume, e.g. `checkpoints/sd15.safetensors`."""

    token = "comfydeploy:Model"
    label = "model file"
    inputs_model = ModelInputs
    outputs_model = ModelOutputs
    timeouts = Timeouts(create=3600, update=3600)
    is_name_unique_to_us = False
    id_is_place = True

    def canonical(self, inputs: ModelInputs, outputs: ModelOutputs | None) -> dict[str, Json]:
        """A signed URL counts without its signature."""
        fields = super().canonical(inputs, outputs)
        if isinstance(fields["link"], str):
            fields["link"] = urlsplit(fields["link"])._replace(query="", fragment="").geturl()
        return fields

    def repair(self, prior: ModelState, inputs: ModelInputs) -> str | None:  # noqa: ARG002
        """A file that is not what was downloaded is downloaded again; one that is on its way is waited for."""
        words = {
            _CHANGED: "the file on the volume has changed",
            _DOWNLOADING: "its download was not seen to end",
            _FAILED: "its last download failed",
        }
        return words.get(prior.outputs.status)

    def deletes_before_replace(self, prior: ModelState, inputs: ModelInputs) -> bool:  # noqa: ARG002
        """One path holds one file."""
        return True

    def natural_key(self, inputs: ModelInputs) -> str:
        """One path holds one file."""
        return path_of(inputs)

    def trace(self, inputs: ModelInputs) -> str:
        """Its path, and where it comes from."""
        return f"{path_of(inputs)} {address_of(inputs)}"

    async def find(self, inputs: ModelInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """The file at the same path, whoever put it there, or a download that is under way to it; ended ones are past.

        Downloads are looked at first: one that ends between the two looks is then a file.
        """
        path = path_of(inputs)
        downloads = await downloads_to(path, call)
        ended = [Found(one, f"a former download to {path}", is_past=True) for one in sorted(downloads.ended_ids)]
        if downloads.running:
            is_ours = all(is_marked(row, inputs, call) for row in downloads.running)
            return [Found(path, f"a download to {path}", is_ours=is_ours), *ended]
        rows = [row for row in await call.client.list_models_now() if row.path == path]
        # Nothing in a file says whose it is. There was none when this state noted that it would download one.
        return [*(Found(path, f"file {path}", is_ours=call.has_begun(self.trace(inputs), path)) for _ in rows), *ended]

    async def insert(
        self, inputs: ModelInputs, found: Sequence[Found], call: Call[ComfyDeployApi]
    ) -> Inserted[frozenset[str]]:
        """Start the download; the path is the id, since the platform gives none.

        What this resource itself has there goes first: a forced replacement asks for a new file at the old path.
        """
        path = path_of(inputs)
        if path in call.memory.ids_of(call.urn) and path in {one.id for one in found}:
            await _remove(path, call)
        await download(inputs, call)
        return Inserted(path, frozenset(one.id for one in found if one.is_past))

    async def complete(
        self, made: Inserted[frozenset[str]], inputs: ModelInputs, call: Call[ComfyDeployApi]
    ) -> ModelState:
        """See that ours is the only download to the path, then wait until the file is there and has its size."""
        ended = made.handed
        if ended is None:  # the answer was lost; what has ended by now and is not marked as ours ended before
            rows = (await downloads_to(made.id, call)).ended
            ended = frozenset(row.id for row in rows if not is_marked(row, inputs, call))
        begun = await give_way(inputs, ended, call, self.timeouts.create)
        return await _arrival(inputs, ended, call, self.timeouts.create, begun)

    async def read(self, object_id: str, prior: ModelState, call: Call[ComfyDeployApi]) -> Seen[ModelOutputs] | None:
        """Look for it in the volume's list, which is read once for all model files.

        Where that does not tell all, the downloads do: a file on its way is not gone, and a part of one is no file.
        """
        row, was = await listed(object_id, call), prior.outputs
        folder, _, filename = object_id.rpartition("/")
        seen = {"folder_path": folder, "filename": filename}
        if row is None or was.status in (_DOWNLOADING, _FAILED):
            downloads = await downloads_to(object_id, call)
            if downloads.running:
                return Seen(seen, _unfinished(object_id, _DOWNLOADING))
            if row is not None and (downloads.failed or was.status == _FAILED):
                return Seen(seen, _unfinished(object_id, _FAILED))
        if row is None:
            return None
        expected = prior.inputs.size or was.size_bytes
        status = _READY if expected in (None, row.size) else _CHANGED
        return Seen(seen, ModelOutputs(path=row.path, size_bytes=was.size_bytes or row.size, status=status))

    async def update(
        self,
        object_id: str,
        prior: ModelState,
        inputs: ModelInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> ModelState:
        """Wait for what is on its way, and download again what is missing, failed or has another size."""
        downloads, was = await downloads_to(object_id, call), prior.outputs
        ended = downloads.ended_ids
        if downloads.running:
            return await _arrival(inputs, ended, call, self.timeouts.update)
        row = await listed_now(object_id, call)
        is_part = was.status == _FAILED or (was.status == _DOWNLOADING and bool(downloads.failed))
        expected = inputs.size or (None if "size" in changed else was.size_bytes)
        if row is not None and not is_part and expected in (None, row.size):
            return State(inputs, ModelOutputs(path=object_id, size_bytes=row.size, status=_READY))
        await call.client.remove_model(object_id)
        await download(inputs, call)
        return await _arrival(inputs, ended, call, self.timeouts.update)

    async def delete(self, object_id: str, prior: ModelState, call: Call[ComfyDeployApi]) -> None:
        """Keep the file, unless the program says otherwise or another is to take its place."""
        if prior.inputs.delete_on_destroy or call.memory.is_replaced(object_id):
            await _remove(object_id, call)


async def _remove(path: str, call: Call[ComfyDeployApi]) -> None:
    """Remove a file; a download that runs on would bring it back, so it is cancelled first."""
    for row in (await downloads_to(path, call)).running:
        await call.client.cancel_download(row.id)
    await call.client.remove_model(path)


def path_of(inputs: ModelInputs) -> str:
    """Give the file's path in the volume."""
    return f"{inputs.folder_path}/{inputs.filename}"


def _unfinished(path: str, status: str) -> ModelOutputs:
    """Give the outputs of a file whose size is not known yet."""
    outputs: ModelOutputs = revive(ModelOutputs, {"path": path, "status": status})
    return outputs


async def _arrival(
    inputs: ModelInputs, ended: Set[str], call: Call[ComfyDeployApi], timeout: float, begun: Set[str] = frozenset()
) -> ModelState:
    """Wait for the file; `ended` are the earlier downloads to its path. The state tells what of it there is.

    Raises:
        KeptError: it did not come, or not as declared.
    """
    path = path_of(inputs)
    try:
        size = await wait_for_file(path, ended, call, timeout, begun)
    except ComfyError as failed:
        status = _FAILED if isinstance(failed, FailedDownloadError) else _DOWNLOADING
        raise KeptError.of(failed, State(inputs, _unfinished(path, status))) from None
    if inputs.size not in (None, size):
        wrong = ComfyError("COMFY3201", tried=f"verify {path}", got=f"it has {size} bytes, declared are {inputs.size}")
        raise KeptError.of(wrong, State(inputs, ModelOutputs(path=path, size_bytes=size, status=_CHANGED)))
    return State(inputs, ModelOutputs(path=path, size_bytes=size, status=_READY))
