"""The one address that every stack's state points at. This module and `load` never move and never change their names.

Refresh and delete unpickle the text in the state, however old it is: a renamed module would strand the stack. What it
loads is always the installed version of this package.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_comfy.shells.dynamic import DynamicProvider


def load(token: str) -> DynamicProvider:
    """Make the provider of a resource token, e.g. `comfydeploy:Deployment`. Called by unpickling."""
    is_collecting = gc.isenabled()
    gc.disable()  # nothing of what is loaded is garbage, and looking through it takes a tenth of the time
    try:
        from pulumi_comfy.shells.dynamic import DynamicProvider  # loads the core: only in the provider's process

        return DynamicProvider(token).loaded()
    finally:
        if is_collecting:
            gc.enable()
