"""Errors read in four parts; every code is registered, used and explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_comfy.core.error_codes import REGISTRY, ErrorCode
from pulumi_comfy.core.errors import ComfyError, KeptError, OutcomeError, PlatformError, StatusError, our_fault
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.redaction import MASK, register_secret

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "pulumi_comfy").rglob("*.py"))
REGISTRY_FILE = ROOT / "pulumi_comfy" / "core" / "error_codes.py"
PAGE = ROOT / "docs" / "errors.md"
CODE = re.compile(r"\bCOMFY\d{4}\b")
ROWS = [pytest.param(row, id=row.code) for row in REGISTRY.values()]


def used_codes() -> set[str]:
    written = {code for path in SOURCES if path != REGISTRY_FILE for code in CODE.findall(path.read_text("utf-8"))}
    return written | {Dialect().code_of(status) for status in range(400, 600)}


def sections() -> dict[str, str]:
    """The page's sections by code."""
    parts = re.split(r"^### (COMFY\d{4})$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_an_error_says_what_was_tried_what_came_back_and_what_to_do():
    error = ComfyError("COMFY2404", tried='update machine "gpu"', got="it is gone.", todo="Refresh.")

    assert str(error) == 'update machine "gpu": it is gone. Refresh. [COMFY2404]'
    assert error.args == (str(error),)


def test_an_error_without_advice_of_its_own_gives_that_of_its_code():
    error = ComfyError("COMFY2404", tried="a", got="b")

    assert error.todo == REGISTRY["COMFY2404"].hint


def test_an_error_with_nothing_more_to_advise_ends_after_what_came_back():
    assert str(ComfyError("COMFY1201", tried="a", got="b", todo="")) == "a: b. [COMFY1201]"


def test_an_error_masks_secrets_in_each_of_its_parts():
    register_secret("hush-hush-3")

    error = ComfyError("COMFY2404", tried="hush-hush-3", got="hush-hush-3", todo="hush-hush-3")

    assert str(error) == f"{MASK}: {MASK}. {MASK} [COMFY2404]"


def test_a_status_error_carries_status_detail_and_request():
    error = StatusError("COMFY2403", tried="a", status=403, detail="no", request_id="r-1")

    assert (error.status, error.detail, error.request_id) == (403, "no", "r-1")
    assert error.got == "the platform answered 403: no (request r-1)"
    assert isinstance(error, PlatformError)


def test_a_status_error_without_a_request_id_names_none():
    assert StatusError("COMFY2403", tried="a", status=403, detail="no").got == "the platform answered 403: no"


def test_a_kept_error_carries_the_state():
    error = KeptError("COMFY3101", tried="a", got="b", state="how it stands")

    assert error.state == "how it stands"
    assert isinstance(error, OutcomeError)


def test_codes_are_in_order_and_each_is_there_once():
    text = REGISTRY_FILE.read_text("utf-8")

    assert list(REGISTRY) == sorted(REGISTRY)
    assert len(CODE.findall(text)) == len(REGISTRY)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_two_sentences(row: ErrorCode):
    assert row.meaning.endswith(".")
    assert row.hint.endswith((".", ")."))


@pytest.mark.parametrize("row", ROWS)
def test_a_registered_code_is_used(row: ErrorCode):
    assert row.code in used_codes()


def test_every_code_that_is_used_is_registered():
    assert used_codes() <= REGISTRY.keys()


def test_the_page_explains_exactly_the_registered_codes_in_order():
    assert list(sections()) == list(REGISTRY)


@pytest.mark.parametrize("row", ROWS)
def test_the_page_tells_meaning_and_hint_of(row: ErrorCode):
    section = " ".join(sections()[row.code].split())

    assert row.meaning in section
    assert row.hint in section


def test_a_failure_that_keeps_a_state_reads_as_it_did():
    failed = StatusError("COMFY2400", tried="link secret", status=400, detail="no")

    assert str(KeptError.of(failed, "how it stands")) == str(failed)
    assert KeptError.of(failed, "how it stands").state == "how it stands"
    assert KeptError.of(failed, "how it stands", todo="Raise it.").todo == "Raise it."


def test_a_fault_of_ours_is_told_like_any_other_error():
    told = our_fault(KeyError("seed"), tried="check deployment")

    assert (told.code, told.got) == ("COMFY9001", "KeyError: 'seed'")
