"""What the stack files of the current folder say, for `pulumi-comfy doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pulumi_comfy.configuration import Setting

Stacks = dict[str, dict[str, Any]]
"""The configuration of every stack of a Pulumi project, by file name."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    kind: Literal["ok", "note", "problem"]
    text: str


def read_stacks(folder: Path) -> tuple[Stacks, list[Finding]]:
    """The configuration of every stack of the Pulumi project of `folder`, and the files that make no sense.

    They are where that project has them, and end as its own file does; beside a folder without one they are looked for
    in it.
    """
    from pulumi_comfy.promotion.stacks import Project, PulumiError
    from pulumi_comfy.testing import EngineError
    from pulumi_comfy.testing.yaml_files import mapping_in, read_mapping

    stacks: Stacks = {}
    broken = []
    try:
        project = Project.of(folder)
        settings, suffix = project.settings, project.suffix
    except PulumiError:
        settings, suffix = folder, ".yaml"
    for file in sorted(settings.glob(f"Pulumi.*{suffix}")):
        try:
            stacks[file.name] = mapping_in(read_mapping(file), "config", file)
        except EngineError as error:
            broken.append(Finding("problem", str(error).replace(str(file), file.name)))
    return stacks, broken


def entry(config: dict[str, Any], setting: Setting) -> Any:
    """What a stack holds for a setting; None when nothing."""
    return config.get(f"comfy:{setting.key}")


def is_encrypted(value: Any) -> bool:
    """Tell whether only Pulumi can read a value."""
    return isinstance(value, dict) and set(value) == {"secure"}


def as_text(value: Any) -> str:
    """A value that is not encrypted, as Pulumi gives it to programs and providers."""
    from pulumi_comfy.testing.yaml_files import value_text

    return value_text(value)


def look_for_misspelt_keys(stacks: Stacks) -> Iterator[Finding]:
    """Name the keys that nothing reads because they are all but one of ours; `pulumi up` stops at them."""
    from pulumi_comfy.configuration import misspelt_keys

    for file, config in stacks.items():
        for sentence in misspelt_keys(config):
            yield Finding("problem", f"{file} holds {sentence}")


def look_at_inference_checks(stacks: Stacks) -> Iterator[Finding]:
    """Say whether inference checks run, and where a value is none."""
    from pulumi_comfy.configuration import INFERENCE_CHECKS
    from pulumi_comfy.core.errors import ComfyError
    from pulumi_comfy.shells.switches import checks_enabled

    values = {file: entry(config, INFERENCE_CHECKS) for file, config in stacks.items()}
    places = {file: as_text(value) for file, value in values.items() if value is not None and not is_encrypted(value)}
    if inherited := os.environ.get(INFERENCE_CHECKS.environment):
        places = {INFERENCE_CHECKS.environment: inherited}
    for place, value in places.items():
        try:
            word = "on" if checks_enabled({f"comfy:{INFERENCE_CHECKS.key}": value}.get) else "off"
            yield Finding("ok", f"inference checks: {word} (from {place})")
        except ComfyError as error:
            yield Finding("problem", f"{place}: {error.outcome}")
    if not places:
        yield Finding("ok", f"inference checks: {INFERENCE_CHECKS.default} (the default)")
