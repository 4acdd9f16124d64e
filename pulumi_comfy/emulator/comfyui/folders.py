"""The server's input, output and temp folders: uploads, and pictures that are drawn when somebody looks."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import posixpath
import re
from collections.abc import Callable
from typing import Any, Literal, get_args

from PIL import Image

from pulumi_comfy.emulator.files import StoredFile
from pulumi_comfy.emulator.images import Picture, render_png

Folder = Literal["input", "output", "temp"]
_ANNOTATED = re.compile(r"(?P<path>.*?) ?\[(?P<folder>input|output|temp)\]")


class Folders:
    """Files by folder and path; paths use forward slashes."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], StoredFile] = {}

    def put(self, path: str, content: bytes | str | None = None, folder: Folder = "input") -> None:
        """Place a file, or overwrite it.

        Args:
            path: Its name, with subfolders before it.
            content: What it holds; a small picture when left out.
            folder: `input`, `output` or `temp`.

        Raises:
            ValueError: There is no such folder.
        """
        if folder not in get_args(Folder):
            raise ValueError(f"unknown folder {folder!r}: choose one of {', '.join(get_args(Folder))}")
        made = content.encode() if isinstance(content, str) else content
        self.keep(folder, path, lambda: render_png(Picture(64, 64)) if made is None else made)

    def delete(self, path: str, folder: Folder = "input") -> None:
        """Remove a file, which need not be there."""
        self._files.pop((folder, path), None)

    def names(self, folder: Folder = "input") -> list[str]:
        """The paths in a folder, sorted."""
        return sorted(path for kind, path in self._files if kind == folder)

    def keep(self, folder: str, path: str, make: Callable[[], bytes]) -> None:
        """Keep a file that is made when somebody looks."""
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        self._files[folder, path] = StoredFile(content_type, make)

    def get(self, folder: str, path: str) -> StoredFile | None:
        """A file."""
        return self._files.get((folder, path))

    def named(self, name: Any) -> StoredFile | None:
        """What a Load node names: a path in the input folder, or in the one that stands behind it in brackets."""
        if not isinstance(name, str):
            return None
        found = _ANNOTATED.fullmatch(name)
        return self.get(found["folder"], found["path"]) if found else self.get("input", name)

    def digest(self, name: Any) -> str:
        """What an upload holds, as a text; empty when the value names none."""
        file = self.named(name)
        return "" if file is None else hashlib.sha256(file.read()).hexdigest()

    def size(self, name: Any) -> tuple[int, int] | None:
        """Width and height of an uploaded picture."""
        file = self.named(name)
        if file is None:
            return None
        try:
            with Image.open(io.BytesIO(file.read())) as image:
                return image.width, image.height
        except OSError:
            return None

    def next_number(self, folder: str, prefix: str) -> int:
        """The number that the next file of this beginning gets."""
        numbered = re.compile(rf"{re.escape(prefix)}_(\d+)_?(\..*)?")
        found = (numbered.fullmatch(path) for kind, path in self._files if kind == folder)
        return max((int(one[1]) for one in found if one), default=0) + 1

    def top_level(self) -> list[str]:
        """What the lists of uploads show: subfolders are not looked into."""
        return [path for path in self.names() if "/" not in path]

    def rows(self) -> list[dict[str, str]]:
        """For the dump."""
        return [{"folder": folder, "path": path} for folder, path in sorted(self._files)]

    def clear(self, folder: Folder | None = None) -> None:
        """Empty one folder, or all."""
        for key in [key for key in self._files if folder in (None, key[0])]:
            del self._files[key]


def within(path: str) -> str | None:
    """A path with its dots resolved; None when it leads out of the folder."""
    resolved = posixpath.normpath(path) if path else ""
    return None if resolved.startswith(("..", "/")) else resolved.removeprefix("./")
