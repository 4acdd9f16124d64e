"""A running emulator and a client with a key."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from comfycloud_objects import caller_of as cloud_caller_of
from comfyui_objects import caller_of as comfyui_caller_of
from runcomfy_objects import caller_of
from selfhosted_objects import caller_of as selfhosted_caller_of

from pulumi_comfy.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Builds, runs and downloads take a minute of its clock: tests push the clock instead of waiting."""
    with Emulator() as running:
        running.settings.build_seconds = 60
        running.settings.run_seconds = 60
        running.settings.download_seconds = 60
        yield running
        assert running.internal_errors == []


@pytest.fixture
def api(emulator: Emulator) -> Iterator[httpx.Client]:
    """ComfyDeploy's API with a personal key."""
    headers = {"authorization": f"Bearer {emulator.comfydeploy.key()}"}
    with httpx.Client(
        base_url=emulator.comfydeploy.url, headers=headers, trust_env=False, verify=False, timeout=10
    ) as client:
        yield client


@pytest.fixture
def runcomfy(emulator: Emulator) -> Iterator[httpx.Client]:
    """RunComfy's API with a token of the account `demo`."""
    with caller_of(emulator, emulator.runcomfy.key()) as client:
        yield client


@pytest.fixture
def comfyui(emulator: Emulator) -> Iterator[httpx.Client]:
    """A plain ComfyUI server, which asks for no key."""
    with comfyui_caller_of(emulator) as client:
        yield client


@pytest.fixture
def cloud(emulator: Emulator) -> Iterator[httpx.Client]:
    """Comfy Cloud's API with a key of the workspace `demo`."""
    with cloud_caller_of(emulator) as client:
        yield client


@pytest.fixture
def selfhosted(emulator: Emulator) -> Iterator[httpx.Client]:
    """A self-hosted ComfyUI Deploy, whose machines have the model of the usual prompt."""
    emulator.selfhosted.settings.models = {"checkpoints": ["model.safetensors"]}
    with selfhosted_caller_of(emulator) as client:
        yield client
