"""The history in words: everything of a record is told, in lines that fit."""

from __future__ import annotations

import pytest

from pulumi_comfy.promotion.history import as_text
from pulumi_comfy.promotion.records import Record

ONE, OTHER = ("7a1c4c52-1f0e-4b6a-9a0e-6e3c1846d42" + digit for digit in "45")
LONG = {
    "seq": 1,
    "kind": "promotion",
    "from": "acme/portrait/staging",
    "to": "acme/portrait/production",
    "who": "Ada Lovelace <ada@example.com> (https://example.com/a/b/actions/runs/1)",
    "began": "2026-11-26T10:00:00Z",
    "outcome": "refused",
    "reason": "the faces were too dark at dusk, and nobody could tell one lighthouse from another one",
    "before": {"serving": {"token": "comfydeploy:Deployment", "values": {"workflowVersionId": ONE}}},
    "after": {
        "serving": {
            "token": "comfydeploy:Deployment",
            "values": {"workflowVersionId": OTHER},
            "proof": {"runId": ONE, "endedAt": "2026-11-26T09:00:00Z", "checkDigest": "e3b0"},
        }
    },
    "refusals": ['deployment "serving" of staging is not proved: it has no inference check. Run it. [COMFY5001]'],
}
ROLLED_BACK = {**LONG, "seq": 2, "kind": "rollback", "from": None, "outcome": "rolled-back", "marked": {"serving": ONE}}


@pytest.fixture
def records() -> list[Record]:
    return [Record.read(one) for one in (LONG, ROLLED_BACK)]


@pytest.mark.parametrize("columns", [80, 60, 132])
def test_every_line_fits_where_words_allow(records, columns):
    text = as_text(records, columns=columns)

    assert [line for line in text.splitlines() if len(line) > columns] == []


def test_nothing_is_lost_where_it_is_wrapped(records):
    narrow, wide = (as_text(records, columns=columns).split() for columns in (60, 4000))

    assert narrow == wide


def test_a_reason_moves_no_cursor_and_breaks_no_line(records):
    told = as_text([records[0].model_copy(update={"reason": "one\n\n2  2026\x1b[2J two"})])

    assert "reason: one" in told
    assert "\x1b" not in told
    assert "\n2  2026" not in told


def test_a_stack_of_which_nothing_is_told_is_named(records):
    assert as_text(records, "dev") == "Nothing was promoted to dev yet."
