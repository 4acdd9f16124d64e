"""What all questions share: who is asked, who is excused, and a quick platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from exam import Entry, Examinee, Kind, entries, examinees
from lone import Lone
from subject import Subject

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack


def targets() -> list[Entry]:
    """What is deployed with an inference check."""
    return [Entry(one, one.runs.target) for one in examinees() if one.runs and one.runs.target]


def checks_alone() -> list[Entry]:
    return [Entry(one, one.runs.alone.name) for one in examinees() if one.runs]


ASKED: dict[str, Callable[[], list[Any]]] = {
    "kind": lambda: entries(lambda one: isinstance(one, Kind)),
    "kind_on_the_cli": lambda: entries(lambda one: isinstance(one, Kind) and one.runs_on_the_cli),
    "other_kind": lambda: entries(lambda one: isinstance(one, Kind) and not one.runs_on_the_cli),
    "declared": entries,
    "examinee": examinees,
    "target": targets,
    "alone": checks_alone,
    "checked": lambda: [*targets(), *checks_alone()],
    "lacking": lambda: [Entry(one, name) for one in examinees() for name in one.lacks],
}
"""By the fixture through which a question asks."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask each question of everybody whom it is about."""
    for fixture, whom in ASKED.items():
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, whom(), ids=str)


@pytest.fixture(autouse=True)
def _excused(request: pytest.FixtureRequest) -> None:
    """Skip a question, or one case of it, from which somebody is excused; the reason is theirs."""
    asked = getattr(getattr(request.node, "callspec", None), "params", {})
    question = request.node.originalname.removeprefix("test_")
    cases = [question, *(f"{question}[{value}]" for value in asked.values() if isinstance(value, str))]
    for one in asked.values():
        excused = one.declared.excused if isinstance(one, Entry) else getattr(one, "excused", {})
        for case in cases:
            if case in excused:
                pytest.skip(excused[case])


@dataclass(frozen=True)
class Hand:
    """One account of a platform: its key, and its API for what is done behind Pulumi's back."""

    key: str
    api: httpx.Client


@pytest.fixture(scope="session")
def hand(_comfy_emulator_session: Emulator) -> Iterator[Callable[[Examinee], Hand]]:
    """One for each platform and all tests, as a client's TLS context takes 40 ms."""
    hands: dict[str, Hand] = {}
    with ExitStack() as clients:

        def of(one: Examinee) -> Hand:
            if one.key not in hands:
                emulated = one.emulated(_comfy_emulator_session)
                key = emulated.key()
                headers = {"Authorization": f"Bearer {key}"} if one.settings.key else {}
                hooks = one.hooks(_comfy_emulator_session)
                client = httpx.Client(
                    base_url=emulated.url, headers=headers, timeout=30, event_hooks=hooks, verify=False
                )
                hands[one.key] = Hand(key, clients.enter_context(client))
            return hands[one.key]

        yield of


@pytest.fixture
def emulator(comfy_emulator: Emulator, request: pytest.FixtureRequest) -> Emulator:
    """Empty platforms on which nothing takes time worth waiting for; who is asked has the profile that he sits for."""
    asked = getattr(getattr(request.node, "callspec", None), "params", {}).values()
    for one in [*examinees(), *(one.examinee if isinstance(one, Entry) else one for one in asked)]:
        if isinstance(one, Examinee):
            one.quicken(comfy_emulator)
    return comfy_emulator


@pytest.fixture
def deploy(emulator: Emulator, comfy_stack: Callable[..., Stack], hand: Callable[..., Hand]) -> Callable[..., Stack]:
    """Make a stack on the quick platforms, which are looked at quickly."""
    keys = {one.emulated(emulator).key_variable: hand(one).key for one in examinees() if one.settings.key}

    def make(program: Any, **arguments: Any) -> Stack:
        env = {"PULUMI_COMFY_PACE": "0.05", **keys, **arguments.pop("env", {})}
        return comfy_stack(program, env=env, **arguments)

    return make


@pytest.fixture
def subject(deploy: Any, emulator: Emulator, hand: Callable[..., Hand]) -> Callable[..., Subject]:
    """Make a resource in a stack on an engine."""
    return lambda entry, **stack: Subject(entry, deploy, emulator, hand(entry.examinee).api, **stack)


@pytest.fixture
def lone(emulator: Emulator, hand: Callable[..., Hand], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lone]:
    """Make a resource without an engine; its needs are made, the request log is empty."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.002")

    def make(entry: Entry, **arguments: Any) -> Lone:
        own = hand(entry.examinee)
        it = Lone(entry, emulator, own.api, own.key)
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make
