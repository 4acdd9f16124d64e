"""From a document to what can be run of it, with the server's own nodes; in a preview, and before a check."""

from __future__ import annotations

from pulumi_comfy.comfyui_protocol.overrides import exact, given_in, merged
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.inference.settings import CheckSettings
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.runner import ServerRunner
from pulumi_comfy.workflows import Document


async def runner_of(document: Document, target_id: str, digest: str, call: Call[ComfyUIApi]) -> ServerRunner:
    """Give what runs a document; one that holds only the editor's graph is converted.

    Args:
        document: what is to run.
        target_id: the id of what is proved.
        digest: of the document that is proved; it names its version too, as a file has no other.
        call: the call that checks it.

    Raises:
        InputError: the graph does not fit the server's nodes.
    """
    if document.prompt is not None:
        return ServerRunner(call, target_id, document.prompt, digest, digest)
    nodes = await call.client.nodes_for(document)
    return ServerRunner(call, target_id, nodes.prompt_of(document), digest, digest, nodes.classes)


async def foresee_run(document: Document, check: CheckSettings | None, place: str, call: Call[ComfyUIApi]) -> None:
    """Compare a document with the server's nodes before anything is written or run.

    Where no check is declared the workflow need not run on this server, so that it is only warned of.

    Args:
        document: what is declared.
        check: the declared check; None where there is none.
        place: the path of the check's property, e.g. `inference_check.`; empty for the resource itself.
        call: the call.

    Raises:
        InputError: the check would fail.
        PlatformError: the server's nodes cannot be read.
    """
    nodes = await call.client.nodes_for(document)
    try:
        prompt = nodes.prompt_of(document)
        overrides = {}
        if check is not None:
            overrides = exact(given_in(check), prompt)
            misfit = ServerRunner(call, "", prompt, "").misfit(check, place)
            if misfit is not None:
                raise misfit
        nodes.refuse(merged(prompt, overrides), "workflow")
    except InputError as refused:
        if check is not None:
            raise
        call.warn(f"the workflow does not run on this server as it is: {refused.got}")
