"""The one address that every stack's state points at. This module and `load` never move and never change their names.

Refresh and delete unpickle the text in the state, however old it is: a renamed module would strand the stack. What it
loads is always the installed version of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_comfy.shells.dynamic import DynamicProvider


def load(token: str) -> DynamicProvider:
    """Make the provider of a resource token, e.g. `comfydeploy:Deployment`. Called by unpickling."""
    from pulumi_comfy.shells.dynamic import DynamicProvider  # loads the handlers: only in the provider's process

    return DynamicProvider(token)
