"""What belongs to the whole account: model files (2.7), API keys (2.8), prices and releases (4).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from pulumi_comfy.core.company import among
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.http.endpoints import Endpoints, parse, rows_of, tells
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol.key_seconds import KeyQueue
from pulumi_comfy.platforms.comfydeploy.api import gone, rows
from pulumi_comfy.platforms.comfydeploy.api.lists import PAGE, searchable


class AccountApi(Endpoints):
    """The account's volume, keys, and the platform's public facts."""

    @cached_property
    def new_keys(self) -> KeyQueue:
        """Those that wait to be made."""
        return KeyQueue()

    async def download_model(self, fields: Mapping[str, Json]) -> None:
        """`POST /volume/model`: starts a download into the volume; 409 when the file exists. Gives no id."""
        tried = f"download {fields.get('filename')} to {fields.get('folderPath')}"
        answer = await self.http.write("POST", "/volume/model", tried=tried, json=dict(fields))
        parse(rows.StartedRow, answer.body, tried=tried, is_write=True)

    async def list_models(self) -> list[rows.ModelRow]:
        """`GET /volume/private-models`: every file of the volume, in one list."""
        found = await self.shared(list[rows.ModelRow], "/volume/private-models", "list the volume's files")
        return [row for row in found if row.type == rows.FILE]

    async def list_models_now(self) -> list[rows.ModelRow]:
        """The same list, read afresh: for waiting."""
        found = await self.get(list[rows.ModelRow], "/volume/private-models", "list the volume's files")
        return [row for row in found if row.type == rows.FILE]

    async def list_downloads(self) -> list[rows.DownloadRow]:
        """`GET /volume/downloading-models`: downloads under way, and those that failed in the last 24 hours."""
        return await self.get(list[rows.DownloadRow], "/volume/downloading-models", "list downloads")

    async def cancel_download(self, download_id: str) -> None:
        """`DELETE /file/{id}/cancel`: marks a download cancelled; 404 when it is gone."""
        tried = f"cancel download {download_id}"
        await self.http.write("DELETE", f"/file/{download_id}/cancel", tried=tried, gone=gone.DOWNLOAD, repeatable=True)

    async def remove_model(self, path: str) -> None:
        """`POST /volume/rm`; 404 when it is gone.

        Raises:
            InputError: a path that is no file's: an empty one removes the whole volume.
        """
        tried = f"remove {path} from the volume"
        if {"", ".", ".."} & set(path.split("/")):
            raise InputError(
                "COMFY1001", tried=tried, got=f"{path!r} is no path of a file", todo="Nothing was removed."
            )
        body, said = {"path": path}, gone.file(path)
        answer = await self.http.write("POST", "/volume/rm", tried=tried, json=body, gone=said, repeatable=True)
        is_done, is_there = tells("deleted_path", path), lambda: self._find_model(path)
        await self.confirm_removed(answer, tried, is_done=is_done, is_there=is_there)

    async def _find_model(self, path: str) -> rows.ModelRow | None:
        return next((row for row in await self.list_models_now() if row.path == path), None)

    async def create_api_key(self, name: str) -> str:
        """`POST /platform/api-keys`: the key, shown this once, without its id."""
        tried = f'create API key "{name}"'
        answer = await self.http.write("POST", "/platform/api-keys", tried=tried, json={"name": name})
        return parse(rows.CreatedKeyRow, answer.body, tried=tried, is_write=True).key

    async def find_api_keys(self, name: str) -> list[rows.ApiKeyRow]:
        """`GET /platform/api-keys?search=`: every live key of exactly this name, newest first."""
        found = await self._api_keys(self.get, f'look for API key "{name}"', search=searchable(name))
        return [row for row in found if row.name == name]

    async def list_api_keys(self) -> list[rows.ApiKeyRow]:
        """`GET /platform/api-keys`: every live key, newest first; read once for all who ask."""
        return await self._api_keys(self.shared, "list API keys")

    async def _api_keys(self, read: Callable[..., Any], tried: str, **params: Any) -> list[rows.ApiKeyRow]:
        """Read every page."""

        async def page_at(offset: int) -> tuple[list[rows.ApiKeyRow], bool]:
            kind, path = list[rows.ApiKeyRow], "/platform/api-keys"
            page = await read(kind, path, tried, **params, limit=PAGE, offset=offset)
            return page, len(page) >= PAGE

        return [row async for row in rows_of(page_at) if not row.revoked]

    async def revoke_api_key(self, key_id: str) -> None:
        """`DELETE /platform/api-keys/{id}`; it works for some seconds more. 404 when it is gone."""
        tried = f"revoke API key {key_id}"
        await self.remove(
            f"/platform/api-keys/{key_id}",
            tried,
            gone=gone.API_KEY,
            is_done=tells("revoked", True),
            is_there=lambda: among(lambda: self._api_keys(self.get, "list API keys"), key_id),
            repeatable=True,
        )

    async def gpu_pricing(self) -> dict[str, float]:
        """`GET /platform/gpu-pricing`: USD per second by GPU; needs no key."""
        return await self.get(dict[str, float], "/platform/gpu-pricing", "read the GPU prices")

    async def comfyui_versions(self) -> rows.ComfyUIVersionsRow:
        """`GET /comfyui-versions`: the newest commit and the three newest releases."""
        return await self.get(rows.ComfyUIVersionsRow, "/comfyui-versions", "read the ComfyUI releases")
