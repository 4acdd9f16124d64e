"""The pytest plugin: an emulator, an engine and stacks bound to both.

pytest loads this module wherever the package is installed, before coverage starts: nothing of the package, of Pulumi or
of the emulator is imported here before a fixture is asked for.

Fixtures:
    comfy_emulator: the platforms on a loopback port, reset before each test.
    comfy_engine: the test engine; tests marked `cli` run on the real CLI too where it is on PATH.
    comfy_stack: makes stacks whose program and providers talk to the emulator.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pulumi_comfy.emulator import Emulator

    from .policies import PolicyPack
    from .project import Program
    from .stack import Engine, Stack

NO_CLI = "there is no `pulumi` on PATH"
# What a provider process of ours imports and builds by its first answer: done once, in the template it is forked from.
PRELOAD = (
    "pulumi_comfy.shells.dynamic",
    "pulumi_comfy.testing.prepared",
    "httpcore",
    "anyio._backends._asyncio",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--comfy-engine` and `--comfy-processes`."""
    group = parser.getgroup("pulumi-comfy")
    group.addoption(
        "--comfy-processes",
        choices=("fork", "new", "reuse"),
        default="fork",
        help="where the test engine gets the provider processes of an operation: fork, fresh ones, forked from a "
        "template; new, fresh ones, started from nothing; reuse, those of an earlier operation, where nothing ended "
        "them, which is quicker. Default: fork.",
    )
    group.addoption(
        "--comfy-engine",
        choices=("test", "cli", "both"),
        default=None,
        help="engine of tests that use the comfy_engine fixture: the test engine, the real pulumi CLI, or both. "
        "Default: the test engine, and both for tests marked `cli`.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", "cli: the test also runs on the real pulumi CLI, where there is one")
    config.addinivalue_line(
        "markers",
        "comfy_fresh_processes: each operation of the test engine has provider processes that remember nothing, "
        "whatever --comfy-processes says",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the engines that the option, or else its marker, asks for."""
    if "comfy_engine" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("cli") is not None
    choice = metafunc.config.getoption("--comfy-engine") or ("both" if marked else "test")
    # Programs of the Automation API run in this process, and a failed one leaves its event loop and coroutines behind.
    leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    params = {"test": pytest.param("test"), "cli": pytest.param("cli", marks=leaky)}
    engines = params.values() if choice == "both" else [params[choice]]
    metafunc.parametrize("comfy_engine", engines, indirect=True)


@pytest.fixture(scope="session")
def _comfy_engines() -> Iterator[dict[str, Any]]:
    """One engine of each kind for the whole session: it holds the warm processes and the CLI's home."""
    engines: dict[str, Any] = {}
    yield engines
    for engine in engines.values():
        engine.close()


@pytest.fixture
def comfy_engine(request: pytest.FixtureRequest, _comfy_engines: dict[str, Any]) -> Iterator[Engine]:
    """An engine without any stacks yet."""
    kind = getattr(request, "param", "test")
    if kind == "cli" and shutil.which("pulumi") is None:
        pytest.skip(NO_CLI)
    fresh_ones = request.node.get_closest_marker("comfy_fresh_processes")
    processes: Any = "fork" if fresh_ones else request.config.getoption("--comfy-processes")
    engine = kind if kind == "cli" else processes
    if engine not in _comfy_engines:
        from pulumi_comfy.testing import CliEngine, TestEngine

        made = CliEngine() if kind == "cli" else TestEngine(processes=processes, preload=PRELOAD)
        _comfy_engines[engine] = made
    fresh: Engine = _comfy_engines[engine].fresh()
    yield fresh
    if kind == "cli":
        gc.collect()  # while the warnings about what was left behind are still ignored


@pytest.fixture(scope="session")
def _comfy_emulator_session() -> Iterator[Emulator]:
    from pulumi_comfy.emulator import Emulator

    with Emulator(port=0, seed=0) as emulator:
        yield emulator


@pytest.fixture
def comfy_emulator(_comfy_emulator_session: Emulator) -> Emulator:
    """The emulated platforms, empty."""
    _comfy_emulator_session.reset()
    return _comfy_emulator_session


@pytest.fixture
def comfy_stack(comfy_engine: Engine, comfy_emulator: Emulator) -> Callable[..., Stack]:
    """Make a stack on the emulator: `comfy_stack(program, config=..., env=...)` (see `Stack`).

    The address and a key of each emulated platform are in the environment of the program and of its providers.
    """
    from pulumi_comfy.testing import Stack

    def make(
        program: Program,
        *,
        project: str = "comfy-test",
        stack: str = "dev",
        config: Mapping[str, Any] | None = None,
        secret_config: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        policies: PolicyPack | None = None,
    ) -> Stack:
        if program is None:
            raise ValueError("comfy_stack needs a program: a function that declares resources, or a project's folder")
        platform = comfy_emulator.environment()
        return Stack(
            comfy_engine,
            project=project,
            stack=stack,
            program=program,
            config=config,
            secret_config=secret_config,
            env={**platform, **(env or {})},
            policies=policies,
        )

    return make
