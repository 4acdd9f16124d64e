"""What the resources of a ComfyUI server share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.fields import CONNECTION_NAME, connection_words
from pulumi_comfy.core.model import BULK, DOCUMENT, Model, matching

SETTINGS = PLATFORMS["comfyui"]
assert SETTINGS.user is not None
USER = SETTINGS.user


class ServerInputs(Model):
    """What every resource takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None


FILE_ID = matching(
    r"workflows/[^\x00-\x1f\x7f]+\.json", "the id of a workflow, which is its file's path: `workflows/<name>.json`"
)
"""A path of a workflow's file; people may save any name in the browser."""

ApiDocument = Annotated[
    str | None,
    BULK,
    DOCUMENT,
    Field(
        description="The API prompt (Workflow > Export (API)) of the same workflow, for a graph that cannot be "
        "converted with certainty: a dict, JSON text or a path. Default: the prompt is made of the graph, from the "
        "server's own nodes."
    ),
]
