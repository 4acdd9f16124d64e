"""Secrets and their links to machines (docs/platforms/comfydeploy.md 2.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_comfy.core.company import among
from pulumi_comfy.core.http.endpoints import Endpoints, parse
from pulumi_comfy.platforms.comfydeploy.api import gone, rows


def _pairs(variables: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in variables.items()]


class SecretsApi(Endpoints):
    """Secrets and their links to machines (2.6)."""

    async def create_secret(self, *, name: str, variables: Mapping[str, str], machine_id: str) -> rows.SecretRow:
        """`POST /machine/secret`: a secret is born linked to one machine."""
        tried = f'create secret "{name}"'
        body = {"secret_name": name, "machine_id": machine_id, "secret": _pairs(variables)}
        answer = await self.http.write("POST", "/machine/secret", tried=tried, json=body)
        return parse(rows.SecretRow, answer.body, tried=tried, is_write=True)

    async def list_secrets(self) -> list[rows.SecretRow]:
        """`GET /machine/secrets/all`: values in clear."""
        return await self.shared(list[rows.SecretRow], "/machine/secrets/all", "list secrets")

    async def list_secrets_now(self) -> list[rows.SecretRow]:
        """The same list, read afresh: before a toggle."""
        return await self.get(list[rows.SecretRow], "/machine/secrets/all", "list secrets")

    async def replace_variables(self, secret_id: str, variables: Mapping[str, str]) -> None:
        """`PATCH /machine/secret/{id}/envs`: the whole list."""
        tried = f"update secret {secret_id}"
        body = {"secret": _pairs(variables)}
        path = f"/machine/secret/{secret_id}/envs"
        answer = await self.http.write("PATCH", path, tried=tried, json=body, repeatable=True)
        parse(rows.SecretRow, answer.body, tried=tried)

    async def toggle_secret_link(self, secret_id: str, machine_id: str) -> bool:
        """`PATCH /machine/secret`: links, or unlinks when linked. Never repeated blindly (6.16).

        Gives whether they are linked now.
        """
        tried = f"link secret {secret_id} with machine {machine_id}"
        body = {"machine_id": machine_id, "secret_id": secret_id}
        answer = await self.http.write("PATCH", "/machine/secret", tried=tried, json=body)
        return parse(rows.LinkRow, answer.body, tried=tried, is_write=True).is_selected

    async def delete_secret(self, secret_id: str) -> None:
        """`DELETE /machine/secret/{id}`: with its links; 404 the second time."""
        tried = f"delete secret {secret_id}"
        await self.remove(
            f"/machine/secret/{secret_id}",
            tried,
            gone=gone.SECRET,
            is_done=gone.is_said,
            is_there=lambda: among(self.list_secrets_now, secret_id),
            repeatable=True,
        )
