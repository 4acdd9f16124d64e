"""Run a prompt with the vendor's SDK through the vendor's proxy on a plain ComfyUI server; prints what it was told."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PROXY = f"http://127.0.0.1:{os.environ['PROXY_PORT']}"
os.environ["COMFY_BASE_URL"] = PROXY

import comfy_sdk  # noqa: E402  (it reads the address when it is imported)


def graph(color: int, **inputs: object) -> comfy_sdk.Workflow:
    """EmptyImage into SaveImage."""
    size = {"width": 64, "height": 48, "batch_size": 1, "color": color}
    saved = {"images": ["1", 0], "filename_prefix": "stranger", **inputs}
    nodes = {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "2": {"class_type": "SaveImage", "inputs": saved},
    }
    return comfy_sdk.Workflow(nodes)


def wait_for_proxy() -> None:
    """Until it answers, half a minute at most."""
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{PROXY}/api/v2/health", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the proxy did not come up")


def main() -> None:
    """A run, a refusal and a failure."""
    wait_for_proxy()
    client = comfy_sdk.Comfy()
    job = client.run(graph(1), timeout=60)
    told = {
        "status": str(job.status),
        "pictures": [one.to_bytes()[:4].hex() for one in job.get_outputs("2")],
    }
    for name, inputs in (("refused", {"images": ["1"]}), ("failed", {"filename_prefix": "../../out"})):
        try:
            client.run(graph(2, **inputs), timeout=60)
        except comfy_sdk.ComfyError as problem:
            told[name] = type(problem).__name__
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    command = [str(Path(sys.executable).parent / "comfy-api-proxy"), "run", "--comfyui", os.environ["COMFYUI_URL"]]
    process = subprocess.Popen(
        [*command, "--port", os.environ["PROXY_PORT"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        main()
    finally:
        process.terminate()
        process.wait()
