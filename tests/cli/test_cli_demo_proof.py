"""What the demo believes of an inference check: only what the platform and the disk confirm."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click
import pytest
from PIL import Image

from pulumi_comfy.cli.demo.proof import last_check, prove

RUNS = [{"id": "run-1", "status": "success"}, {"id": "run-2", "status": "failed"}]


@pytest.fixture
def check(tmp_path: Path) -> dict[str, Any]:
    Image.new("RGB", (4, 3)).save(tmp_path / "a.png")
    sha256 = hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()
    return {"status": "passed", "runId": "run-1", "files": ["a.png"], "sha256": [sha256], "runSeconds": 1.5}


def test_a_picture_as_reported_is_proof(check, tmp_path):
    proof = prove(check, tmp_path, RUNS)

    assert (proof.image, proof.size, proof.run_seconds) == (tmp_path / "a.png", (4, 3), 1.5)
    assert proof.sha256 == check["sha256"][0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "failed"}, "is 'failed', not passed"),
        ({"runId": "run-2"}, "knows no successful run run-2"),
        ({"runId": "run-3"}, "knows no successful run run-3"),
        ({"files": []}, "kept no picture"),
        ({"files": ["b.png"]}, "is not on disk"),
        ({"sha256": ["0" * 64]}, "but the check reported 0000"),
    ],
)
def test_a_check_that_is_not_as_reported_is_no_proof(check, tmp_path, change, reason):
    with pytest.raises(click.ClickException, match=reason):
        prove({**check, **change}, tmp_path, RUNS)


def test_a_file_that_is_no_picture_is_no_proof(check, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    check["sha256"] = [hashlib.sha256(b"no picture").hexdigest()]

    with pytest.raises(click.ClickException, match="no picture that can be opened"):
        prove(check, tmp_path, RUNS)


@pytest.mark.parametrize(
    "resources",
    [[], [{"type": "pulumi-python:comfydeploy:Deployment", "outputs": {}}]],
    ids=["no deployment", "never checked"],
)
def test_a_state_without_an_inference_check_is_said_so(resources):
    with pytest.raises(click.ClickException, match="holds no inference check"):
        last_check(resources)
