"""The routes that every ComfyUI server has, under `/api` as newer ones want them. One method, one route.

Facts: docs/comfyui-protocol.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pulumi_comfy.comfyui_protocol.nodes import Nodes, classes_in
from pulumi_comfy.comfyui_protocol.outputs import view_path
from pulumi_comfy.comfyui_protocol.refusals import refusal_words
from pulumi_comfy.comfyui_protocol.rows import JobRow, PromptRow
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.http.client import Gone
from pulumi_comfy.core.http.endpoints import Endpoints, parse
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.prove import FAILED
from pulumi_comfy.workflows import Document, replaced_classes

NO_ROUTE: Gone = frozenset({(404, "")})
"""A plain server's word for what it does not have, a route among it: no word at all."""


class PromptApi(Endpoints):
    """Prompts, jobs, nodes and files."""

    async def submit(self, body: Mapping[str, Json]) -> PromptRow:
        """`POST /api/prompt`; never with a null, which stops the worker of older servers for good (2.3).

        Raises:
            OutcomeError: the server refuses the prompt; each fault with its node.
        """
        tried = "queue the prompt"
        sent = {name: value for name, value in body.items() if value is not None}
        answer = await self.http.write("POST", "/api/prompt", tried=tried, json=sent, expected={400})
        if answer.status < 400:
            return parse(PromptRow, answer.body, tried=tried, is_write=True)
        words = refusal_words(answer.body) or [self.http.dialect.detail_of(answer.body)]
        raise OutcomeError(FAILED, tried=tried, got=f"the server refuses it: {'; '.join(words)}")

    async def get_job(self, job_id: str, gone: Gone) -> JobRow | Json:
        """`GET /api/jobs/{id}`: the job; the body of a 404 that says one of `gone`."""
        tried = f"read run {job_id}"
        answer = await self.http.read(f"/api/jobs/{quote(job_id, safe='')}", tried=tried, gone=gone)
        return answer.body if answer.status == 404 else parse(JobRow, answer.body, tried=tried)

    async def object_info(self, **params: Any) -> dict[str, Any]:
        """`GET /api/object_info`: every class; read once a command for all who ask."""
        tried = "read the server's nodes"
        return await self.kept(dict[str, Any], "/api/object_info", tried, **params)

    async def node_replacements(self) -> dict[str, Any]:
        """`GET /api/node_replacements`: classes that the server replaces by others; older servers have none (4.2)."""
        tried, path = "read the server's replaced nodes", "/api/node_replacements"
        return await self.get_or_none(dict[str, Any], path, tried, NO_ROUTE) or {}

    async def nodes_for(self, document: Document, **params: Any) -> Nodes:
        """Give the server's nodes, with those that it replaces where the document names one that it does not have."""
        classes = await self.object_info(**params)
        is_whole = classes_in(document) <= classes.keys()
        return Nodes(classes, () if is_whole else replaced_classes(await self.node_replacements(), classes))

    async def system_stats(self) -> dict[str, Any]:
        """`GET /api/system_stats`: versions and devices."""
        return await self.get(dict[str, Any], "/api/system_stats", "read the server's versions")

    @property
    def prompt_url(self) -> str:
        """URL that prompts are posted to."""
        return f"{self.http.base_url}/api/prompt"

    def view_url(self, file: Mapping[str, Any]) -> str | None:
        """URL by which the server shows a file of a job's outputs."""
        path = view_path(file)
        return path and self.http.base_url + path
