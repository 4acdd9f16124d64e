"""`docs/emulator.md`: the generated table, and a head that names all there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute

from pulumi_comfy.emulator import Settings, route_table
from pulumi_comfy.emulator.admin import router
from pulumi_comfy.emulator.comfydeploy.builds import Builds
from pulumi_comfy.emulator.comfydeploy.runs import Runs
from pulumi_comfy.emulator.faults import FaultKind, Faults
from pulumi_comfy.emulator.page import MARK, PAGE, ROOT, main
from pulumi_comfy.emulator.registry import PLATFORMS


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose table has drifted."""
    (tmp_path / PAGE).parent.mkdir()
    (tmp_path / PAGE).write_text(f"# By hand\n\n{MARK}\nold\n")
    return tmp_path


@pytest.fixture
def head() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8").partition(MARK)[0]


def test_the_committed_page_is_what_would_be_written() -> None:
    assert main(["--check"]) == 0


def test_a_drifted_page_says_what_to_run(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--check"], checkout)

    assert (code, capsys.readouterr().out) == (1, f"drifted {PAGE}: run python -m pulumi_comfy.emulator.page\n")


def test_writing_keeps_the_head_and_lists_every_route(checkout: Path) -> None:
    code = main([], checkout)

    text = (checkout / PAGE).read_text()
    assert (code, text.startswith(f"# By hand\n\n{MARK}"), main(["--check"], checkout)) == (0, True, 0)
    assert len(re.findall(r"^\| [A-Z]+ \| `/", text, re.MULTILINE)) == len(route_table())


def test_a_page_without_the_mark_is_refused(checkout: Path) -> None:
    (checkout / PAGE).write_text("# By hand\n")

    with pytest.raises(ValueError, match="lacks the line"):
        main([], checkout)


def test_unknown_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--verify"]), "usage:" in capsys.readouterr().err) == (2, True)


def test_the_head_names_every_setting(head: str) -> None:
    own = [kind.own_settings for kind in PLATFORMS.values() if kind.own_settings]

    assert [name for one in (Settings, *own) for name in one.model_fields if f"`{name}`" not in head] == []


def test_the_head_names_every_fault(head: str) -> None:
    assert [kind for kind in get_args(FaultKind) if f"| `{kind}` |" not in head] == []


@pytest.mark.parametrize("page", ["docs/emulator.md", "docs/testing.md"])
@pytest.mark.parametrize(
    ("name", "method", "count"),
    [("faults.add", Faults.add, 3), ("builds.outcome", Builds.outcome, 1), ("runs.script", Runs.script, 1)],
)
def test_the_docs_call_the_arguments_by_their_names(page: str, name: str, method: Any, count: int) -> None:
    arguments = list(inspect.signature(method).parameters)[1 : count + 1]

    as_call, as_list = f"{name}({', '.join(arguments)},", f"`{name}`: {', '.join(f'`{one}`' for one in arguments)},"
    text = (ROOT / page).read_text(encoding="utf-8")
    assert as_call in text or as_list in text


def test_the_head_names_every_route_of_the_administration(head: str) -> None:
    paths = [route.path for route in router.routes if isinstance(route, APIRoute)]

    assert paths != []
    assert [path for path in paths if f"{path}`" not in head] == []
