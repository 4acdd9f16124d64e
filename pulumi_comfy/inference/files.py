"""Keeping the files that a checked run made."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.inference.judge import Fetched, Item

_LONGEST_NAME = 60
"""Letters of a file's name; each may take four bytes of the 255 that file systems allow."""


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
