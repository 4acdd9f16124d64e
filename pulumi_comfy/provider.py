"""The one address that every stack's state points at. This module and `load` never move and never change their names.

Refresh and delete unpickle the text in the state, however old it is: a renamed module would strand the stack. The text
is a constant, not a pickled object, so it is the same on every Python and for every resource of a kind, and what it
loads is always the installed version of this package.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_comfy.shells.dynamic import DynamicProvider

_LONGEST_TOKEN = 255


def type_tokens(token: str) -> tuple[str, str]:
    """Give the type that Pulumi shows for a resource token, and the former one, which older states hold.

    Only the first part routes: `pulumi-python` is the package of every dynamic provider.
    """
    return f"pulumi-python:{token}", f"pulumi-python:dynamic/comfy/{token}"


def load(token: str) -> DynamicProvider:
    """Make the provider of a resource token, e.g. `comfydeploy:Deployment`. Called by unpickling."""
    from pulumi_comfy.shells.dynamic import DynamicProvider  # loads the handlers: only in the provider's process

    return DynamicProvider(token)


def provider_text(token: str) -> str:
    """Give the value of `__provider` for a resource token: a pickle that says «call `load` with this token»."""
    name = token.encode("ascii")
    if not 0 < len(name) <= _LONGEST_TOKEN:
        raise ValueError(f"not a resource token: {token!r}")
    pickled = b"\x80\x04cpulumi_comfy.provider\nload\n\x8c" + bytes([len(name)]) + name + b"\x85R."
    return base64.b64encode(pickled).decode("ascii")
