"""The files of a server's users, workflows among them: any bytes, no versions, no locks."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pulumi_comfy.emulator.clock import Clock
from pulumi_comfy.emulator.comfyui.folders import within

DEFAULT_USER = "default"


@dataclass
class UserFile:
    """One file."""

    content: bytes
    created: datetime
    modified: datetime


@dataclass
class Profile:
    """One user's files and folders; a folder outlives its last file."""

    files: dict[str, UserFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {""})
    settings: dict[str, Any] = field(default_factory=dict)


class UserData:
    """All users' files: what a person does in the browser, and what the API does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.profiles: dict[str, Profile] = {}

    def of(self, user: str) -> Profile:
        """A user's profile, empty at first."""
        return self.profiles.setdefault(user, Profile())

    def write(self, path: str, content: str | bytes, user: str = DEFAULT_USER) -> None:
        """Save a file as a person does in the browser.

        Args:
            path: From the user's own folder: `workflows/a.json`.
            content: What it holds; a text is encoded as UTF-8.
            user: Whose; the id, of a server with several users.

        Raises:
            ValueError: The path leads out of the folder, or a folder is there.
        """
        place = within(path)
        profile = self.of(user)
        if not place or place in profile.folders:
            raise ValueError(f"{path!r} is no path of a file in the user's folder")
        self.save(profile, place, content.encode() if isinstance(content, str) else content)

    def save(self, profile: Profile, path: str, content: bytes) -> UserFile:
        """Write a file with the folders above it."""
        now = self._clock.now()
        before = profile.files.get(path)
        file = profile.files[path] = UserFile(content, now if before is None else before.created, now)
        while path := posixpath.dirname(path):
            profile.folders.add(path)
        return file

    def read(self, path: str, user: str = DEFAULT_USER) -> str | None:
        """A file as text (UTF-8); None when it is not there."""
        file = self.of(user).files.get(path)
        return None if file is None else file.content.decode(errors="replace")

    def paths(self, user: str = DEFAULT_USER) -> list[str]:
        """All files, sorted."""
        return sorted(self.of(user).files)

    def delete(self, path: str, user: str = DEFAULT_USER) -> None:
        """Remove a file, which need not be there."""
        self.of(user).files.pop(path, None)

    def rows(self) -> list[dict[str, Any]]:
        """The files, for the dump: `text`, or `base64` where it is none."""
        return [
            {"user": user, "path": path, **_spelled(file)}
            for user, profile in self.profiles.items()
            for path, file in sorted(profile.files.items())
        ]

    def restore(self, row: Mapping[str, Any]) -> None:
        """Take back a row of the dump."""
        content = base64.b64decode(row["base64"]) if "base64" in row else row["text"].encode()
        profile = self.of(row["user"])
        self.save(profile, row["path"], content)
        moments = (datetime.fromisoformat(row[name]) for name in ("created", "modified"))
        profile.files[row["path"]] = UserFile(content, *moments)


def _spelled(file: UserFile) -> dict[str, Any]:
    moments = {"created": file.created.isoformat(), "modified": file.modified.isoformat()}
    try:
        return {"text": file.content.decode(), **moments}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(file.content).decode(), **moments}
