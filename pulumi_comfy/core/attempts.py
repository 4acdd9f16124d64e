"""Creates that were begun on this machine, noted before the write and dropped when the engine has heard of their end.

An engine that is killed may have heard of it and not have saved it yet. So the note stays some seconds longer, or until
this process is ended in order; whoever comes after a kill finds it, and the process that told the engine does not.

A second proof beside automatic names, for objects that bear none (a file at a path). A note says what the create was
about to leave and where, as a digest, and, once the platform has answered, the id of what it made: so what a kill left
is known however the program has changed since. Notes are files in the temporary folder; where they get lost, as in CI,
what a kill left is refused with its id instead.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from pulumi_comfy.core.redaction import logger

SAVED_AFTER = 5.0
"""Seconds after which an engine that lives has saved what it was told; it does so before it goes on."""
_LONGEST = 65536
"""Bytes of a note that is read: what is longer is none of ours."""
FRESH = 3600.0
"""Seconds within which a create that is noted may be under way yet, in another process."""
_MOST = 20
"""How many former ids and traces a note keeps, the newest."""
_told: dict[Path, object] = {}
"""Notes of creates whose end this process has told the engine, each with a mark of that end."""


def settle() -> None:
    """Drop the notes of what the engine was told: it lives, as it ends this process in order."""
    for place, end in tuple(_told.items()):
        _drop(place, end)


def _drop(place: Path, end: object) -> None:
    if _told.get(place) is end:  # else it was begun again since
        del _told[place]
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
    except (KeyError, OSError, ImportError):  # a user without a name, as containers have
        return "nobody"


def _own_folder() -> Path:
    try:
        return _folder_of(_user(), tempfile.gettempdir())
    except OSError:  # no folder can be written to
        return Path(os.devnull)


@cache
def _folder_of(user: str, temporary: str) -> Path:
    return Path(temporary) / f"pulumi-comfy-{user}"


@dataclass(frozen=True)
class Note:
    """What is noted of the creates of one resource.

    Attributes:
        traces: digests of what the last ones were about to leave, and of what that was about to be brought to since.
        id: what the last one made; None while it has not been answered.
        former: what earlier ones made of which no end is known.
        told: those of the ids of which people have been told.
        place: digest of the natural key of the last one.
        is_fresh: whether it is so new that another process may still be at it.
    """

    traces: tuple[str, ...] = ()
    id: str | None = None
    former: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    place: str = ""
    is_fresh: bool = False

    @property
    def ids(self) -> list[str]:
        """All ids, the newest first."""
        return [one for one in (self.id, *self.former) if one is not None]

    def begun(self, place: str, trace: str) -> Note:
        """Give that of another create after this one, of which it may not be known whether it has left anything."""
        unheard = self.traces if self.id is None else ()
        traces = tuple(dict.fromkeys((digest_of(trace), *unheard)))[:_MOST]
        return Note(traces, None, tuple(dict.fromkeys(self.ids))[:_MOST], self.told, digest_of(place))

    def brought_to(self, trace: str, object_id: str) -> Note:
        """Give that of what was left once it is about to be brought to something else."""
        traces = tuple(dict.fromkeys((digest_of(trace), *self.traces)))[:_MOST]
        return replace(self, traces=traces, id=object_id, former=tuple(one for one in self.ids if one != object_id))

    def is_about(self, place: str) -> bool:
        """Tell whether the last create was to make something here."""
        return self.place == digest_of(place)

    def leaves(self, trace: str) -> bool:
        """Tell whether the create was about to leave this."""
        return digest_of(trace) in self.traces

    def refutes(self, object_id: str) -> bool:
        """Tell whether the create has made something else than this."""
        return self.id is not None and object_id not in self.ids


_STORED = TypeAdapter(Note)


@dataclass(frozen=True)
class Attempts:
    """The notes of one machine.

    Args:
        folder: where they are; the user's own below the temporary folder.
    """

    folder: Path = field(default_factory=_own_folder)

    def begin(self, place: str, trace: str, *key: str) -> None:
        """Note that a create is about to write, where, and what it leaves; a note that cannot be made is none."""
        _told.pop(self._place(key), None)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as failed:
            logger.debug("cannot note a create: %s", failed)
        self._write(key, (self._read(key) or Note()).begun(place, trace))

    def bring(self, trace: str, object_id: str, *key: str) -> None:
        """Note that what was left is about to be brought to this."""
        self._write(key, (self._read(key) or Note()).brought_to(trace, object_id))

    def tell_of(self, ids: Sequence[str], *key: str) -> None:
        """Note that people have been told of these ids."""
        if noted := self._read(key):
            self._write(key, replace(noted, told=tuple(dict.fromkeys((*ids, *noted.told)))[:_MOST]))

    def gone(self, object_id: str) -> None:
        """Drop the notes of what was removed: what stands there later is not of it. Whose they were is not known."""
        try:
            places = list(self.folder.iterdir())
        except OSError:
            return
        for place in places:
            noted = None if place in _told else self._look(place)
            if noted is not None and noted.id == object_id:
                _remove(place)

    def of(self, *key: str) -> Note | None:
        """Give the note of a create that was begun, and neither seen to end nor told to the engine by this process."""
        return None if self._place(key) in _told else self._read(key)

    def told(self, object_id: str, *key: str) -> None:
        """Drop a note soon: the engine is about to hear of the end, and then saves it. What was made stands in it."""
        if not self.made(object_id, *key):
            return
        place = self._place(key)
        end = _told[place] = object()
        asyncio.get_running_loop().call_later(SAVED_AFTER, _drop, place, end)

    def made(self, object_id: str, *key: str) -> bool:
        """Note what a create has made, where it is noted; give whether it is."""
        noted = self._read(key)
        if noted is not None and noted.id != object_id:
            self._write(key, replace(noted, id=object_id))
        return noted is not None

    def forget(self, *key: str) -> None:
        """Drop a note: the state holds what was made, or nothing was."""
        place = self._place(key)
        _told.pop(place, None)
        _remove(place)

    def _read(self, key: tuple[str, ...]) -> Note | None:
        return self._look(self._place(key))

    def _look(self, place: Path) -> Note | None:
        """Give a note; what is damaged, of an earlier version or no note of ours is one that says nothing."""
        is_fresh = False
        try:
            found = place.lstat()
            if not (self._is_own and stat.S_ISREG(found.st_mode)):
                return None
            told = json.loads(place.read_text("utf-8")) if found.st_size <= _LONGEST else {}
            is_fresh = time.time() - found.st_mtime < FRESH
            return replace(_STORED.validate_python(told), is_fresh=is_fresh)
        except OSError:
            return None
        except (ValueError, RecursionError):
            return Note(is_fresh=is_fresh)

    def _write(self, key: tuple[str, ...], note: Note) -> None:
        if not self._is_own:
            return
        place, text = self._place(key), json.dumps(asdict(note))
        beside = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            beside.write_text(text, "utf-8")
            beside.replace(place)
        except OSError as failed:
            logger.debug("cannot write a note: %s", failed)
            with suppress(OSError):
                beside.unlink(missing_ok=True)

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
        return self.folder / digest_of(chr(0).join(key))


def digest_of(text: str) -> str:
    """Give what stands in a note for a text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
