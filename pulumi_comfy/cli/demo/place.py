"""Where the demo happens: a folder of its own, and an environment without anything of the person's own Pulumi."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

QUICKSTART = "comfydeploy-quickstart"
STACK = "demo"
DEFAULT_FOLDER = ".demo"

_MARK = "# Made anew by each `pulumi-comfy demo`.\n*\n"
_MODEL_STACK = "Pulumi.dev.yaml"
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".venv", "venv", "outputs")
_SCRUBBED = ("PULUMI_", "COMFYDEPLOY_", "COMFY_")


@dataclass(frozen=True)
class Place:
    """The folders of one demo.

    Attributes:
        root: Holds everything the demo writes.
        project: The copy of the quickstart; the root itself when it is to be kept.
        home: Pulumi's home folder, for the CLI only.
        backend: Where the CLI keeps its state.
    """

    root: Path
    project: Path
    home: Path
    backend: Path


def quickstart() -> Path:
    """The quickstart project: inside an installed package, else in the checkout.

    Raises:
        click.ClickException: it is in neither.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "quickstart", here.parents[3] / "examples" / QUICKSTART):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise click.ClickException("the quickstart project is not part of this installation; run the demo in a checkout")


def make_place(keep: Path | None, prompt: str | None) -> Place:
    """Make the demo's folder and copy the quickstart into it.

    Args:
        keep: A folder that is new or empty and becomes the project; when None `.demo` in the current one, which
            replaces the last demo's and holds the project.
        prompt: What the picture shows; the quickstart's own prompt when None.

    Raises:
        click.ClickException: the folder holds something that is not ours, or cannot be written.
    """
    root = (keep or Path(DEFAULT_FOLDER)).absolute()
    place = Place(root, root if keep else root / QUICKSTART, root / ".pulumi" / "home", root / ".pulumi" / "state")
    mark = (place.home.parent if keep else root) / ".gitignore"
    try:
        _make_room(root, mark, is_kept=keep is not None)
        for folder in (root, place.home, place.backend):
            folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(_MARK, encoding="utf-8")
        shutil.copytree(quickstart(), place.project, ignore=_NOT_COPIED, dirs_exist_ok=True)
        _configure(place.project, prompt)
    except OSError as error:
        raise click.ClickException(
            f"{shown(root)} cannot be written: {error.strerror or error}; name another folder after --keep"
        ) from None
    return place


def _make_room(root: Path, mark: Path, *, is_kept: bool) -> None:
    """Remove what the last demo left; refuse what it did not make."""
    if not root.exists() or not any(root.iterdir()):
        return
    if is_kept:
        raise click.ClickException(f"{shown(root)} is not empty; name a new folder after --keep")
    if not mark.is_file() or mark.read_text(encoding="utf-8") != _MARK:
        raise click.ClickException(
            f"{shown(root)} is here and no demo made it; move it away, or use --keep DIR with a new folder"
        )
    shutil.rmtree(root)


def _configure(project: Path, prompt: str | None) -> None:
    """Give the demo's stack the configuration of the quickstart's `dev`, which stays as it is."""
    import yaml

    settings: dict[str, Any] = yaml.safe_load((project / _MODEL_STACK).read_text(encoding="utf-8"))
    if prompt is not None:
        settings["config"][f"{QUICKSTART}:prompt"] = prompt
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    (project / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")


def clean_environment(place: Place, platform: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without the person's own Pulumi and ComfyDeploy, with the demo's instead.

    Args:
        place: The demo's folders.
        platform: Variables that say where the emulated platform is.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith(_SCRUBBED)}
    no_proxy = ",".join(filter(None, (env.get("NO_PROXY") or env.get("no_proxy"), "127.0.0.1", "localhost")))
    return {
        **env,
        "NO_PROXY": no_proxy,  # the emulator is on this machine, whatever proxy the person needs
        "no_proxy": no_proxy,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", os.defpath))),
        "PULUMI_HOME": str(place.home),
        "PULUMI_BACKEND_URL": place.backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",  # installs nothing
        **platform,
    }


@contextlib.contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """This process's environment replaced by `wanted` for the time of the block."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(wanted)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def shown(path: Path) -> str:
    """A path as short as it can be for a person in the current folder."""
    with contextlib.suppress(ValueError):
        return str(path.absolute().relative_to(Path.cwd()))
    return str(path)
