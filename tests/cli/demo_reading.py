"""Reading what the demo has written, as a person would."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HOSTILE = {
    "PULUMI_BACKEND_URL": "https://127.0.0.1:1",
    "PULUMI_ACCESS_TOKEN": "canary_token",
    "PULUMI_CONFIG_PASSPHRASE": "canary_passphrase",
    "PULUMI_STACK": "canary_stack",
    "COMFYDEPLOY_URL": "http://127.0.0.1:1/api",
    "COMFYDEPLOY_API_KEY": "canary_key",
    "COMFY_INFERENCE_CHECKS": "off",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "CI": "true",
}
"""What may be set on a person's machine and must not matter."""


def picture(output: str, folder: Path) -> Path:
    """The file that the output names as the rendered picture."""
    return folder / found(r"^  image   (\S+)  ", output)


def told_hash(output: str) -> str:
    """The sha256 that the output gives."""
    return found(r"^  sha256  ([0-9a-f]{64})$", output)


def hash_of(file: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def found(pattern: str, output: str) -> str:
    """The first group of the pattern's only match."""
    matches = re.findall(pattern, output, re.MULTILINE)
    assert len(matches) == 1, f"{pattern} is {len(matches)} times in:\n{output}"
    return str(matches[0])
