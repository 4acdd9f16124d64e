"""What `pulumi-comfy doctor` says of the platform: for each connection its address, its key and its account."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pulumi_comfy.cli.doctor_stacks import Finding, Stacks, as_text, entry, is_encrypted

if TYPE_CHECKING:
    from pulumi_comfy.core.configuration import Setting

_NO_SUCH_WORKFLOW = "pulumi-comfy doctor"


def look_at_platform(stacks: Stacks) -> Iterator[Finding]:
    """Judge the unnamed connection and each named one that the environment or the stacks know."""
    from pulumi_comfy.core.configuration import COMFYDEPLOY_API_KEY

    yield from _keys_in_clear(stacks, COMFYDEPLOY_API_KEY)
    names = _connection_names(stacks, COMFYDEPLOY_API_KEY)
    if names and not _is_configured(stacks, COMFYDEPLOY_API_KEY):
        variable = COMFYDEPLOY_API_KEY.environment
        yield Finding("note", f"no key without a name ({variable}): every resource must say its `connection`")
    else:
        yield from _connection(stacks, None)
    for name in names:
        yield from _connection(stacks, name)


def _connection_names(stacks: Stacks, setting: Setting) -> list[str]:
    """The names after `COMFYDEPLOY_API_KEY_` and `comfy:comfydeployApiKey_`, as a program writes them."""
    start, key = f"{setting.environment}_", f"comfy:{setting.key}_"
    found = {name[len(start) :].lower() for name, value in os.environ.items() if name.startswith(start) and value}
    found |= {name[len(key) :] for config in stacks.values() for name in config if name.startswith(key)}
    return sorted(found - {""})


def _is_configured(stacks: Stacks, setting: Setting) -> bool:
    return bool(os.environ.get(setting.environment)) or any(entry(one, setting) is not None for one in stacks.values())


def _connection(stacks: Stacks, name: str | None) -> Iterator[Finding]:
    from pulumi_comfy.comfydeploy.connection import PLATFORM, check_name, check_url, require_key, scope_of
    from pulumi_comfy.core.configuration import COMFYDEPLOY_API_KEY
    from pulumi_comfy.core.errors import ComfyError
    from pulumi_comfy.core.proxy import proxy_for

    whose = f'{PLATFORM} connection "{name}"' if name else PLATFORM
    setting = COMFYDEPLOY_API_KEY.named(name)
    stored = [file for file, config in stacks.items() if entry(config, setting) is not None]
    key = os.environ.get(setting.environment)
    try:
        if name:
            check_name(name)
        url, place = _url(stacks, name)
        url = check_url(url)
        yield Finding("ok", f"{whose} is at {url} ({place})")
        if proxy := proxy_for(url):
            yield Finding("ok", f"{whose} is asked through the proxy {proxy}")
        if not key and stored:
            yield Finding("ok", f"{whose} key: in {', '.join(stored)}")
            ask = f'{setting.environment}="$(pulumi config get comfy:{setting.key})" pulumi-comfy doctor'
            yield Finding("note", f"its account was not asked for, because only Pulumi can decrypt it; try {ask}")
            return
        key = require_key(key, setting)
        yield Finding("ok", f"{whose} key: in the environment, {setting.environment}")
        yield Finding("ok", f"{whose} account: {scope_of(url, key)}")
        started = time.monotonic()
        asyncio.run(_ask(url, key))
        yield Finding("ok", f"{whose} answered and accepts the key ({time.monotonic() - started:.1f} s)")
    except ComfyError as error:
        yield Finding("problem", f'connection "{name}": {error}' if name else str(error))


async def _ask(url: str, key: str) -> None:
    """One GET that needs the key and changes nothing; no second try, a person is waiting."""
    from pulumi_comfy.comfydeploy.connection import connect
    from pulumi_comfy.core.retrying import RetryPolicy

    client = connect(url, key, retry=RetryPolicy(attempts=1))
    async with client.http:
        await client.find_workflows(_NO_SUCH_WORKFLOW)


def _keys_in_clear(stacks: Stacks, setting: Setting) -> Iterator[Finding]:
    """Credentials that stand readable in a stack's file: the unnamed connection's, and those of named ones."""
    for file, config in stacks.items():
        for name in (None, *_connection_names({file: config}, setting)):
            one = setting.named(name)
            held = entry(config, one)
            if held is not None and not is_encrypted(held):
                yield Finding(
                    "problem",
                    f"{file} holds comfy:{one.key} in clear. Rotate the key, then run "
                    f"`pulumi config set --secret comfy:{one.key}` and paste the new one. [COMFY1102]",
                )


def _url(stacks: Stacks, name: str | None) -> tuple[str, str]:
    """The address in force and where it comes from: a connection's own before the common one, the environment first."""
    from pulumi_comfy.core.configuration import COMFYDEPLOY_URL

    for setting in (COMFYDEPLOY_URL.named(name), COMFYDEPLOY_URL):
        if os.environ.get(setting.environment):
            return os.environ[setting.environment], f"from {setting.environment}"
        for file, config in stacks.items():
            held = entry(config, setting)
            if held is not None and not is_encrypted(held):
                return as_text(held), f"from {file}"
    return COMFYDEPLOY_URL.default or "", "the default"
