"""The judgement of what a run made: against what is expected, and file by file."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_comfy.inference.settings import Expect

NO_PILLOW = "comparing the size of an image needs Pillow: pip install 'pulumi-comfy[images]'"


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


def _listing(found: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in found.items()) or "none"
