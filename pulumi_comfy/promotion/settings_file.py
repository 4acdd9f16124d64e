"""Where a pin is written: `comfy:pins` in `Pulumi.<stack>.yaml`, and not one byte beside it.

The text is spliced: only the values that differ are exchanged, so comments, order, quotes and line ends stay as they
are, also inside the pins. Each result is read again and compared; what cannot be spliced is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import yaml

from pulumi_comfy.configuration import NAMESPACE, PINS
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json
from pulumi_comfy.promotion.splice import Splice
from pulumi_comfy.promotion.yaml_text import canonical
from pulumi_comfy.promotion.yaml_tree import tree_of

KEY = f"{NAMESPACE}:{PINS}"
_ALSO = f"{NAMESPACE}:config:{PINS}"
"""A former spelling of the same key, which Pulumi still reads."""
_TODO = f"Write `config: {KEY}:` into the file by hand once, as plain YAML, then try again; nothing was changed."
_UNTOUCHED = "The file is as it was before this write. Make room, or give the right to write there, then try again."


class SettingsFileError(InputError):
    """The file cannot be read, or the pins not written without a change of something else; it is as it was."""

    def __init__(
        self, got: str, *, tried: str = "write the pins into the stack's settings file", todo: str = _TODO
    ) -> None:
        super().__init__("COMFY5008", tried=tried, got=got, todo=todo)

    @classmethod
    def of(cls, error: OSError, path: Path, verb: str, todo: str) -> SettingsFileError:
        """Say what the system says of a file."""
        return cls(f"{path.name}: {error.strerror or error}", tried=f"{verb} {path}", todo=todo)


def read(path: Path) -> str:
    """Read a settings file as it is, every byte; empty where there is none.

    Raises:
        SettingsFileError: it is no UTF-8, or no file that can be read.
    """
    return read_if_there(path) or ""


def read_if_there(path: Path) -> str | None:
    """Read it so; None where there is none, or a link that leads to none.

    Raises:
        SettingsFileError: it is no UTF-8, or no file that can be read.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsFileError.of(error, path, "read", "Make it readable, then try again.") from None
    except UnicodeDecodeError:
        raise SettingsFileError(f"{path.name} is not UTF-8", tried=f"read {path.name}") from None


def write(path: Path, text: str) -> None:
    """Put a settings file in place, whole or not at all; a link to it stays a link, and its rights stay.

    Raises:
        SettingsFileError: the folder takes no file.
    """
    try:
        _put(path.resolve(), text)
    except OSError as error:
        raise SettingsFileError.of(error, path, "write", _UNTOUCHED) from None


def take_away(path: Path) -> None:
    """Delete a settings file, if it is there; a link to it stays a link.

    Raises:
        SettingsFileError: the folder does not let go of it.
    """
    try:
        path.resolve().unlink(missing_ok=True)
    except OSError as error:
        raise SettingsFileError.of(error, path, "delete", _UNTOUCHED) from None


def _put(place: Path, text: str) -> None:
    written = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with open(written, "xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            written.chmod(place.stat().st_mode & 0o7777)
        os.replace(written, place)
    except BaseException:
        written.unlink(missing_ok=True)
        raise


def read_pins(text: str) -> dict[str, dict[str, Json]]:
    """Give the pins that a settings file holds, by the resource's name.

    Raises:
        SettingsFileError: what stands there are no pins.
    """
    config = _loaded(text).get("config") or {}
    found = [config[key] for key in (KEY, _ALSO) if key in config] if isinstance(config, dict) else []
    pins = found[0] if found else None
    if isinstance(pins, str):  # `pulumi config set` without `--path`
        with contextlib.suppress(ValueError):
            pins = json.loads(pins)
    if pins is None:
        return {}
    is_encrypted = isinstance(pins, dict) and set(pins) == {"secure"}
    if is_encrypted or not isinstance(pins, dict) or not all(isinstance(one, dict) for one in pins.values()):
        got = f"{KEY} {'is encrypted' if is_encrypted else 'is not a mapping of names to pins'}"
        raise SettingsFileError(got, tried="read the pins of the stack's settings file")
    return {str(name): one for name, one in pins.items()}


def read_plain(text: str) -> dict[str, str]:
    """Give what a settings file configures in the open, as texts.

    Raises:
        SettingsFileError: it is no YAML.
    """
    config = _loaded(text).get("config")
    held = config.items() if isinstance(config, dict) else ()
    return {str(key): value for key, value in held if isinstance(value, str)}


def with_pins(text: str, pins: Mapping[str, Mapping[str, Json]] | None) -> str:
    """Give a settings file's text with these pins and no others; all else in it stays byte for byte.

    Args:
        text: the file's text, with its own line ends; empty where there is no file yet.
        pins: what it is to hold, by the resource's name; None or empty to take the key out.

    Raises:
        SettingsFileError: it cannot be done without a change of something else.
    """
    before = _loaded(text)
    try:
        result = _spliced(text, dict(pins or {}))
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsFileError(_told(error)) from None
    try:
        after = _loaded(result)
    except SettingsFileError:
        after = None
    if after is None or _same(after) != _same(before, dict(pins or {})):
        raise SettingsFileError("an anchor, a tag or the file's form stands in the way of a change of the pins alone")
    return result


def _spliced(text: str, pins: dict[str, Mapping[str, Json]]) -> str:
    root = tree_of(text)
    splice = Splice(text)
    if root is None or root.is_empty:
        if pins:
            splice.append("config", {KEY: pins})
        return splice.result()
    configs = root.find("config")
    if root.kind != "mapping" or len(configs) > 1:
        raise ValueError("the file is no mapping with one `config`")
    if not configs:
        if pins:
            splice.insert(root, "config", {KEY: pins}, 0)
        return splice.result()
    ((key, config),) = configs
    found = config.find(KEY, _ALSO)
    if len(found) > 1:
        raise ValueError(f"{KEY} stands in the file twice")
    if found and pins:
        splice.exchange(*found[0], pins, in_flow=config.is_flow)
    elif found:
        splice.remove(config, found[0])
    elif pins and (config.is_empty or config.kind == "mapping"):
        splice.insert(config, KEY, pins, splice.column(key) + 2)
    elif pins:
        raise ValueError("`config` is no mapping")
    return splice.result()


def _loaded(text: str) -> dict[str, Json]:
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsFileError(f"it cannot be read as YAML: {_told(error)}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise SettingsFileError("the file is no mapping")
    return loaded


def _told(error: Exception) -> str:
    """Say what is wrong and where, without the line itself: it may hold a credential."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        return f"{error.problem}{f' in line {mark.line + 1}' if mark else ''}"
    return str(error).partition("\n")[0]


def _same(loaded: dict[str, Json], pins: Mapping[str, Json] | None = None) -> str:
    """Give what a file says as one text, with other pins where some are given; an empty `config` is none."""
    config = loaded.get("config") or {}
    keys = [key for key in (KEY, _ALSO) if key in config] if isinstance(config, dict) else []
    held = config[keys[0]] if keys else None
    rest = {key: value for key, value in config.items() if key not in keys} if keys else config
    others = {key: value for key, value in loaded.items() if key != "config"}
    return canonical([others, rest, (held if pins is None else pins) or {}])
