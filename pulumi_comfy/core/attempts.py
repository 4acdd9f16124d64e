"""Creates that were begun on this machine, noted before the write and dropped when the engine has heard of their end.

An engine that is killed may have heard of it and not have saved it yet. So the note stays some seconds longer, or until
this process is ended in order; whoever comes after a kill finds it, and the process that told the engine does not.

A second proof beside automatic names, for objects that bear none (a file at a path). A note says what the create was
about to leave, as a digest, and, once the platform has answered, the id of what it made: so what a kill left is known
however the program has changed since. Notes are files in the temporary folder; where they get lost, as in CI, what a
kill left is refused with its id instead.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pulumi_comfy.core.redaction import logger

SAVED_AFTER = 5.0
"""Seconds after which an engine that lives has saved what it was told; it does so before it goes on."""
_told: set[Path] = set()
"""Notes of creates whose end this process has told the engine."""


def settle() -> None:
    """Drop the notes of what the engine was told: it lives, as it ends this process in order."""
    for place in tuple(_told):
        _drop(place)


def _drop(place: Path) -> None:
    if place in _told:
        _told.discard(place)
        _remove(place)


def _remove(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError as failed:
        logger.debug("cannot drop a note: %s", failed)


@cache
def _user() -> str:
    """Give this process's user, who is asked for at every call and looked up in the system's files."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        return "nobody"


def _own_folder() -> Path:
    return _folder_of(_user(), tempfile.gettempdir())


@cache
def _folder_of(user: str, temporary: str) -> Path:
    return Path(temporary) / f"pulumi-comfy-{user}"


@dataclass(frozen=True)
class Attempts:
    """The notes of one machine.

    Args:
        folder: where they are; the user's own below the temporary folder.
    """

    folder: Path = field(default_factory=_own_folder)

    def note(self, trace: str, *key: str) -> None:
        """Note that a create is about to write, and what it leaves; a note that cannot be made is none."""
        _told.discard(self._place(key))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as failed:
            logger.debug("cannot note a create: %s", failed)
        if self._is_own:
            self._write(key, _digest(trace))  # what an earlier one made is not what this one makes

    def knows(self, *key: str) -> bool:
        """Tell whether a create was begun, and neither seen to end nor told to the engine by this process."""
        place = self._place(key)
        return place not in _told and self._is_own and place.exists()

    def told(self, object_id: str, *key: str) -> None:
        """Drop a note soon: the engine is about to hear of the end, and then saves it. What was made stands in it."""
        if not self._read(key):
            return
        place = self._place(key)
        _told.add(place)
        self.made(object_id, *key)
        asyncio.get_running_loop().call_later(SAVED_AFTER, _drop, place)

    def made(self, object_id: str, *key: str) -> None:
        """Note what a create has made, where it is noted."""
        if words := self._read(key):
            self._write(key, words[0], object_id)

    def is_of(self, object_id: str, *key: str) -> bool:
        """Tell whether what was made by a create that is noted is this."""
        return self._read(key)[1:] == [object_id]

    def leaves(self, trace: str, *key: str) -> bool:
        """Tell whether a create that is noted was about to leave this."""
        return self._read(key)[:1] == [_digest(trace)]

    def _read(self, key: tuple[str, ...]) -> list[str]:
        """Give the digest of what a create leaves and the id of what it made, as far as they are noted."""
        try:
            return self._place(key).read_text("utf-8").split("\n", 1) if self._is_own else []
        except (OSError, ValueError):
            return []

    def _write(self, key: tuple[str, ...], *words: str) -> None:
        try:
            self._place(key).write_text("\n".join(words), "utf-8")
        except (OSError, ValueError) as failed:  # an id that is no text
            logger.debug("cannot write a note: %s", failed)

    def forget(self, *key: str) -> None:
        """Drop a note: the state holds what was made, or nothing was."""
        place = self._place(key)
        _told.discard(place)
        _remove(place)

    @property
    def _is_own(self) -> bool:
        """Whether nobody else can have put a note there: in a folder for all, whoever comes first owns the name."""
        try:
            found = self.folder.lstat()
        except OSError:
            return False
        is_open = hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022)
        return stat.S_ISDIR(found.st_mode) and not is_open

    def _place(self, key: tuple[str, ...]) -> Path:
        return self.folder / _digest(chr(0).join(key))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
