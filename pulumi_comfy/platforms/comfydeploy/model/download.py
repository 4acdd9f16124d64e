"""Downloading a model file into the volume, and seeing that it arrived.

The download runs in the background after the answer; success is a listed path with a steady size
(docs/platforms/comfydeploy.md 2.7).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Final

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, OutcomeError, UndoneError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.wait import Look, outlast, wait_until
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import DownloadRow, ModelRow
from pulumi_comfy.platforms.comfydeploy.model.fields import ModelInputs

_ARRIVED: Final = "arrived"
_COMING: Final = "downloading"
_BROKEN: Final = "failed"
_CANCELLED: Final = "cancelled"
_ENDED = frozenset({"success", _BROKEN, _CANCELLED})
_LOOKS = 2
"""Looks that must agree: on the size of a file, and on that neither a download nor a file is there any more."""


class FailedDownloadError(OutcomeError):
    """A download that failed: what is at its path may be a part of the file."""


async def listed(path: str, call: Call[ComfyDeployApi]) -> ModelRow | None:
    """Give the file at a path; None when there is none."""
    return next((row for row in await call.client.list_models() if row.path == path), None)


async def listed_now(path: str, call: Call[ComfyDeployApi]) -> ModelRow | None:
    """The same, read afresh."""
    return next((row for row in await call.client.list_models_now() if row.path == path), None)


@dataclass(frozen=True)
class Downloads:
    """The downloads to one path that the platform lists: those under way, and those that failed within a day."""

    rows: list[DownloadRow]

    @property
    def running(self) -> list[DownloadRow]:
        """Those under way."""
        return [row for row in self.rows if row.status not in _ENDED]

    @property
    def failed(self) -> list[DownloadRow]:
        """Those that ended without a file."""
        return [row for row in self.rows if row.status in (_BROKEN, _CANCELLED)]

    @property
    def ended(self) -> list[DownloadRow]:
        """Those that say nothing about a download which is under way or begun after this look."""
        return [row for row in self.rows if row.status in _ENDED]

    @property
    def ended_ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(row.id for row in self.ended)


async def downloads_to(path: str, call: Call[ComfyDeployApi]) -> Downloads:
    """Look at the downloads to a path."""
    return Downloads([row for row in await call.client.list_downloads() if row.path == path])


def address_of(inputs: ModelInputs) -> str:
    """Give where a model comes from."""
    return inputs.huggingface or inputs.civitai or inputs.link or ""


def mark_of(inputs: ModelInputs, call: Call[ComfyDeployApi]) -> str:
    """Give what is added to the address that is sent; empty where it cannot say whose download it is.

    It is a fragment, which no client sends to a host. The list of downloads tells the address, and nothing else would
    tell what an interrupted run left from somebody else's.
    """
    address = address_of(inputs)
    return "" if call.automatic_name is None or "#" in address else f"#pulumi-{call.automatic_name.rpartition('-')[2]}"


def is_marked(row: DownloadRow, inputs: ModelInputs, call: Call[ComfyDeployApi]) -> bool:
    """Tell whether a download can only be this resource's."""
    mark = mark_of(inputs, call)
    return bool(mark) and (row.civitai_url or row.user_url or "").endswith(mark)


async def give_way(inputs: ModelInputs, before: Set[str], call: Call[ComfyDeployApi], timeout: float) -> frozenset[str]:
    """See that nobody else has begun a download to the same path at the same moment and before us; give what was seen.

    Args:
        inputs: what is declared.
        before: ids of the downloads that were listed before ours.
        call: the call.
        timeout: seconds that an outage may last, unless the program says otherwise.

    Returns:
        The ids of the downloads under way.

    Raises:
        UndoneError: somebody has; ours was cancelled.
    """
    if not mark_of(inputs, call):  # nothing would tell ours from theirs
        return frozenset()
    path = f"{inputs.folder_path}/{inputs.filename}"
    listed = await outlast(
        lambda: downloads_to(path, call), tried=f"download {path}", call=call, seconds=call.seconds_left(timeout)
    )
    begun = [row for row in listed.running if row.id not in before]
    own = next((row for row in begun if is_marked(row, inputs, call)), None)
    first = min(begun, key=lambda row: (row.created_at, row.id), default=None)
    if own is None or first is None or first.id == own.id:
        return frozenset(row.id for row in begun)
    await call.client.cancel_download(own.id)
    raise UndoneError(
        "COMFY4001",
        tried=f'create model file "{call.name}"',
        got=f"somebody else began a download to {path} at the same moment and came first; ours was cancelled",
        todo=f'Take the file over with `adopt="{path}"`, or choose another path.',
    )


async def download(inputs: ModelInputs, call: Call[ComfyDeployApi]) -> None:
    """Start the download."""
    fields: dict[str, Json] = {"folderPath": inputs.folder_path, "filename": inputs.filename}
    mark = mark_of(inputs, call)
    if inputs.huggingface is not None:
        fields |= {"source": "huggingface", "huggingface": {"repoId": f"{inputs.huggingface}{mark}"}}
    elif inputs.civitai is not None:
        fields |= {"source": "civitai", "civitai": {"url": f"{inputs.civitai}{mark}"}}
    else:
        fields |= {"source": "link", "downloadLink": f"{inputs.link}{mark}"}
    await call.client.download_model(fields)


@dataclass
class _Watch:
    """What several looks at one download have shown.

    Attributes:
        ended: ids of earlier downloads to the path, of which nothing is to be learnt.
        seen: ids of those that were under way.
        size: the file's size at the last look; -1 for no file.
        misses: looks in a row that showed neither a download nor a file.
    """

    ended: Set[str]
    seen: set[str] = field(default_factory=set)
    size: int = -1
    misses: int = 0

    def judge(self, listed: Downloads, file: ModelRow | None) -> Look[int]:
        """Say how it stands. A part of a file stays when its download fails, so the download has the first word."""
        ours = Downloads([row for row in listed.rows if row.id not in self.ended])
        self.seen |= {row.id for row in ours.running}
        is_steady = file is not None and file.size > 0 and file.size == self.size
        self.size = file.size if file else -1
        self.misses = self.misses + 1 if self.seen and file is None and not ours.rows else 0
        has_left = bool(self.seen - {row.id for row in ours.rows})  # a success is listed no more
        if ours.running:
            return Look(_COMING, self.size, line=f"{ours.running[0].download_progress:.0f} %")
        if ours.failed and not has_left:
            newest = max(ours.failed, key=lambda row: row.created_at)
            return Look(_BROKEN, self.size, line=str(newest.error_log or f"{newest.status}, with no reason given"))
        if self.misses >= _LOOKS:
            return Look(_CANCELLED, self.size, line="neither the download nor a file is listed any more")
        return Look(_ARRIVED if is_steady else _COMING, self.size)


async def wait_for_file(
    path: str, ended: Set[str], call: Call[ComfyDeployApi], timeout: float, seen: Set[str] = frozenset()
) -> int:
    """Wait until the file is there with the same size in two looks; give its size in bytes.

    Args:
        path: where in the volume.
        ended: ids of earlier downloads to it.
        call: the call.
        timeout: seconds, unless the program says otherwise.
        seen: ids of downloads that are known to be under way.

    Raises:
        FailedDownloadError: the download failed.
        OutcomeError: it was cancelled.
        WaitTimeoutError: the time is over.
    """
    watch, tried = _Watch(ended, set(seen)), f"download {path}"

    async def look() -> Look[int]:
        return watch.judge(await downloads_to(path, call), await listed_now(path, call))

    def failed(seen: Look[int]) -> ComfyError:
        if seen.state == _CANCELLED:
            got = f"it was cancelled on the platform: {seen.line}"
            return OutcomeError("COMFY3201", tried=tried, got=got, todo="Run `pulumi up` again to download it.")
        got = f"the platform says: {seen.line}"
        return FailedDownloadError("COMFY3201", tried=tried, got=got, todo="Check the source.")

    return await wait_until(
        look,
        tried=tried,
        pending=frozenset({_COMING}),
        target=frozenset({_ARRIVED}),
        failed=failed,
        call=call,
        seconds=call.seconds_left(timeout),
    )
