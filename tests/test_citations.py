"""Comments cite facts by page and number, and a reader of this repository can open every one."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.apart

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    *(f"docs/platforms/{one.name}" for one in sorted((ROOT / "docs/platforms").glob("*.md"))),
    "docs/comfyui-protocol.md",
    "docs/pulumi.md",
    "docs/workflow-documents.md",
)
OLD = ("docs/emulator.md",)
"""Written from the routes: its numbers are of the page that it names at its top."""
PLACES = ("pulumi_comfy", "tests", "bench", "examples", "docs", "README.md", "CONTRIBUTING.md", "SECURITY.md")

PAGE = re.compile(r"docs/[\w/-]+\.md")
ONE = r"[1-9](?:\.\d{1,2}){1,2}"
SEVERAL = rf"{ONE}(?:, [1-9](?:\.\d{{1,2}})*)*"
LONG = re.compile(rf"{PAGE.pattern} ([1-9][\d.]*(?:(?:, | and | to )[1-9][\d.]*)*)")
"""`docs/pulumi.md 1.3, 1.9`."""
SHORT = re.compile(rf"\(({SEVERAL})[;)]|(?<=[,`] )({SEVERAL})\)|^# ({SEVERAL})(?::|$)", re.MULTILINE)
"""`(2.5)`, `(6.2; recorded)`, `(as it is, 6.21)` and, before what it explains, `# 2.6`: of the page that is named."""
NOWHERE = re.compile(r"\breferences? (?:pulumi|comfy_cloud|sections?|\d)|\bsections? \d|(?<!docs/)\bpulumi\.md \d")
"""Numbers of documents that are not here."""


def files(suffix: str) -> list[Path]:
    found = [ROOT / place for place in PLACES]
    inside = [one for place in found for one in (place.rglob(f"*{suffix}") if place.is_dir() else [place])]
    return sorted(one for one in inside if one.suffix == suffix and not name_of(one).startswith(OLD))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def words_of(path: Path) -> str:
    """The comments and docstrings of a module, whose other texts may hold any number."""
    kept, may_document = [], True
    for one in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if one.type == tokenize.COMMENT or (one.type == tokenize.STRING and may_document):
            kept.append(one.string)
        if one.type not in (tokenize.COMMENT, tokenize.NL):
            may_document = one.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    return "\n".join(kept)


def headings_of(page: str) -> list[str]:
    return re.findall(r"^#+ ([1-9][\d.]*) ", (ROOT / page).read_text("utf-8"), re.MULTILINE)


def cited_in(words: str) -> Iterator[str]:
    for found in LONG.finditer(words):
        yield from (one.rstrip(".") for one in re.findall(r"[1-9][\d.]*", found[1]))
    for found in SHORT.finditer(words):
        yield from re.split(", ", next(filter(None, found.groups())))


@pytest.fixture(scope="module")
def words() -> dict[str, str]:
    """By module; not read before one of these tests runs, as every process of a run collects them all."""
    return {name_of(path): words_of(path) for path in files(".py") if path != Path(__file__).resolve()}


@pytest.fixture(scope="module")
def named(words: dict[str, str]) -> dict[str, set[str]]:
    return {name: set(PAGE.findall(text)) & set(PAGES) for name, text in words.items()}


def test_a_number_that_is_cited_is_a_heading_of_a_page_that_the_module_names(words, named):
    known = {page: set(headings_of(page)) for page in PAGES}
    nowhere = {
        name: set(cited_in(text)).difference(*(known[page] for page in named[name])) for name, text in words.items()
    }

    assert {name: numbers for name, numbers in nowhere.items() if numbers} == {}


def test_something_is_cited_of_each_page_but_those_of_platforms_to_come(named):
    cited = set().union(*named.values())

    assert {"docs/pulumi.md", "docs/workflow-documents.md", "docs/platforms/comfydeploy.md"} <= cited


def test_nothing_is_cited_that_is_not_here():
    texts = {name_of(path): path.read_text("utf-8") for path in (*files(".py"), *files(".md"))}
    del texts[name_of(Path(__file__).resolve())]

    assert {name: found for name, text in texts.items() if (found := NOWHERE.findall(text))} == {}


def test_every_page_that_is_named_is_here(words):
    found = {page for text in words.values() for page in PAGE.findall(text)}

    assert sorted(page for page in found if not (ROOT / page).is_file()) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_each_number_once_with_its_anchor_and_in_order(page):
    text = (ROOT / page).read_text("utf-8")
    numbers = headings_of(page)

    assert re.findall(r'^#+ ([1-9][\d.]*) .*\n<a id="([\d.]+)"></a>$', text, re.MULTILINE) == [
        (one, one) for one in numbers
    ]
    assert sorted(set(numbers), key=lambda one: [int(part) for part in one.split(".")]) == numbers


@pytest.mark.parametrize("page", PAGES)
def test_a_link_of_a_page_leads_somewhere(page):
    text, anchors = (ROOT / page).read_text("utf-8"), set(headings_of(page))

    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        if path:
            assert ((ROOT / page).parent / path).is_file(), target
        else:
            assert anchor in anchors, target


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Facts: docs/pulumi.md 1.7, 5.6.", ["1.7", "5.6"]),
        ("rows (docs/platforms/comfydeploy.md 2 and 3).", ["2", "3"]),
        ("a toggle (2.6) of a secret (2.3.1, 6)", ["2.6", "2.3.1", "6"]),
        ("nothing was done (6.2; recorded)", ["6.2"]),
        ("(the default hides the fluid, 6.21)", ["6.21"]),
        ("# 2.3, 2.4: limits", ["2.3", "2.4"]),
        ("took 2.5 s (or 3), on Python 3.11 (a version)", []),
    ],
)
def test_citations_are_told_from_other_numbers(words, numbers):
    assert list(cited_in(words)) == numbers
