"""Published workflows: a link to a snapshot, by the path of the editor's file. Nothing takes a link back."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.emulator.comfycloud.errors import not_found, plain
from pulumi_comfy.emulator.comfycloud.state import Account, Row, State, spelled
from pulumi_comfy.emulator.comfycloud.workflows import Workflows


class Publishing:
    """The rules of publishing."""

    def __init__(self, state: State, workflows: Workflows) -> None:
        self._state = state
        self._workflows = workflows

    def workflow_at(self, account: Account, path: str) -> Row:
        """The workspace's workflow whose file this is; the latest of several.

        Raises:
            RefusedError: 404, there is none.
        """
        found = [
            row
            for row in self._state.workflows.values()
            if (row["workspace"], row["userdata_path"], row["deleted"]) == (account.workspace, path, False)
        ]
        if not found:
            raise plain(404, "File not found")
        return max(found, key=lambda row: row["updated_at"])

    def publish(self, account: Account, path: str, asset_ids: list[str]) -> Row:
        """Snapshot the latest version and the assets; a second time the link stays.

        Raises:
            RefusedError: 404, no such file; 400, an asset that there is not.
        """
        row = self.workflow_at(account, path)
        unknown = [one for one in asset_ids if one not in self._state.assets]
        if unknown:
            raise plain(400, f"Unknown asset {unknown[0]}")
        held = self._of(row["id"]) or {"share_id": self._state.new_id().replace("-", "")[:12], "listed": False}
        version = self._workflows.versions_of(row["id"])[-1]
        held.update(
            workflow_id=row["id"],
            workspace=account.workspace,
            name=row["name"] or "",
            workflow_json=self._workflows.stored(version),
            version=version["version"],
            asset_ids=asset_ids,
            published_at=self._state.world.clock.now(),
        )
        self._state.publications[held["share_id"]] = held
        return self._shown(row["id"], held)

    def info(self, account: Account, path: str) -> Row:
        """What is known of a file's link.

        Raises:
            RefusedError: 404, no such file; of one that was never published only when the settings say so.
        """
        row = self.workflow_at(account, path)
        held = self._of(row["id"])
        if held is None and self._state.settings.never_published == "404":
            raise plain(404, "Not published")
        return self._shown(row["id"], held)

    def details(self, share_id: str) -> Row:
        """What everybody sees who has the link.

        Raises:
            RefusedError: 404, there is no such link.
        """
        held = self._state.publications.get(share_id)
        if held is None:
            raise not_found("Published workflow")
        seen = {"name": held["name"], "workflow_json": held["workflow_json"]}
        return {**self._shown(held["workflow_id"], held), **seen}

    def _of(self, workflow_id: str) -> Row | None:
        return next((row for row in self._state.publications.values() if row["workflow_id"] == workflow_id), None)

    def _shown(self, workflow_id: str, held: Row | None) -> dict[str, Any]:
        if held is None:
            return {"workflow_id": workflow_id, "share_id": "", "listed": False, "assets": [], "publish_time": None}
        assets = [self._asset(one) for one in held["asset_ids"]]
        told = {"workflow_id": workflow_id, "share_id": held["share_id"], "listed": held["listed"], "assets": assets}
        return {**told, "publish_time": spelled(held["published_at"])}

    def _asset(self, asset_id: str) -> Row:
        row = self._state.assets[asset_id]
        url = f"{self._state.world.url}/files/assets/{asset_id}"
        addresses = {"preview_url": url, "storage_url": url}
        return {"id": asset_id, "name": row["name"], **addresses, "model": False, "public": False, "in_library": True}
