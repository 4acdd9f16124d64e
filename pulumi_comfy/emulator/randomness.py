"""The one source of randomness of an emulator: the same seed and the same calls give the same ids."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from collections.abc import Container


class Randomness:
    """Ids and tokens drawn from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)

    def restart(self) -> None:
        """Start again from the seed."""
        self._random = random.Random(self.seed)

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_id(self, *taken: Container[str]) -> str:
        """A fresh UUID: none that a restored row has, as the same seed has given it before."""
        drawn = self.uuid()
        while any(drawn in ids for ids in taken):
            drawn = self.uuid()
        return drawn

    def opaque(self, *parts: object) -> str:
        """64 hexadecimal digits that tell nothing of the parts; not drawn, so that they change no id."""
        return hashlib.sha256("|".join(map(str, (self.seed, *parts))).encode()).hexdigest()

    def hexadecimal(self, digits: int) -> str:
        """Lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def ciphertext(self, length: int = 100) -> str:
        """Something that looks like an encrypted value and differs each time."""
        return base64.urlsafe_b64encode(self._random.randbytes(length)).decode()

    def integer(self, upper: int) -> int:
        """A whole number from 0 to `upper` - 1."""
        return self._random.randrange(upper)
