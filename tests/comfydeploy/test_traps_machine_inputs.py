"""What is refused of a machine before anything is sent: the platform would take it and break.

Facts: docs/platforms/comfydeploy.md 2.3.1, 2.4.
"""

from __future__ import annotations

import pytest
from calls import a_call

from pulumi_comfy.core.check import check
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def failures(kind, **wire):
    checked = check(PLATFORM.handlers[kind], {"name": "m", **wire}, a_call())
    return [failure.reason for failure in checked.failures]


RUNPOD = {"endpoint": "https://api.runpod.example/v2/abc", "type": "runpod-serverless"}


@pytest.mark.parametrize("token", [{}, {"authToken": ""}])
def test_a_runpod_machine_without_its_token_is_refused_since_no_run_would_be_sent(token):
    (reason,) = failures("CustomMachine", **RUNPOD, **token)

    assert "needs `auth_token`" in reason


@pytest.mark.parametrize("token", [UNKNOWN, "a-token"])
def test_a_runpod_machine_whose_token_is_given_or_not_known_yet_passes(token):
    assert failures("CustomMachine", **RUNPOD, authToken=token) == []


@pytest.mark.parametrize("user", ["admin:canary-password", "admin", "admin:"])
def test_a_credential_in_an_endpoint_is_refused_and_not_repeated(user):
    (reason,) = failures("CustomMachine", endpoint=f"https://{user}@gpu.example:8188/a@b")

    assert "give it as `auth_token`" in reason
    assert "admin" not in reason


@pytest.mark.parametrize("endpoint", ["https://gpu.example:8188/a@b", UNKNOWN])
def test_an_endpoint_without_a_credential_passes(endpoint):
    assert failures("CustomMachine", endpoint=endpoint) == []


def commands(text):
    return failures("ServerlessMachine", gpu="T4", dockerCommandSteps=[{"type": "commands", "data": text}])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pip install foo", "line 1 of a `commands` step is no Dockerfile instruction: it begins with 'pip'"),
        ("RUN true\n\nrunning", "line 3"),
        ("RUN", "line 1"),
        ("RUN a \\\n  b\nc", "line 3"),
        ("RUN <<EOF\npip install foo\nEOF\nEOF", "line 4"),
        ("RUN cat <<< word\nword", "line 2"),
    ],
)
def test_a_line_that_is_no_dockerfile_instruction_is_refused_before_the_build(text, words):
    (reason,) = commands(text)

    assert words in reason
    assert "begins with RUN" in reason


@pytest.mark.parametrize("text", ["export TOKEN=canary-1", "TOKEN=canary-1 pip install foo", "'canary-1'"])
def test_of_a_line_that_is_refused_only_the_first_word_is_told_as_the_rest_may_be_secret(text):
    (reason,) = commands(text)

    assert "canary" not in reason


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install foo",
        "run pip install foo\n\n  ENV A=b\n# a comment\nWORKDIR /comfyui",
        "RUN apt-get update \\\n  # a comment\n\n  && apt-get install -y git\nRUN true",
        "RUN <<EOF\npip install foo\nEOF\nRUN true",
        "COPY <<-'ONE' <<\"TWO\" /etc/\nfirst\n\tONE\nsecond\nTWO\nUSER root",
        "RUN cat \\\n  <<EOF\nbody\nEOF",
        UNKNOWN,
    ],
)
def test_dockerfile_instructions_pass_over_several_lines_too(text):
    assert commands(text) == []


def steps(*data, kind="custom-node"):
    return failures("ServerlessMachine", gpu="T4", dockerCommandSteps=[{"type": kind, "data": one} for one in data])


CLONE = {"url": "https://github.com/a/b", "install_type": "git-clone"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"install_type": "git-clone"}, "it needs `url`"),
        ({**CLONE, "url": 5}, "`url`: Input should be a valid string"),
        ({**CLONE, "url": ""}, "`url`: String should have at least 1 character"),
        ({**CLONE, "install_type": "unzip"}, "`install_type`: Input should be 'git-clone' or 'copy'"),
        ({**CLONE, "pip": "numpy"}, "`pip`: Input should be a valid list"),
        ({**CLONE, "hash": 123456}, "`hash`: Input should be a valid string"),
        ({**CLONE, "hsah": "abc"}, "it takes no `hsah`; did you mean `hash`?"),
        ({**CLONE, "name": "comfyui", "hash": "abc"}, "give its git URL in `files` and its `hash`"),
        ({**CLONE, "name": "comfyui", "files": ["https://x.example/y.git"]}, "give its git URL in `files`"),
        ("https://github.com/a/b", "takes its data as a mapping"),
    ],
)
def test_data_of_a_node_that_the_platform_would_crash_on_or_pass_over_is_refused(data, words):
    (reason,) = steps(data)

    assert words in reason


@pytest.mark.parametrize("data", [{"node_id": "a", "version": 1.0}, {"node_id": "a"}, {"node_id": "", "version": "1"}])
def test_data_of_a_registry_node_that_the_platform_would_crash_on_is_refused(data):
    (reason,) = steps(data, kind="custom-node-manager")

    assert "the data of a `custom-node-manager` step does not fit" in reason


@pytest.mark.parametrize(
    "data",
    [
        {**CLONE, "hash": "abc", "name": "b", "pip": ["numpy"], "files": [], "meta": {"any": [1]}},
        {"url": "https://x.example", "install_type": "copy", "files": ["https://x.example/a.py"]},
        {**CLONE, "name": "comfyui", "hash": "abc", "files": ["https://x.example/ComfyUI.git"]},
        {**CLONE, "hash": UNKNOWN},
        UNKNOWN,
    ],
)
def test_every_documented_shape_of_a_node_passes(data):
    assert steps(data) == []


@pytest.mark.parametrize("again", ["https://github.com/a/b", "https://github.com/A/b.git", "https://github.com/a/b/"])
def test_two_steps_that_clone_one_repository_are_refused_since_the_second_breaks_the_build(again):
    (reason,) = steps(CLONE, {**CLONE, "url": again})

    assert "two steps clone https://github.com/a/b" in reason


def test_one_repository_may_be_comfyui_and_copied_from_and_cloned():
    comfyui = {**CLONE, "name": "comfyui", "hash": "abc", "files": ["https://x.example/ComfyUI.git"]}

    assert steps(CLONE, comfyui, {**CLONE, "install_type": "copy"}, {**CLONE, "url": UNKNOWN}) == []


LEAST = {
    "concurrencyLimit": 1,
    "allowConcurrentInputs": 1,
    "runTimeout": 1,
    "idleTimeout": 2,  # the builder raises less to 2 without a word
    "keepWarm": 0,
    "memoryRequest": 1,
    "memoryLimit": 1,
}


@pytest.mark.parametrize(("field", "least"), LEAST.items())
def test_a_number_below_its_range_is_refused_since_the_platform_checks_none(field, least):
    assert failures("ServerlessMachine", gpu="T4", **{field: least}) == []
    (reason,) = failures("ServerlessMachine", gpu="T4", **{field: least - 1})
    assert "greater than" in reason


@pytest.mark.parametrize("field", ["cpuRequest", "cpuLimit"])
def test_no_cores_at_all_are_refused(field):
    assert failures("ServerlessMachine", gpu="T4", **{field: 0.125}) == []
    assert "greater than or equal to 0.001" in failures("ServerlessMachine", gpu="T4", **{field: 0})[0]


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, info.alias) for kind, one in PLATFORM.handlers.items() for info in one.inputs_model.model_fields.values()],
)
def test_an_input_that_a_preview_does_not_know_yet_passes(kind, field):
    call = a_call()
    checked = check(PLATFORM.handlers[kind], {"name": "m", field: UNKNOWN}, call)

    assert [failure for failure in checked.failures if failure.path == field] == []
