"""The stack's configuration as a program sees it: no credential in clear, no misspelt key.

Pulumi copies configuration into the state; and a URL that nobody reads means the real platform and its bill.
"""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from pulumi_comfy.configuration import NAMESPACE, SETTINGS, misspelt_keys


def refuse_clear_credentials(connection: object = None) -> None:
    """Stop the program when a credential of the named connection, or of the unnamed one, was set without `--secret`.

    A key that is all but one of ours stops it too.

    Raises:
        pulumi.RunError: with the command that mends it.
    """
    _refuse_misspelt_keys()
    config = pulumi.Config(NAMESPACE)
    names = {None, connection if isinstance(connection, str) else None}
    for key in [setting.named(name).key for setting in SETTINGS if setting.is_secret for name in names]:
        full_key = f"{NAMESPACE}:{key}"
        if config.get(key) is not None and not is_config_secret(full_key):
            raise pulumi.RunError(
                f"the configuration holds {full_key} in clear. Rotate the key, then run "
                f"`pulumi config set --secret {full_key}` and paste the new one. [COMFY1102]"
            )


def _refuse_misspelt_keys() -> None:
    for sentence in misspelt_keys((*CONFIG.get(), *get_config_env())):
        raise pulumi.RunError(f"the configuration holds {sentence}")
