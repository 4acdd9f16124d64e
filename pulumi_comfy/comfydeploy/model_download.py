"""Downloading a model file into the volume, and seeing that it arrived.

The download runs in the background after the answer; success is a listed path with a steady size (reference 2.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.rows import ModelRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, OutcomeError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.wait import Look, wait_until

if TYPE_CHECKING:
    from pulumi_comfy.comfydeploy.model_file import ModelInputs

_ARRIVED: Final = "arrived"
_COMING: Final = "downloading"
_ENDED = frozenset({"success", "failed", "cancelled"})


async def listed(path: str, call: Call[ComfyDeployApi]) -> ModelRow | None:
    """Give the file at a path; None when there is none."""
    return next((row for row in await call.client.list_models() if row.path == path), None)


async def is_coming(path: str, call: Call[ComfyDeployApi]) -> bool:
    """Tell whether a download to a path is under way."""
    return any(row.path == path and row.status not in _ENDED for row in await call.client.list_downloads())


async def download(inputs: ModelInputs, call: Call[ComfyDeployApi]) -> None:
    """Start the download."""
    fields: dict[str, Json] = {"folderPath": inputs.folder_path, "filename": inputs.filename}
    if inputs.huggingface is not None:
        fields |= {"source": "huggingface", "huggingface": {"repoId": inputs.huggingface}}
    elif inputs.civitai is not None:
        fields |= {"source": "civitai", "civitai": {"url": inputs.civitai}}
    else:
        fields |= {"source": "link", "downloadLink": inputs.link}
    await call.client.download_model(fields)


async def wait_for_file(path: str, size: int | None, call: Call[ComfyDeployApi], timeout: float) -> int:
    """Wait until the file is there with the same size in two looks; give its size in bytes.

    Raises:
        OutcomeError: the download failed, or the file has another size than `size`.
        WaitTimeoutError: `timeout` seconds, or the program's own, are over.
    """
    last_size = -1

    async def look() -> Look[int]:
        nonlocal last_size
        rows = [row for row in await call.client.list_downloads() if row.path == path]
        newest = max(rows, key=lambda row: row.created_at, default=None)
        file = next((row for row in await call.client.list_models_now() if row.path == path), None)
        if newest is not None and newest.status == "failed" and file is None:
            return Look("failed", 0, line=newest.error_log or "no reason given")
        is_steady = file is not None and file.size > 0 and file.size == last_size
        last_size = file.size if file else -1
        if is_steady and (newest is None or newest.status == "failed"):
            return Look(_ARRIVED, last_size)
        return Look(_COMING, last_size, line=f"{newest.download_progress:.0f} %" if newest else "")

    def failed(seen: Look[int]) -> ComfyError:
        return OutcomeError(
            "COMFY3201", tried=f"download {path}", got=f"the platform says: {seen.line}", todo="Check the source."
        )

    found = await wait_until(
        look,
        tried=f"download {path}",
        pending=frozenset({_COMING}),
        target=frozenset({_ARRIVED}),
        failed=failed,
        call=call,
        seconds=call.seconds_left(timeout),
    )
    if size is not None and found != size:
        raise OutcomeError("COMFY3201", tried=f"verify {path}", got=f"it has {found} bytes, declared are {size}")
    return found
