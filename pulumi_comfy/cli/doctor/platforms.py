"""What `pulumi-comfy doctor` says of the platforms: for each connection its address, its key and its account."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pulumi_comfy.cli.doctor.stacks import Finding, Stacks, as_text, entry, is_encrypted

if TYPE_CHECKING:
    from pulumi_comfy.configuration import Setting
    from pulumi_comfy.core.connection import Address
    from pulumi_comfy.core.platform import Platform


def look_at_platforms(stacks: Stacks) -> Iterator[Finding]:
    """Judge every platform that the environment or the stacks know of; where they know none, each."""
    from pulumi_comfy.core.platform import all_platforms

    platforms = all_platforms()
    configured = [one for one in platforms if _is_known(stacks, one)]
    for platform in configured:
        yield from _platform(stacks, platform)
    for platform in platforms if not configured else ():
        for one in _platform(stacks, platform):  # who uses none of a platform's servers has none that is off
            is_off = one.kind == "problem" and platform.settings.key is None
            yield Finding("note", one.text) if is_off else one


def _is_known(stacks: Stacks, platform: Platform[Any]) -> bool:
    settings = [one for one in (platform.settings.key, platform.settings.url) if one]
    return any(_is_configured(stacks, one) or _connection_names(stacks, one) for one in settings)


def _platform(stacks: Stacks, platform: Platform[Any]) -> Iterator[Finding]:
    """Judge the unnamed connection and each named one."""
    needed = platform.settings.key or platform.settings.url
    if platform.settings.key:
        yield from _keys_in_clear(stacks, needed)
    names = _connection_names(stacks, needed)
    if names and platform.settings.key and not _is_configured(stacks, needed):
        variable = needed.environment
        yield Finding("note", f"no key without a name ({variable}): every resource must say its `connection`")
    else:
        yield from _connection(stacks, platform, None)
    for name in names:
        yield from _connection(stacks, platform, name)


def _connection_names(stacks: Stacks, setting: Setting) -> list[str]:
    """The names after `<VARIABLE>_` and `comfy:<key>_`, as a program writes them."""
    start, key = f"{setting.environment}_", f"comfy:{setting.key}_"
    found = {name[len(start) :].lower() for name, value in os.environ.items() if name.startswith(start) and value}
    found |= {name[len(key) :] for config in stacks.values() for name in config if name.startswith(key)}
    return sorted(found - {""})


def _is_configured(stacks: Stacks, setting: Setting) -> bool:
    return bool(os.environ.get(setting.environment)) or any(entry(one, setting) is not None for one in stacks.values())


def _connection(stacks: Stacks, platform: Platform[Any], name: str | None) -> Iterator[Finding]:
    from pulumi_comfy.core.connection import check_name, check_url
    from pulumi_comfy.core.errors import ComfyError
    from pulumi_comfy.core.http.proxy import proxy_for

    whose = f'{platform.name} connection "{name}"' if name else platform.name
    try:
        if name:
            check_name(name)
        url, place = _url(stacks, platform, name)
        if url is None:
            yield Finding("note", f"{whose} was not asked: its address is {place}")
            return
        url = check_url(platform, url)
        yield Finding("ok", f"{whose} is at {url} ({place})")
        if proxy := proxy_for(url):
            yield Finding("ok", f"{whose} is asked through the proxy {proxy}")
        yield from _account(stacks, platform, url, name, whose)
    except ComfyError as error:
        yield Finding("problem", f'connection "{name}": {error}' if name else str(error))


def _account(stacks: Stacks, platform: Platform[Any], url: str, name: str | None, whose: str) -> Iterator[Finding]:
    """Say where the key is, whose it is, and whether the platform takes it."""
    from pulumi_comfy.core.connection import Address, account_of, host_of, require_key

    key = _user(stacks, platform, name)
    if platform.settings.key is not None:
        setting = platform.settings.key.named(name)
        stored = [file for file, config in stacks.items() if entry(config, setting) is not None]
        key = os.environ.get(setting.environment)
        if not key and stored:
            yield Finding("ok", f"{whose} key: in {', '.join(stored)}")
            why = "because only Pulumi can decrypt it"
            yield Finding("note", f"its account was not asked for, {why}; try {_decrypted(setting)}")
            return
        key = require_key(platform, key, setting)
        yield Finding("ok", f"{whose} key: in the environment, {setting.environment}")
    address = Address(url, key)
    if account := account_of(platform, address):
        yield Finding("ok", f"{whose} account: {host_of(url)}/{account}")
    started = time.monotonic()
    asked = asyncio.run(_ask(platform, address))
    if platform.accounts.asked:
        yield Finding("ok", f"{whose} account: {asked}")
    answered = f"{whose} answered" + (" and accepts the key" if platform.settings.key else "")
    yield Finding("ok", f"{answered} ({time.monotonic() - started:.1f} s)")


def _decrypted(setting: Setting) -> str:
    return f'{setting.environment}="$(pulumi config get comfy:{setting.key})" pulumi-comfy doctor'


def _user(stacks: Stacks, platform: Platform[Any], name: str | None) -> str | None:
    """Who asks, where a platform takes no key and has users."""
    setting = platform.settings.user.named(name) if platform.settings.user else None
    if setting is None:
        return None
    held = [entry(config, setting) for config in stacks.values()]
    return os.environ.get(setting.environment) or next((as_text(one) for one in held if one is not None), None)


async def _ask(platform: Platform[Any], address: Address) -> str:
    """Ask one thing that needs the key and changes nothing; no second try, a person is waiting. Give the account."""
    from pulumi_comfy.core.connection import connect
    from pulumi_comfy.core.http.retrying import RetryPolicy

    connection = connect(platform, address, retry=RetryPolicy(attempts=1))
    async with connection.client.http:
        await platform.question(connection.client)
        return await connection.identify()


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


def _url(stacks: Stacks, platform: Platform[Any], name: str | None) -> tuple[str | None, str]:
    """The address in force and where it comes from: a connection's own before the common one, the environment first.

    None for one that only Pulumi can decrypt, with what to do.
    """
    common = platform.settings.url
    for setting in (common.named(name), common):
        if os.environ.get(setting.environment):
            return os.environ[setting.environment], f"from {setting.environment}"
        found = [(file, held) for file, config in stacks.items() if (held := entry(config, setting)) is not None]
        for file, held in found:
            if not is_encrypted(held):
                return as_text(held), f"from {file}"
        if found:
            return None, f"in {found[0][0]}, encrypted; try {_decrypted(setting)}"
    return common.default or "", "the default"
