"""The vendor's SDK and proxy against the emulated plain ComfyUI server."""

from __future__ import annotations

import socket

import pytest
from environments import python_with, told_by

pytestmark = pytest.mark.apart


def test_the_vendors_sdk_runs_prompts_through_the_vendors_proxy(comfy_emulator):
    comfy_emulator.settings.run_seconds = 0.01
    python = python_with("comfyui", "comfy-api-proxy>=0.1.6,<1", "comfy-sdk>=0.5,<1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    told = told_by(python, "use_comfyui.py", PROXY_PORT=port, **comfy_emulator.comfyui.environment())

    assert (told["status"].rpartition(".")[2].lower(), told["pictures"]) == ("succeeded", ["89504e47"])
    assert (told["refused"], told["failed"]) == ("InvalidWorkflow", "JobFailed")
