"""The stack's configuration as a program sees it: no credential in clear, no misspelt key.

Pulumi copies configuration into the state; and a URL that nobody reads means the real platform and its bill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from pulumi_comfy.core.configuration import NAMESPACE, SETTINGS


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


def misspelt_keys(full_keys: Iterable[str]) -> Iterator[str]:
    """Say of each key that is all but one of ours what was meant: a project that is itself called `comfy` has its own.

    Args:
        full_keys: with their namespace.
    """
    ours = {setting.key.casefold(): setting.key for setting in SETTINGS}
    prefix = f"{NAMESPACE}:"
    for full_key in full_keys:
        key = full_key.removeprefix(prefix)
        is_known = key in ours.values() or key.startswith(tuple(f"{known}_" for known in ours.values()))
        if key == full_key or is_known:
            continue
        from difflib import get_close_matches  # only here: every program imports this module, few have such a key

        for close in get_close_matches(key.casefold(), ours, n=1, cutoff=_ALL_BUT_ONE):
            yield f"{full_key}, which nothing reads: did you mean {prefix}{ours[close]}? [COMFY1104]"


_ALL_BUT_ONE = 0.85
"""How much alike two keys must be: one letter more or less, or another case."""
