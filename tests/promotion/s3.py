"""An S3-compatible backend on loopback: moto's server, where `moto_server` is on PATH."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def bucket() -> Iterator[dict[str, str]]:
    """Serve an empty bucket; gives the environment in which `pulumi` keeps its stacks there."""
    command = shutil.which("moto_server")
    if command is None:
        pytest.skip("there is no `moto_server` on PATH: pip install 'moto[server]', in an environment of its own")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [command, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_bucket(f"http://127.0.0.1:{port}/states", server)
        yield {
            "AWS_ACCESS_KEY_ID": "of-the-tests",
            "AWS_SECRET_ACCESS_KEY": "of-the-tests",
            "AWS_REGION": "us-east-1",
            "PULUMI_BACKEND_URL": f"s3://states?endpoint=127.0.0.1:{port}&disableSSL=true&s3ForcePathStyle=true",
        }
    finally:
        server.terminate()
        server.wait()


def keys(environment: dict[str, str]) -> list[str]:
    """What the bucket holds."""
    host = environment["PULUMI_BACKEND_URL"].partition("endpoint=")[2].partition("&")[0]
    with urllib.request.urlopen(f"http://{host}/states?list-type=2&max-keys=1000", timeout=10) as answer:
        text = answer.read().decode()
    return [part.partition("</Key>")[0] for part in text.split("<Key>")[1:]]


def _wait_for_bucket(address: str, server: subprocess.Popen[bytes]) -> None:
    while True:
        assert server.poll() is None
        try:
            urllib.request.urlopen(urllib.request.Request(address, method="PUT"), timeout=10).close()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
