"""What a model file declares, and what the platform decides of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pulumi_comfy.core.model import LOCAL, REPLACES, SECRET, Model, is_known, matching
from pulumi_comfy.core.resource import State
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs

SOURCES = ("huggingface", "civitai", "link")
_SEGMENT = r"(?!\.{1,2}(/|$))[^/]+"
"""Of a path; neither `.` nor `..`."""
_ON_HUGGING_FACE = r"((datasets|spaces)/)?[^/\s]+/[^/\s]+/resolve/[^/\s]+(/[^/\s]+)+"
_ON_CIVITAI = r"https?://(www\.)?civitai\.com/\S+"


class ModelInputs(AccountInputs):
    """What a program declares of a model file."""

    folder_path: Annotated[
        str,
        REPLACES,
        matching(f"{_SEGMENT}(/{_SEGMENT})*", "a folder: names with one slash between them, none of them `.` or `..`"),
        Field(description="Folder in the volume, e.g. `checkpoints`."),
    ]
    filename: Annotated[
        str,
        REPLACES,
        matching(_SEGMENT, "a file name without a slash"),
        Field(description="Name of the file in that folder."),
    ]
    huggingface: Annotated[
        str | None,
        REPLACES,
        matching(
            _ON_HUGGING_FACE,
            "the path of a file on Hugging Face: owner/repository/resolve/<revision>/<file>, as after huggingface.co/ "
            "(a whole URL goes into `link`)",
        ),
        Field(description="Path of the file on Hugging Face: `owner/repository/resolve/main/name.safetensors`."),
    ] = None
    civitai: Annotated[
        str | None,
        REPLACES,
        matching(_ON_CIVITAI, "the URL of a page on civitai.com"),
        Field(description="URL of the model's page on Civitai."),
    ] = None
    link: Annotated[
        str | None,
        REPLACES,
        SECRET,
        matching(r"https?://[^\s/]\S*", "a URL that begins with http:// or https://"),
        Field(
            description="Any http or https URL. Its query is not compared, so that a URL signed anew downloads nothing."
        ),
    ] = None
    size: Annotated[
        int | None, Field(gt=0, description="Size in bytes that the file must have; any when left out.")
    ] = None
    delete_on_destroy: Annotated[
        bool, Field(description="Whether removing the resource removes the file. Default false.")
    ] = False
    adopt: Annotated[
        str | None,
        LOCAL,
        Field(description="Path of an existing file to take over at the first create, e.g. `loras/a.safetensors`."),
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> ModelInputs:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1 and is_known(self.huggingface, self.civitai, self.link):
            raise ValueError(f"exactly one of {', '.join(f'`{name}`' for name in SOURCES)} says where the file is from")
        return self


class ModelOutputs(Model):
    """What the platform decides of a model file."""

    path: Annotated[str, Field(description="Path in the volume, as workflows name it below its folder.")]
    size_bytes: Annotated[int, Field(description="Size of the file when it was downloaded.")]
    status: Annotated[
        str,
        Field(
            description="`ready`, or `changed` when its size on the volume is another, `downloading` or `failed` when "
            "its download was not seen to end well; the next update goes on with it."
        ),
    ]


ModelState = State[ModelInputs, ModelOutputs]
