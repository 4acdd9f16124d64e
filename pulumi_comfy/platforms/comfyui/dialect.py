"""How a plain ComfyUI server speaks HTTP: without a key, and mostly without a word.

Facts: docs/platforms/comfyui.md 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfyui.fields import USER

_USER = "comfy-user"
_SIGN_IN = frozenset({401, 403})
_ASKED_IN_FRONT = (
    "ComfyUI itself asks nobody to sign in: something in front of it does. Give an address that needs no sign-in from "
    "here, such as that of a tunnel."
)


class ComfyUIDialect(Dialect):
    """What differs from plain HTTP."""

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Name the user, on a server with several.

        Raises:
            InputError: it can be no user's id.
        """
        if key and not (key.isascii() and key.isprintable()):
            got = f"comfy:{USER.key} is no id of a user"
            raise InputError("COMFY1104", tried="connect to ComfyUI", got=got, todo=f"Set it, or {USER.environment}.")
        return {_USER: key} if key else {}

    def is_answer(self, text: str) -> bool:
        """Most writes are answered with nothing (1.2)."""
        return not text

    def sentence_of(self, body: Json) -> str | None:
        """Most errors are plain text; of what is not there the server says nothing, which is its word for it (1.3)."""
        return body if isinstance(body, str) else super().sentence_of(body)

    def advice_of(self, status: int, body: Json) -> str | None:  # noqa: ARG002
        """The server itself asks nobody (1.1)."""
        return _ASKED_IN_FRONT if status in _SIGN_IN else None
