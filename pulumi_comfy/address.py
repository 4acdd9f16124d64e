"""What stands on the wire beside a resource's own inputs: its type, the text that names its provider, hidden inputs.

Standard library only: programs and providers both read it.
"""

from __future__ import annotations

import base64

PROVIDER = "__provider"
"""The constant text that says which provider a resource has."""
FACTS = "__facts"
"""What the program tells of whose the objects are; the state never holds it."""
SECRETS = "__secrets"
"""Which places of the inputs are secret."""

_LONGEST_TOKEN = 255


def type_tokens(token: str) -> tuple[str, str]:
    """Give the type that Pulumi shows for a resource token, and the former one, which older states hold.

    Only the first part routes: `pulumi-python` is the package of every dynamic provider.
    """
    return f"pulumi-python:{token}", f"pulumi-python:dynamic/comfy/{token}"


def provider_text(token: str) -> str:
    """Give the value of `__provider` for a resource token: a pickle that says «call `load` with this token».

    It is a constant, not a pickled object, so it is the same on every Python and for every resource of a kind.
    """
    name = token.encode("ascii")
    if not 0 < len(name) <= _LONGEST_TOKEN:
        raise ValueError(f"not a resource token: {token!r}")
    pickled = b"\x80\x04cpulumi_comfy.provider\nload\n\x8c" + bytes([len(name)]) + name + b"\x85R."
    return base64.b64encode(pickled).decode("ascii")
