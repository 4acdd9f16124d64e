"""What the demo believes only after looking: the check's run on the platform, its picture on disk, the second `up`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

DEPLOYMENT = "comfydeploy:Deployment"


@dataclass(frozen=True)
class Proof:
    """A passed inference check whose picture is on disk.

    Attributes:
        run_id: The platform's id of the run.
        queue_seconds: How long it waited.
        run_seconds: How long it ran.
        image: The file that the check downloaded.
        sha256: Of that file, in hex digits, as reported and as found.
        size: Width and height in pixels.
        bytes: The file's size.
    """

    run_id: str
    queue_seconds: float
    run_seconds: float
    image: Path
    sha256: str
    size: tuple[int, int]
    bytes: int


def last_check(resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The result of the deployment's inference check, from the stack's state.

    Raises:
        click.ClickException: the state holds no deployment, or one that was never checked.
    """
    found = [entry for entry in resources if str(entry["type"]).endswith(DEPLOYMENT)]
    check = (found[0].get("outputs") or {}).get("lastCheck") if found else None
    if not isinstance(check, dict):
        raise click.ClickException("the stack's state holds no inference check")
    return check


def prove(check: Mapping[str, Any], project: Path, runs: Sequence[Mapping[str, Any]]) -> Proof:
    """Compare what the check reported with the platform's runs and with the file on disk.

    Args:
        check: The deployment's `lastCheck`.
        project: The folder that its file names are relative to.
        runs: The platform's rows of runs.

    Raises:
        click.ClickException: something is not as reported.
    """
    run_id = str(check.get("runId"))
    if check.get("status") != "passed":
        raise click.ClickException(f"the inference check is {check.get('status')!r}, not passed")
    if not any(run["id"] == run_id and run["status"] == "success" for run in runs):
        raise click.ClickException(f"the platform knows no successful run {run_id}")
    files, reported = check.get("files") or [], check.get("sha256") or []
    if not files or not reported:
        raise click.ClickException("the inference check kept no picture")
    image = project / files[0]
    if not image.is_file():
        raise click.ClickException(f"the inference check's picture is not on disk: {image}")
    body = image.read_bytes()
    found = hashlib.sha256(body).hexdigest()
    if found != reported[0]:
        raise click.ClickException(f"{image} has the sha256 {found}, but the check reported {reported[0]}")
    return Proof(
        run_id=run_id,
        queue_seconds=float(check.get("queueSeconds") or 0),
        run_seconds=float(check.get("runSeconds") or 0),
        image=image,
        sha256=found,
        size=_size(image),
        bytes=len(body),
    )


def _size(image: Path) -> tuple[int, int]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(image) as opened:
            opened.load()
            return opened.width, opened.height
    except (UnidentifiedImageError, OSError) as error:
        raise click.ClickException(f"{image} is no picture that can be opened: {error}") from None
