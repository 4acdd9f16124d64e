"""The time of whole operations, as ratios: our resources to do-nothing ones, the test engine to the real CLI."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory

from bench.service import PROGRAMS, PROMPT_FILE, QUICKSTART
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import CliEngine, Stack, TestEngine
from pulumi_comfy.testing.plugin import PRELOAD

MANY = 100
MORE = 300
ROUNDS = 5
MOST_OF_A_NOOP = 1.5
MOST_OF_A_REFRESH = 1.2
MOST_OF_AN_UP = 0.7
"""Less than one: the SDK's own server makes four at once, and ours as many as `--parallel` allows."""
LEAST_OF_A_TEST = 10.0
NO_CLI = "skipped: no pulumi on PATH"
Measured = tuple[str, str, str, bool | None]


def engine_rows() -> Iterator[Measured]:
    """Measure on the real CLI where there is one; what the test engine alone can tell is told without."""
    is_cli = CliEngine.available() is not None
    with ExitStack() as open_ones:
        emulator = open_ones.enter_context(platform())
        ours = open_ones.enter_context(TestEngine(preload=PRELOAD))
        cli = open_ones.enter_context(CliEngine()) if is_cli else None
        few, many = (_many(open_ones.enter_context(TemporaryDirectory()), count) for count in (MANY, MORE))
        yield _noop(emulator, cli or ours, "the CLI" if cli else "the test engine", few)
        what = "a warm up of the quickstart, the test engine against the CLI"
        if cli is None:
            yield what, NO_CLI, f">= {LEAST_OF_A_TEST:g}", None
        else:
            yield _quickstart(ours, cli, what)
        yield from _more(emulator, cli, many)


def _noop(emulator: Emulator, engine: TestEngine | CliEngine, name: str, programs: dict[str, Path]) -> Measured:
    """An unchanged `up` of many of ours and of as many that do nothing, in turn on the same engine."""
    stacks = {kind: stack_on(emulator, engine, kind, program) for kind, program in programs.items()}
    seconds: dict[str, list[float]] = {kind: [] for kind in stacks}
    for stack in stacks.values():
        stack.up()
    for _ in range(ROUNDS):
        for kind, stack in stacks.items():
            seconds[kind].append(timed(stack.up))
    ratio = statistics.median(seconds["ours"]) / statistics.median(seconds["idle"])
    what = f"an unchanged up of {MANY}, against {MANY} that do nothing, on {name}"
    return what, f"{ratio:.2f}", f"<= {MOST_OF_A_NOOP}", ratio <= MOST_OF_A_NOOP


def _many(folder: str, count: int) -> dict[str, Path]:
    """Put programs of `count` resources into a folder: workflows, and those that do nothing, as a user has them.

    Inline, the do-nothing resources would load what ours load, and their provider would be a name instead of a class.
    """
    programs = {}
    for kind, name in {"ours": "workflows", "idle": "idle"}.items():
        programs[kind] = Path(copytree(PROGRAMS / name, Path(folder) / name))
        copyfile(PROMPT_FILE, programs[kind] / "workflow.json")
        (programs[kind] / "count.txt").write_text(str(count))
    return programs


def _more(emulator: Emulator, cli: CliEngine | None, programs: dict[str, Path]) -> Iterator[Measured]:
    """The first `up` and the refreshes of many workflows and of as many that do nothing, in turn on the real CLI."""
    ups: dict[str, float] = {}
    refreshes: dict[str, list[float]] = {kind: [] for kind in programs}
    if cli is not None:
        stacks = {kind: stack_on(emulator, cli, f"{kind}-{MORE}", program) for kind, program in programs.items()}
        ups = {kind: timed(stack.up) for kind, stack in stacks.items()}
        for _ in range(ROUNDS):
            for kind, stack in stacks.items():
                refreshes[kind].append(timed(stack.refresh))
    medians = {kind: statistics.median(seconds) for kind, seconds in refreshes.items() if seconds}
    bars = {"a first up": (ups, MOST_OF_AN_UP), "a refresh": (medians, MOST_OF_A_REFRESH)}
    for what, (seconds, most) in bars.items():
        ratio = seconds["ours"] / seconds["idle"] if seconds else None
        measured, is_held = (NO_CLI, None) if ratio is None else (f"{ratio:.2f}", ratio <= most)
        yield f"{what} of {MORE} workflows, against {MORE} that do nothing, on the CLI", measured, f"<= {most}", is_held


def _quickstart(ours: TestEngine, cli: CliEngine, what: str) -> Measured:
    """The same unchanged quickstart, in turn; the first `up` of each makes it and warms what can be warm."""
    seconds: dict[str, list[float]] = {"ours": [], "cli": []}
    with ExitStack() as open_ones:
        stacks = {}
        for name, engine in {"ours": ours, "cli": cli}.items():  # each on a platform of its own: the names are equal
            folder = Path(open_ones.enter_context(TemporaryDirectory())) / "quickstart"
            copytree(QUICKSTART, folder)
            stacks[name] = stack_on(open_ones.enter_context(platform()), engine, "dev", folder)
            stacks[name].up()
        for _ in range(ROUNDS):
            for name, stack in stacks.items():
                seconds[name].append(timed(stack.up))
    ratio = statistics.median(seconds["cli"]) / statistics.median(seconds["ours"])
    return what, f"{ratio:.1f}", f">= {LEAST_OF_A_TEST:g}", ratio >= LEAST_OF_A_TEST


@contextmanager
def platform() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.settings.build_seconds = emulator.settings.run_seconds = 0.01
        yield emulator


def stack_on(emulator: Emulator, engine: TestEngine | CliEngine, name: str, program: Path) -> Stack:
    env = {
        "COMFYDEPLOY_URL": emulator.comfydeploy.url,
        "COMFYDEPLOY_API_KEY": _key(emulator),
        "PULUMI_COMFY_PACE": "0.05",
    }
    return Stack(engine, project="bench", stack=name, program=program, env=env)


def _key(emulator: Emulator) -> str:
    """One key for all stacks: a template of provider processes belongs to one environment."""
    if emulator not in _KEYS:
        _KEYS[emulator] = emulator.comfydeploy.key()
    return _KEYS[emulator]


_KEYS: dict[Emulator, str] = {}


def timed(operation: Callable[[], object]) -> float:
    started = time.perf_counter()
    operation()
    return time.perf_counter() - started
