"""What a program asks of an inference check, and what a check found: the same for every platform.

How run inputs are given is the platform's: by the name of an external input, or by a node's id.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from pulumi_comfy.core.meanings import CHECK_SECONDS
from pulumi_comfy.core.model import Json, Mark, Model, public

DECIDES = Mark("decides")
"""It decides whether a check passes, so that the proof's digest of the check covers it."""


def _mime_type(text: str) -> str:
    """Refuse what no file is ever said to be, before a run is paid for."""
    if text == "image/jpg" or not re.fullmatch(r"[\w.+-]+/[\w.+-]+", text):
        raise ValueError(f"{text!r} is no MIME type, such as `image/png` or `image/jpeg`")
    return text


@public("index:Expect")
class Expect(Model):
    """What the outputs of a checked run must be."""

    minimum_outputs: Annotated[
        int, Field(ge=1, description="The least number of output items, counted over all nodes. Default 1.")
    ] = 1
    kinds: Annotated[
        list[str] | None,
        Field(description="Kinds that must each be there, in the platform's words, e.g. `images`, `text`, `files`."),
    ] = None
    mime_types: Annotated[
        list[Annotated[str, AfterValidator(_mime_type)]] | None,
        Field(description="MIME types that fetched items must have, e.g. `image/png`; needs `fetch`."),
    ] = None
    node_ids: Annotated[
        list[str] | None, Field(description="Ids of nodes of the workflow that must each have an output.")
    ] = None
    maximum_seconds: Annotated[
        float | None, Field(gt=0, description="The longest run, in seconds from start to end, cold start not counted.")
    ] = None
    fetch: Annotated[
        bool,
        Field(
            description="Whether to fetch the first item of each output and require it not to be empty. Default true."
        ),
    ] = True
    width: Annotated[int | None, Field(ge=1, description="Width in pixels of every fetched image.")] = None
    height: Annotated[int | None, Field(ge=1, description="Height in pixels of every fetched image.")] = None

    @model_validator(mode="after")
    def _files_are_fetched(self) -> Expect:
        looks_inside = self.mime_types is not None or self.width is not None or self.height is not None
        if looks_inside and self.fetch is False:
            raise ValueError("`mime_types`, `width` and `height` need `fetch`")
        return self


class CheckSettings(Model):
    """How a check runs, and what it expects."""

    place: ClassVar[tuple[str, ...]] = ()
    """Where a resource's inputs hold it; empty where they are it."""

    expect: Annotated[
        Expect, DECIDES, Field(description="What the outputs must be; by default one item that is not empty.")
    ] = Expect()
    queue_timeout_seconds: Annotated[
        float,
        DECIDES,
        CHECK_SECONDS,
        Field(gt=0, description="Longest wait for a GPU and its cold start, in seconds. Default 900."),
    ] = 900
    run_timeout_seconds: Annotated[
        float, DECIDES, CHECK_SECONDS, Field(gt=0, description="Longest run once started, in seconds. Default 600.")
    ] = 600
    save_outputs_to: Annotated[
        str | None,
        Field(
            min_length=1,
            description="Folder in which fetched output files are kept, absolute or relative to the project.",
        ),
    ] = None
    triggers: Annotated[
        list[Json] | None,
        Field(description="Any values; a change of one runs the check again, e.g. what its machine was last built to."),
    ] = None


@public("index:InferenceCheckOnFailure")
class OnFailure(str, Enum):
    """What becomes of a deployment that fails its check."""

    ROLLBACK = "rollback"
    KEEP = "keep"


class InferenceCheck(CheckSettings):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. Each check costs GPU time."""

    place = ("inferenceCheck",)

    on_failure: Annotated[
        OnFailure,
        Field(
            description="`rollback` (default) restores the previous settings, or removes what was just created; `keep` "
            "leaves it and records the failure, so that the next `pulumi up` checks again. `up` fails either way."
        ),
    ] = OnFailure.ROLLBACK


@public("index:CheckResult")
class CheckResult(Model):
    """What the last inference check found."""

    status: Annotated[str, Field(description="`passed`, `failed`, or `skipped` while checks are off.")]
    run_id: Annotated[str | None, Field(description="The platform's id of the run.")] = None
    queue_seconds: Annotated[float | None, Field(description="Seconds waited for a GPU and its cold start.")] = None
    run_seconds: Annotated[float | None, Field(description="Seconds the run took.")] = None
    output_counts: Annotated[dict[str, int], Field(description="Number of output items of each kind.")] = {}
    files: Annotated[
        list[str], Field(description="Paths of the files kept by `save_outputs_to`, relative to the project.")
    ] = []
    sha256: Annotated[list[str], Field(description="SHA-256 of each fetched file, in hex digits.")] = []

    @property
    def is_passed(self) -> bool:
        """Whether it has shown that a run makes what is expected."""
        return self.status == "passed"

    @property
    def summary(self) -> str:
        """What a passed check made, for a line."""
        made = ", ".join(f"{kind}: {number}" for kind, number in self.output_counts.items())
        return f"inference check passed: {made}; {self.run_seconds or 0:.1f} s, run {self.run_id}"
