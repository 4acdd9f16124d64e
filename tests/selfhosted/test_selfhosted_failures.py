"""Why a run failed, in each shape in which a machine reports it (docs/platforms/selfhosted.md 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_comfy.platforms.selfhosted.rows import RunRow
from pulumi_comfy.platforms.selfhosted.runner import failures_in

SHAPES: dict[str, tuple[Any, str]] = {
    "an exception at the start": (
        {"error": {"error_type": "ClientError", "stack_trace": "Traceback ...\n  line 3\nClientError: refused\n"}},
        "ClientError: ClientError: refused",
    ),
    "ComfyUI's refusal of the prompt": (
        {
            "error": {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation",
                "details": "",
                "node_errors": {
                    "7": {
                        "class_type": "KSampler",
                        "errors": [{"type": "required_input_missing", "extra_info": {"input_name": "model"}}],
                    }
                },
            }
        },
        "KSampler #7: required input model is missing",
    ),
    "a refusal without nodes": (
        {"error": {"type": "prompt_no_outputs", "message": "Prompt has no outputs", "details": "", "node_errors": {}}},
        "Prompt has no outputs",
    ),
    "an upload that failed": (
        {"error": {"type": "UploadError", "message": "no space left", "stack_trace": "..."}},
        "no space left",
    ),
    "ComfyUI's own error of a run": (
        {
            "node_id": "7",
            "node_type": "KSampler",
            "exception_type": "RuntimeError",
            "exception_message": "CUDA out of memory",
            "traceback": [],
        },
        "KSampler #7: RuntimeError: CUDA out of memory",
    ),
    "a text": ({"error": "it broke"}, "it broke"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_failure_is_told_in_words(shape):
    data, words = SHAPES[shape]
    timings = {"data": [{"id": "7", "class_type": "KSampler", "time": 1.5, "vram_used": 0}]}

    row = RunRow.model_validate({"id": "r", "status": "failed", "outputs": [timings, {"data": data}]})

    assert words in "; ".join(failures_in(row))


@pytest.mark.parametrize(
    "data", [5, None, [], {}, {"error": None}, {"error": 5}, {"error": {}}, {"images": []}], ids=repr
)
def test_what_tells_no_failure_is_none(data):
    row = RunRow.model_validate({"id": "r", "status": "failed", "outputs": [{"data": data}]})

    assert failures_in(row) in ([], ["no reason given"])
