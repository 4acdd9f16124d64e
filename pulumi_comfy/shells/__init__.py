"""Pulumi's calls on one side, the core on the other. Knows no platform.

Where `rich` and `pygments` are installed, httpx loads what its command line needs with itself: eighty modules, a fifth
of what a provider loads, that none uses. httpx goes without where they are missing, so they are while it is loaded.
"""

import sys

_COMMAND_LINE_OF_HTTPX = "httpx._main"

sys.modules.setdefault(_COMMAND_LINE_OF_HTTPX, None)  # type: ignore[arg-type]
import httpx  # noqa: E402, F401

if sys.modules[_COMMAND_LINE_OF_HTTPX] is None:
    del sys.modules[_COMMAND_LINE_OF_HTTPX]
