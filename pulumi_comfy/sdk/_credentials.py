"""Credentials in the stack's configuration must be secret: Pulumi copies configuration into the state."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import is_config_secret

from pulumi_comfy.core.configuration import NAMESPACE, SETTINGS


def refuse_clear_credentials() -> None:
    """Stop the program when a credential was set without `--secret`.

    Raises:
        pulumi.RunError: with the command that mends it.
    """
    config = pulumi.Config(NAMESPACE)
    for setting in SETTINGS:
        name = f"{NAMESPACE}:{setting.key}"
        if setting.is_secret and config.get(setting.key) is not None and not is_config_secret(name):
            raise pulumi.RunError(
                f"the configuration holds {name} in clear. Rotate the key, then run "
                f"`pulumi config set --secret {name}` and paste the new one. [COMFY1102]"
            )
