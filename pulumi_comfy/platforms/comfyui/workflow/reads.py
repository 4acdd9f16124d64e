"""Reading workflow files: what one holds, and what it means that one is not there.

Facts: docs/platforms/comfyui.md 2.
"""

from __future__ import annotations

import json

from pulumi_comfy.comfyui_protocol import documents
from pulumi_comfy.core.absence import note_presence
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError, PlatformError
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi, Held
from pulumi_comfy.platforms.comfyui.fields import SETTINGS
from pulumi_comfy.workflows import Document


async def read_file(path: str, connection: str | None, call: Call[ComfyUIApi]) -> Document | None:
    """Give what a file holds; None where the server says that this one is gone.

    Raises:
        OwnershipError: all that were asked for are absent: it may be another server.
        PlatformError: it cannot be told, or it holds no workflow.
    """
    held = await call.client.get_file(path)
    await note_presence(
        path,
        is_there=held is not None,
        noun="workflow",
        setting=SETTINGS.credential_of(connection),
        under="on another server, or in another user's folder",
        call=call,
    )
    return None if held is None else document_in(held, path)


def digest_in(held: Held) -> str:
    """Give the digest of what a file holds; empty where it is no workflow: it differs from any then."""
    try:
        return documents.document_of(json.dumps(held.content), None).digest
    except InputError:
        return ""


def document_in(held: Held, path: str) -> Document:
    """Read what a file holds: the editor saves graphs, and opens prompts too.

    Raises:
        PlatformError: it is no workflow.
    """
    try:
        return documents.document_of(json.dumps(held.content), None)
    except InputError as error:
        raise PlatformError(
            "COMFY2003",
            tried=f"read {path}",
            got=f"the file holds no workflow: {error.got}",
            todo="Check that the URL is a ComfyUI server's; if it is, save the workflow again, or remove the file.",
        ) from None
