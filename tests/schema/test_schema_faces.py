"""The public faces, and what importing them loads."""

import importlib
import subprocess
import sys

import pytest

import pulumi_comfy
from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.platform import platform_of

OURS = (
    "pulumi_comfy.sdk",
    "pulumi_comfy.comfydeploy",
    "pulumi_comfy.configuration",
    "pulumi_comfy.address",
    "pulumi_comfy.provider",
)
"""What of this package a program's import may load; with `_version` and the packages around them."""


def loaded_by(program: str, after: str = "pass") -> set[str]:
    """Give the modules that a program loads in a fresh interpreter, on top of what `after` loads."""
    text = f"import sys\n{after}\nbefore = set(sys.modules)\n{program}\nprint('\\n'.join(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("name", ["pulumi_comfy", *(f"pulumi_comfy.{platform}" for platform in PLATFORMS)])
def test_a_public_face_is_sorted_and_complete(name):
    face = importlib.import_module(name)

    assert face.__all__ == sorted(face.__all__)
    assert all(getattr(face, one) is not None for one in face.__all__)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_every_resource_is_on_its_platforms_face(platform):
    face = importlib.import_module(f"pulumi_comfy.{platform}")

    assert set(platform_of(platform).handlers) <= set(face.__all__)


def test_every_platform_is_on_the_packages_face():
    assert set(PLATFORMS) <= set(pulumi_comfy.__all__)


def test_what_shows_on_a_face_is_exported():
    face = importlib.import_module("pulumi_comfy.comfydeploy")
    shown = {name for name, value in vars(face).items() if isinstance(value, type)}

    assert shown <= set(face.__all__)


USERS_IMPORT = "import pulumi_comfy as comfy; comfy.comfydeploy.Deployment"


def test_a_users_import_loads_nothing_but_pulumi_and_the_standard_library():
    loaded = loaded_by(USERS_IMPORT, after="import pulumi, pulumi.dynamic")

    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {"pulumi_comfy"}


def test_a_users_import_loads_no_handler():
    loaded = {name for name in loaded_by(USERS_IMPORT, after="import pulumi") if name.startswith("pulumi_comfy.")}
    packages = {"pulumi_comfy._version", "pulumi_comfy.core"}

    assert {name for name in loaded - packages if not f"{name}.".startswith(tuple(f"{one}." for one in OURS))} == set()
    assert not any(name.startswith("pulumi_comfy.comfydeploy.") for name in loaded)


def test_the_package_alone_does_not_even_load_pulumi():
    assert "pulumi" not in loaded_by("import pulumi_comfy")
