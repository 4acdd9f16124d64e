"""The public faces, and what importing them loads."""

import importlib
import subprocess
import sys

import pytest

import pulumi_comfy
from pulumi_comfy.schema.package import PLATFORMS

HEAVY = ("pydantic", "httpx", "deepdiff", "tenacity", "jwt", "pulumi_comfy.comfydeploy.handlers", "pulumi_comfy.schema")


def loaded_by(program: str) -> set[str]:
    lines = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(lines.stdout.split())


@pytest.mark.parametrize("name", ["pulumi_comfy", *(f"pulumi_comfy.{platform}" for platform in PLATFORMS)])
def test_a_public_face_is_sorted_and_complete(name):
    face = importlib.import_module(name)

    assert face.__all__ == sorted(face.__all__)
    assert all(getattr(face, one) is not None for one in face.__all__)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_every_resource_is_on_its_platforms_face(platform):
    face = importlib.import_module(f"pulumi_comfy.{platform}")

    assert set(PLATFORMS[platform]) <= set(face.__all__)


def test_every_platform_is_on_the_packages_face():
    assert set(PLATFORMS) <= set(pulumi_comfy.__all__)


def test_what_shows_on_a_face_is_exported():
    face = importlib.import_module("pulumi_comfy.comfydeploy")
    shown = {name for name, value in vars(face).items() if isinstance(value, type)}

    assert shown <= set(face.__all__)


def test_a_users_import_loads_only_pulumi_and_the_classes():
    loaded = loaded_by(
        "import pulumi\nbefore = set(sys.modules)\nimport pulumi_comfy as comfy; comfy.comfydeploy.Deployment"
    )

    assert loaded & set(HEAVY) == set()


def test_the_package_alone_does_not_even_load_pulumi():
    assert "pulumi" not in loaded_by("import pulumi_comfy")
