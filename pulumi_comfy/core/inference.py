"""The inference check: what is asked of a run, and the judgement of its outputs. The same for every platform.

How a run is started and watched is the platform's own and lives in its wing.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json, Model, public

NO_PILLOW = "comparing the size of an image needs Pillow: pip install 'pulumi-comfy[images]'"
_LONGEST_NAME = 60
"""Letters of a file's name; each may take four bytes of the 255 that file systems allow."""


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
        list[str] | None,
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

    inputs: Annotated[
        dict[str, Json],
        Field(
            description="Run inputs by the `input_id` of the workflow's external input nodes; others keep theirs."
            " "
            "Whole numbers beyond 2^53 are given as text. A seed input that is left out varies from check to check."
        ),
    ] = {}
    expect: Annotated[Expect, Field(description="What the outputs must be; by default one item that is not empty.")] = (
        Expect()
    )
    queue_timeout_seconds: Annotated[
        float, Field(gt=0, description="Longest wait for a GPU and its cold start, in seconds. Default 900.")
    ] = 900
    run_timeout_seconds: Annotated[
        float, Field(gt=0, description="Longest run once started, in seconds. Default 600.")
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
        Field(description="Any values; a change of one runs the check again, e.g. a secret's `machine_version_ids`."),
    ] = None


@public("index:InferenceCheck")
class InferenceCheck(CheckSettings):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. Each check costs GPU time."""

    on_failure: Annotated[
        Literal["rollback", "keep"],
        Field(
            description="`rollback` (default) restores the previous settings, or removes what was just created; `keep` "
            "leaves it and records the failure, so that the next `pulumi up` checks again. `up` fails either way."
        ),
    ] = "rollback"


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
    def summary(self) -> str:
        """What a passed check made, for a line."""
        made = ", ".join(f"{kind}: {number}" for kind, number in self.output_counts.items())
        return f"inference check passed: {made}; {self.run_seconds or 0:.1f} s, run {self.run_id}"


@dataclass(frozen=True)
class Item:
    """One output item of a run."""

    node_id: str
    kind: str
    filename: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Fetched:
    """One output item that was downloaded."""

    item: Item
    body: bytes = field(repr=False)
    mime_type: str = ""

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex digits."""
        return hashlib.sha256(self.body).hexdigest()


def counts(items: Sequence[Item]) -> dict[str, int]:
    """Count output items by kind."""
    return dict(sorted(Counter(item.kind for item in items).items()))


def complaint(expect: Expect, items: Sequence[Item], run_seconds: float | None) -> str | None:
    """Say why a finished run's outputs are not what is expected, before anything is fetched; None when they are."""
    if len(items) < expect.minimum_outputs:
        return f"the run succeeded with {len(items)} output items, expected at least {expect.minimum_outputs}"
    missing_kinds = sorted(set(expect.kinds or ()) - {item.kind for item in items})
    if missing_kinds:
        return f"no output of kind {', '.join(missing_kinds)} (there are {_listing(counts(items))})"
    missing_nodes = sorted(set(expect.node_ids or ()) - {item.node_id for item in items})
    if missing_nodes:
        return f"no output of node {', '.join(missing_nodes)}"
    if expect.maximum_seconds is not None and run_seconds is None:
        return "the platform reports no duration to compare with `maximum_seconds`"
    if expect.maximum_seconds is not None and run_seconds is not None and run_seconds > expect.maximum_seconds:
        return f"the run took {run_seconds:.1f} s, expected at most {expect.maximum_seconds:.1f} s"
    return None


def file_complaint(expect: Expect, fetched: Fetched) -> str | None:
    """Say why a fetched file is not what is expected; None when it is."""
    name = fetched.item.filename or fetched.item.kind
    if not fetched.body:
        return f"output file {name} is empty"
    if expect.mime_types and fetched.mime_type not in expect.mime_types:
        return f"output file {name} is {fetched.mime_type or 'of no type'}, expected {' or '.join(expect.mime_types)}"
    if (expect.width or expect.height) and fetched.mime_type.startswith("image/"):
        return _size_complaint(expect, name, fetched.body)
    return None


def files_complaint(expect: Expect, fetched: Sequence[Fetched]) -> str | None:
    """Say why the fetched files are not what is expected, together and each; None when they are."""
    if expect.mime_types and not fetched:
        return "no output file could be fetched to look at its MIME type"
    if (expect.width or expect.height) and not any(one.mime_type.startswith("image/") for one in fetched):
        return "no image was fetched to compare its size"
    return next(filter(None, (file_complaint(expect, one) for one in fetched)), None)


def _size_complaint(expect: Expect, name: str, body: bytes) -> str | None:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return NO_PILLOW
    try:
        with Image.open(io.BytesIO(body)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return f"output file {name} is no image that can be opened"
    if (expect.width or width, expect.height or height) != (width, height):
        return f"image {name} is {width} x {height}, expected {expect.width or width} x {expect.height or height}"
    return None


def keep_files(folder: str, fetched: Sequence[Fetched]) -> list[str]:
    """Write fetched files into `folder` (made when missing) and give their paths.

    Raises:
        InputError: the folder cannot be written to.
    """
    place = Path(folder)
    paths: dict[str, str] = {}
    try:
        place.mkdir(parents=True, exist_ok=True)
        for one in fetched:
            name = _own_name(one.item, paths.keys())
            (place / name).write_bytes(one.body)
            paths[name.casefold()] = str(place / name)
    except OSError as error:
        got = f"{folder} cannot be written to ({error.strerror})"
        raise InputError("COMFY1001", tried="keep the outputs of the inference check", got=got) from None
    return list(paths.values())


def _own_name(item: Item, taken: Container[str]) -> str:
    """Make a file name of what the platform calls an item, which may be a path, or nothing that a disk can hold."""
    name = _cleaned(item.filename) or _cleaned(f"{item.node_id}.bin")
    first, number = name, 1
    while name.casefold() in taken:
        number += 1
        name = f"{number}-{first}"
    return name


def _cleaned(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", re.split(r"[/\\]", name)[-1])[-_LONGEST_NAME:].strip(".")


def _listing(found: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in found.items()) or "none"
