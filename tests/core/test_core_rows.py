"""The fields of answers: what may be odd is taken, what can name no object is told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pulumi_comfy.core.http.endpoints import Flag, Id, MaybeId, Row, Whole


class Spoon(Row):
    id: Id
    drawer: MaybeId = None
    length: Whole = 0
    is_clean: Flag = True


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
