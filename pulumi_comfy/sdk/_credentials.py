"""Credentials in the stack's configuration must be secret: Pulumi copies configuration into the state."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import is_config_secret

from pulumi_comfy.core.configuration import NAMESPACE, SETTINGS


def refuse_clear_credentials(connection: object = None) -> None:
    """Stop the program when a credential of the named connection, or of the unnamed one, was set without `--secret`.

    Raises:
        pulumi.RunError: with the command that mends it.
    """
    config = pulumi.Config(NAMESPACE)
    names = {None, connection if isinstance(connection, str) else None}
    for key in [setting.named(name).key for setting in SETTINGS if setting.is_secret for name in names]:
        full_key = f"{NAMESPACE}:{key}"
        if config.get(key) is not None and not is_config_secret(full_key):
            raise pulumi.RunError(
                f"the configuration holds {full_key} in clear. Rotate the key, then run "
                f"`pulumi config set --secret {full_key}` and paste the new one. [COMFY1102]"
            )
