"""What a result tells, in every shape that was seen (docs/platforms/runcomfy.md 4.3)."""

from __future__ import annotations

import pytest

from pulumi_comfy.comfyui_protocol.overrides import exact, unknown_places
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.platforms.runcomfy.api import DeploymentRow, ResultRow
from pulumi_comfy.platforms.runcomfy.results import host_of, items_of, reasons

FILE = {"url": "https://a.runcomfy.net/x.png", "filename": "x.png", "subfolder": "", "type": "output"}
PICTURE = Item("9", "images", "x.png", "https://a.runcomfy.net/x.png")


@pytest.mark.parametrize(
    ("outputs", "items"),
    [
        ({"9": {"images": [FILE]}}, [PICTURE]),
        ({"9": {"images": [[FILE], []]}}, [PICTURE]),
        ({"9": {"images": FILE}}, [PICTURE]),
        ({"38:42": {"text": [["a", ["b"]], "", "c"]}}, [Item("38:42", "text")] * 3),
        ({"9": {"images": [FILE], "animated": [True]}}, [PICTURE]),
        ({"9": {"images": [{**FILE, "url": 7, "filename": None}]}}, [Item("9", "images")]),
        ({"9": [FILE], "8": None}, []),
        (None, []),
    ],
)
def test_files_and_texts_are_outputs_at_any_depth_and_nothing_else_is(outputs, items):
    assert items_of(ResultRow.model_validate({"status": "succeeded", "outputs": outputs})) == items


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, ""),
        ([], ""),
        ("out of memory", ": out of memory"),
        ({"type": "execution_error", "message": "out of memory"}, ": out of memory"),
        ([{"errorCode": 3, "error": "one"}, {"error": "", "debugInfo": "two"}, 7], ": one; two; 7"),
        ([{"code": 3}], ": {'code': 3}"),
    ],
)
def test_reasons_are_told_in_any_shape(error, words):
    assert reasons(error) == words


def test_of_many_reasons_some_are_told_and_the_rest_counted():
    assert reasons(["a", "b", "c", "d", "e"]) == ": a; b; c and 2 more"


def test_a_long_reason_is_cut():
    assert len(reasons("x" * 5000)) < 300


@pytest.mark.parametrize(("url", "host"), [("https://a.b/c", "a.b"), ("a.png", ""), ("http://[x", ""), ("", "")])
def test_what_is_no_url_has_no_host(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("told", "word"), [(["AMPERE_48"], "AMPERE_48"), ("AMPERE_48", "AMPERE_48"), ([], ""), (["A", "B"], "A, B")]
)
def test_one_odd_row_of_a_list_spoils_no_refresh(told, word):
    assert DeploymentRow.model_validate({"id": "1", "hardware": told}).hardware == word


GRAPH = {str(number): {"class_type": f"Class{number}", "inputs": {"seed": 1, "on": True}} for number in range(1, 12)}


def test_of_a_large_graph_some_nodes_are_listed_and_the_rest_counted():
    (sentence,) = unknown_places({"no such": {}}, GRAPH)

    assert sentence.endswith("8 (Class8) and 3 more)")


def test_only_digits_for_a_number_become_one():
    given = {"1": {"seed": "18446744073709551615", "on": "1", "other": "2"}, "99": {"seed": "3"}}

    assert exact(given, GRAPH) == {
        "1": {"seed": 18446744073709551615, "on": "1", "other": "2"},
        "99": {"seed": "3"},
    }
