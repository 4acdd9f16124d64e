"""A refused prompt and a broken run in a person's words (docs/comfyui-protocol.md 2)."""

from __future__ import annotations

import pytest

from pulumi_comfy.comfyui_protocol.refusals import failure_words, node_error_words, refusal_words


def refused(kind, message, details="", *, extra=None, node_errors=None):
    error = {"type": kind, "message": message, "details": details, "extra_info": extra or {}}
    return {"error": error, "node_errors": node_errors or {}}


def node(class_type, *errors):
    return {"class_type": class_type, "dependent_outputs": ["9"], "errors": list(errors)}


def fault(kind, message, details, **extra):
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


MISSING_MODEL = fault(
    "value_not_in_list",
    "Value not in list",
    "ckpt_name: 'x.safetensors' not in (list of length 40)",
    input_name="ckpt_name",
    received_value="x.safetensors",
)


def test_an_unknown_class_of_an_older_server_is_told_with_its_node():
    body = refused("invalid_prompt", "Cannot execute because node Foo does not exist.", "Node ID '#9'")

    assert refusal_words(body) == ["Cannot execute because node Foo does not exist. Node ID '#9'"]


def test_an_unknown_class_of_a_newer_server_is_told_by_its_class_and_not_by_its_title():
    extra = {"node_id": "9", "class_type": "Foo", "node_title": "My node"}

    words = refusal_words(refused("missing_node_type", "Node 'My node' not found", extra=extra))

    assert words == ["Foo #9: the server does not know this class"]


def test_every_fault_is_told_in_the_order_of_the_nodes():
    errors = {
        "10": node(
            "SaveImage", fault("required_input_missing", "Required input is missing", "images", input_name="images")
        ),
        "4": node("CheckpointLoaderSimple", MISSING_MODEL),
        "5": node("EmptyImage", fault("value_bigger_than_max", "Value 99999 bigger than max of 16384", "width")),
    }

    assert refusal_words(refused("prompt_outputs_failed_validation", "...", node_errors=errors)) == [
        "CheckpointLoaderSimple #4: ckpt_name x.safetensors is not one of the server's choices",
        "EmptyImage #5: Value 99999 bigger than max of 16384: width",
        "SaveImage #10: required input images is missing",
    ]


@pytest.mark.parametrize("body", [None, [], {}, "500 Server Error", {"error": "sentence"}, {"error": {"type": 5}}])
def test_what_is_no_refusal_of_a_prompt_is_none(body):
    assert refusal_words(body) == []


@pytest.mark.parametrize("body", [None, [], {"4": None}, {"4": {"errors": 5}}, {"4": {"errors": [None]}}])
def test_node_errors_of_any_shape_are_read(body):
    assert node_error_words(body) == []


def test_a_broken_run_is_told_with_its_node_the_exception_and_its_message():
    error = {
        "node_id": "2",
        "node_type": "SaveImage",
        "exception_type": "Exception",
        "exception_message": "**** ERROR: Saving image\n outside the output folder",
        "traceback": ["..."],
    }

    assert failure_words(error) == "SaveImage #2: Exception: **** ERROR: Saving image outside the output folder"


@pytest.mark.parametrize("error", [None, [], 5, {}])
def test_a_run_that_tells_nothing_of_what_broke_it_is_told_without(error):
    assert failure_words(error) == ""
