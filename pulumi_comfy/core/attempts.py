"""Creates that were begun on this machine, noted before the write and dropped when the engine is told of their end.

A second proof beside automatic names, for objects that bear none (a file at a path). Alone it proves that this state
has begun to make such an object, not that the one which is there is it. Notes are empty files in the temporary folder;
where they get lost, as in CI, what a kill left is refused with its id instead.
"""

from __future__ import annotations

import getpass
import hashlib
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pulumi_comfy.core.redaction import logger


@cache
def _user() -> str:
    """Give this process's user, who is asked for at every call and looked up in the system's files."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        return "nobody"


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"pulumi-comfy-{_user()}"


@dataclass(frozen=True)
class Attempts:
    """The notes of one machine.

    Args:
        folder: where they are; the user's own below the temporary folder.
    """

    folder: Path = field(default_factory=_own_folder)

    def note(self, *key: str) -> None:
        """Note that a create is about to write; a note that cannot be made is none."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._place(key).touch()
        except OSError as failed:
            logger.debug("cannot note a create: %s", failed)

    def knows(self, *key: str) -> bool:
        """Tell whether a create was begun and not seen to end."""
        return self._place(key).exists()

    def forget(self, *key: str) -> None:
        """Drop a note: the state holds what was made, or nothing was."""
        try:
            self._place(key).unlink(missing_ok=True)
        except OSError as failed:
            logger.debug("cannot drop a note: %s", failed)

    def _place(self, key: tuple[str, ...]) -> Path:
        return self.folder / hashlib.sha256(chr(0).join(key).encode()).hexdigest()
