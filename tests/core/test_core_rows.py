"""The fields of answers: what may be odd is taken, what can name no object is told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pulumi_comfy.core.http.endpoints import Flag, Id, MaybeId, Moment, Row, Whole, seconds_between


class Spoon(Row):
    id: Id
    drawer: MaybeId = None
    length: Whole = 0
    is_clean: Flag = True
    washed_at: Moment = None
    dried_at: Moment = None


def test_an_id_is_a_short_line_of_plain_text():
    assert Spoon.model_validate({"id": "a1", "drawer": "b2", "color": "unknown keys are ignored"}).drawer == "b2"


@pytest.mark.parametrize("odd", ["", "a\nb", "\x1b[2J", "x" * 501])
def test_what_cannot_name_an_object_is_refused(odd):
    with pytest.raises(ValidationError, match="one short line of plain text"):
        Spoon.model_validate({"id": odd})


def test_an_empty_id_of_another_object_is_none():
    assert Spoon.model_validate({"id": "a1", "drawer": ""}).drawer is None


@pytest.mark.parametrize(("told", "flag"), [(None, False), (True, True), (False, False)])
def test_null_is_no_flag(told, flag):
    assert Spoon.model_validate({"id": "a1", "is_clean": told}).is_clean is flag


def test_a_number_that_no_state_can_hold_is_refused():
    with pytest.raises(ValidationError):
        Spoon.model_validate({"id": "a1", "length": 2**60})


@pytest.mark.parametrize(
    ("washed", "dried", "seconds"),
    [
        ("2025-09-11T14:00:00.123456+00:00", "2025-09-11T14:01:10.123456+00:00", 70.0),
        ("2025-09-11T14:00:00Z", "2025-09-11T14:00:00.500000+00:00+00Z", 0.5),
        ("2025-09-11T14:00:01", "2025-09-11T14:00:02Z", 1.0),
        ("2025-09-11T14:00:01Z", "2025-09-11T14:00:00Z", 0.0),
        ("2025-09-11T14:00:01Z", None, None),
        ("yesterday", "2025-09-11T14:00:00Z", None),
    ],
)
def test_the_time_between_two_moments_is_told_where_both_make_sense(washed, dried, seconds):
    row = Spoon.model_validate({"id": "a1", "washed_at": washed, "dried_at": dried})

    assert seconds_between(row.washed_at, row.dried_at) == seconds
