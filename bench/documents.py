"""What large documents cost: time as a ratio of two sizes, memory as the peak of the provider's process."""

from __future__ import annotations

import copy
import json
import os
import statistics
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pulumi_comfy as comfy
from bench.service import PROMPT
from pulumi_comfy import workflows
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine

ROUNDS = 5
MEGABYTE = 1_000_000
MOST_OF_TWICE = 3.0
LARGE = 20
MOST_MEGABYTES = 250.0
PICTURES = 20
NO_PROC = "skipped: no /proc"

Measured = tuple[str, str, str, bool | None]


def document_rows() -> Iterator[Measured]:
    """Measure how a graph's time grows, and what a large document takes of a provider."""
    ratio = _twice_against_once()
    what = "a 2 MB hand-written graph parsed and compared, against one of 1 MB"
    yield what, f"{ratio:.2f}", f"<= {MOST_OF_TWICE:g}", ratio <= MOST_OF_TWICE
    what = f"a {LARGE} MB document previewed, created and brought up again: MB of the provider's process"
    if not os.path.isdir("/proc/self/task"):
        yield what, NO_PROC, f"< {MOST_MEGABYTES:g}", None
        return
    most = _peak_of_a_provider()
    yield what, f"{most:.0f}", f"< {MOST_MEGABYTES:g}", most < MOST_MEGABYTES


def _twice_against_once() -> float:
    """Both in turn, so that the machine's mood hits both; the processor's time of this process alone."""
    sizes = {1: _by_hand(MEGABYTE), 2: _by_hand(2 * MEGABYTE)}
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for size, text in sizes.items():
            started = time.process_time()
            document = workflows.parse(text)
            workflows.canonical(document)
            seconds[size].append(time.process_time() - started)
    return statistics.median(seconds[2]) / statistics.median(seconds[1])


def _by_hand(size: int) -> str:
    """A graph whose nodes have no `inputs`: only its table of links says what is linked."""
    count = size // 80
    nodes = [{"id": at, "type": "KSampler", "widgets_values": [at]} for at in range(count)]
    return json.dumps({"nodes": nodes, "links": [[at, at, 0, at + 1, 0, "*"] for at in range(count - 1)]})


def _peak_of_a_provider() -> float:
    document: dict[str, Any] = copy.deepcopy(PROMPT)
    for number in range(PICTURES):  # pictures as texts are what makes a document so large
        picture = "A" * (LARGE * MEGABYTE // PICTURES)
        document[f"9{number:03}"] = {"class_type": "LoadImageBase64", "inputs": {"image": picture}}

    def program() -> None:
        comfy.comfydeploy.Workflow("workflow", workflow=document)

    with Emulator() as emulator, TestEngine(processes="new") as engine, _Peak() as peak:
        env = {"COMFYDEPLOY_URL": emulator.comfydeploy.url, "COMFYDEPLOY_API_KEY": emulator.comfydeploy.key()}
        stack = Stack(engine, project="bench", program=program, env=env)
        stack.preview()
        stack.up()
        stack.up()
    return peak.megabytes


class _Peak:
    """The most resident memory that any process below this one ever had, as the kernel keeps it."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._ended = Event()
        self._watching = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peak:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            for pid in _children(os.getpid()):
                self.megabytes = max(self.megabytes, _peak_of(pid))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as children:
                found += map(int, children.read().split())
    except OSError:  # it has ended
        return []
    return found + [inner for child in found for inner in _children(child)]


def _peak_of(pid: int) -> float:
    """The peak of a provider, 0 for any other process: one that is just being started is still its parent's copy."""
    try:
        with open(f"/proc/{pid}/cmdline") as command:
            if "pulumi.dynamic" not in command.read():
                return 0.0
        with open(f"/proc/{pid}/status") as status:
            lines = dict(line.split(":", 1) for line in status if ":" in line)
    except OSError:
        return 0.0
    return int(lines["VmHWM"].split()[0]) / 1024 if "VmHWM" in lines else 0.0
