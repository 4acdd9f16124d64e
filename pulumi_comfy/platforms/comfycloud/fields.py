"""Fields that Comfy Cloud's resources share."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.fields import CONNECTION_NAME, IN_SMALL_LETTERS, connection_words, uuid_of
from pulumi_comfy.core.model import BULK, DOCUMENT, LOCAL, Model, public

SETTINGS = PLATFORMS["comfycloud"]

Id = Annotated[str, uuid_of("Comfy Cloud"), IN_SMALL_LETTERS]

WorkflowDocument = Annotated[
    str,
    BULK,
    DOCUMENT,
    Field(
        description="The workflow document: the editor's graph (a graph alone is enough), or the API prompt, which the "
        "editor then opens without a layout; a dict, JSON text or a path. Sent as written; of an export that holds "
        "both, the graph is sent. A changed document makes a new version, moved nodes do not."
    ),
]
WorkflowApiDocument = Annotated[
    str | None,
    BULK,
    DOCUMENT,
    Field(
        description="The API prompt of the same graph (Workflow > Export (API)), which checks then run. Default: the "
        "graph is converted with the platform's own node classes, and refused where that is not certain. It is not "
        "saved: changed alone it makes no version."
    ),
]


@public("comfycloud:View")
class View(str, Enum):
    """What the editor opens of a workflow."""

    WORKFLOW = "workflow"
    APP = "app"


@public("comfycloud:OnConflict")
class OnConflict(str, Enum):
    """What becomes of a version that somebody else has saved since."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"


OnConflictField = Annotated[
    OnConflict,
    LOCAL,
    Field(
        description="Where somebody has saved a version in the browser that this stack does not know: `refuse` "
        "(default) changes nothing and says who saved it and what differs; `overwrite` appends the declared document "
        "on top, once, so that theirs stays in the history only."
    ),
]


class AccountInputs(Model):
    """What every resource of the platform takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None
