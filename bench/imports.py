"""What `import pulumi_comfy` costs a program, as a ratio to `import pulumi`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

ROUNDS = 15
MOST = 1.15
BASE = "import pulumi"
OURS = "import pulumi, pulumi_comfy; pulumi_comfy.comfydeploy.Deployment"


def import_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Measure both in turn, so that the machine's mood hits both; compare the medians."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds: dict[str, list[float]] = {BASE: [], OURS: []}
    for number in range(ROUNDS + 1):
        for program, times in seconds.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=environment)
            if number:  # the first round writes the byte code
                times.append(time.perf_counter() - started)
    ratio = statistics.median(seconds[OURS]) / statistics.median(seconds[BASE])
    yield "import pulumi_comfy on top of import pulumi, ratio", f"{ratio:.2f}", f"<= {MOST}", ratio <= MOST
