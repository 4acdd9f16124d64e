"""What an inference check needs on this machine, asked before a build and a run are paid for."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.judge import NO_PILLOW
from pulumi_comfy.inference.settings import CheckSettings, Expect


def refuse_what_cannot_be_done(check: Json, place: str) -> None:
    """Refuse a size that cannot be compared here, and a folder that cannot be written to.

    Args:
        check: the check's settings; none, or what is not known yet, is refused for nothing.
        place: the path of its property, e.g. `inference_check.`; empty for the resource itself.

    Raises:
        InputError: names the property.
    """
    if not isinstance(check, CheckSettings):
        return
    expect, folder = check.expect, check.save_outputs_to
    if isinstance(expect, Expect) and isinstance(expect.width or expect.height, int) and find_spec("PIL") is None:
        raise InputError("COMFY1001", tried=f"{place}expect", got=NO_PILLOW, todo="Install it, or leave the size out.")
    problem = _why_not_into(Path(folder)) if isinstance(folder, str) else None
    if problem is not None:
        todo = "Name a folder that the provider can write to."
        raise InputError("COMFY1001", tried=f"{place}save_outputs_to", got=problem, todo=todo)


def _why_not_into(folder: Path) -> str | None:
    """Say why files cannot be kept in a folder, which is made when it is missing; None when they can."""
    try:
        stands = next(place for place in (folder, *folder.parents) if place.exists())
    except (OSError, StopIteration, ValueError):
        return f"{folder} cannot be a folder"
    if not stands.is_dir():
        return f"{stands} is a file, no folder"
    return None if _takes_files(stands) else f"{stands} cannot be written to"


def _takes_files(folder: Path) -> bool:
    """Tell by a file without a name: root may write anywhere by its rights, and cannot where a disk takes nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False
