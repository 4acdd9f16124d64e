"""What stands on the wire beside a resource's own inputs: its type, the text that names its provider, hidden inputs.

Standard library only: programs and providers both read it.
"""

from __future__ import annotations

import base64

PROVIDER = "__provider"
"""The constant text that says which provider a resource has."""
FACTS = "__facts"
"""What the program tells of whose the objects are; the state never holds it."""
LOOKUP = "__lookup"
"""Says that the program only looks at an object: the state tells its outputs and does not hold it."""
SECRETS = "__secrets"
"""Which places of the inputs are secret."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a special object, on the wire and in a state; these are some of its values."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A text that is not known yet."""
UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How Pulumi writes a value of any sort that is not known yet."""

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
