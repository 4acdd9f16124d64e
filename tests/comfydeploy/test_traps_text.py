"""Text and numbers that the platform answers with a 500 or cannot build: refused at preview.

Facts: docs/platforms/comfydeploy.md 2.3.1, 6.
"""

from __future__ import annotations

import ast
import json
import random
import warnings

import pytest
from calls import a_call
from lone import up
from test_bad_input import GRAPH, PROMPT, deployment, machine, model, secret, workflow

import pulumi_comfy as comfy
from pulumi_comfy.core.check import check
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM
from pulumi_comfy.platforms.comfydeploy.text import builder_fault

BUILDER_TEXTS = ("prestart_command", "extra_args", "base_docker_image", "python_version")
BROKEN = {
    "a single quote": "echo 'canary'",
    "a line break": "canary\ntrue",
    "a carriage return": "canary\rtrue",
    "a backslash at the end": "canary \\",
    "an escape that is none": r"canary \x",
    "an escape": r"canary \n",
    "an escaped quote": r"canary \"a\"",
}


def refusal(program, deploy, emulator):
    """What a preview says of a program; nothing is asked of the platform."""
    result = deploy(program).preview(check=False)
    assert not result.ok
    assert list(emulator.requests) == []
    assert "Traceback" not in result.error
    assert "COMFY9001" not in result.error
    return result.error


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("name", BUILDER_TEXTS)
def test_text_that_does_not_reach_the_image_as_written_is_refused(deploy, emulator, name, text):
    said = refusal(machine(**{name: text}), deploy, emulator)

    assert f"{name}: the platform's builder writes it between single quotes" in said
    assert "canary" not in said


def reads_back(text):
    """What the builder's program reads of a text; None when it is no program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval("'" + text.replace("\r\n", "\n").replace("\r", "\n") + "'")
    except (SyntaxError, ValueError):
        return None


def test_exactly_the_text_that_python_reads_back_as_written_is_taken():
    letters = [*"\\'\"abfnrtvxNuU07d$ {}", "\n", "\r", "\t", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
    chosen = random.Random(7)
    texts = ["".join(chosen.choices(letters, k=chosen.randint(0, 6))) for _ in range(5000)]

    judged = {text: builder_fault(text) is None for text in texts}

    assert judged == {text: reads_back(text) == text for text in texts}


@pytest.mark.parametrize("text", ['echo "a" && true', "echo \u2028 \t", r"grep \d", '--fast --listen="0.0.0.0"'])
def test_other_text_builds(lone, text):
    it = lone("ServerlessMachine", prestart_command=text)

    up(it)

    assert it.rows[0]["prestart_command"] == text


def test_quotes_and_line_breaks_in_the_commands_of_a_step_build(lone):
    data = "RUN echo 'a' \\\r\n  && echo 'b\u2028c'\nENV A='b'"
    it = lone("ServerlessMachine", docker_command_steps=[{"type": "commands", "data": data}])

    up(it)

    assert it.rows[0]["docker_command_steps"]["steps"][0]["data"] == data


CLONE = {"url": "https://git.example/a/pack", "install_type": "git-clone"}
BROKEN_STEPS = {
    "a url": {"type": "custom-node", "data": {**CLONE, "url": "https://git.example/a\nRUN canary"}},
    "a hash": {"type": "custom-node", "data": {**CLONE, "hash": "abc\ncanary"}},
    "a pip package": {"type": "custom-node", "data": {**CLONE, "pip": ["numpy", "canary\r"]}},
    "a registry id": {"type": "custom-node-manager", "data": {"node_id": "canary\n", "version": "1.0.0"}},
    "a carriage return between commands": {"type": "commands", "data": "RUN canary\rRUN true"},
}


@pytest.mark.parametrize("step", BROKEN_STEPS.values(), ids=BROKEN_STEPS.keys())
def test_a_line_break_in_a_step_is_refused(deploy, emulator, step):
    said = refusal(machine(docker_command_steps=[step]), deploy, emulator)

    assert "docker_command_steps" in said
    assert "canary" not in said


def with_text(text):
    graph, prompt = json.loads(json.dumps([GRAPH, PROMPT]))
    prompt["7"]["inputs"]["note"] = text
    return {"workflow": graph, "workflow_api": prompt}


NUL = "canary\0"
NULS = {
    "a name": (machine(name=NUL), "name"),
    "a workflow's name": (workflow(name=NUL), "name"),
    "a description": (workflow(description=NUL), "description"),
    "a document": (workflow(**with_text(NUL)), "workflow"),
    "a key of a document": (workflow(workflow_api={**PROMPT, NUL: PROMPT["7"]}), "workflow"),
    "a variable": (secret(variables={"A": NUL}), "variables"),
    "a variable's name": (secret(variables={NUL: "b"}), "variables"),
    "a model's file": (model(filename=NUL), "filename"),
    "a model's link": (model(link="https://models.example/" + NUL), "link"),
    "a step": (machine(docker_command_steps=[{"type": "commands", "data": f"RUN {NUL}"}]), "docker_command_steps"),
    "a setting": (machine(prestart_command=NUL), "prestart_command"),
    "models to cache": (machine(models_to_cache=[NUL]), "models_to_cache"),
    "a run input": (deployment(inference_check={"inputs": {"prompt": NUL}}), "inference_check"),
    "a key's name": (lambda: comfy.comfydeploy.ApiKey("key", name=NUL), "name"),
}


@pytest.mark.parametrize(("program", "names"), NULS.values(), ids=NULS.keys())
def test_u_0000_is_refused_in_any_text(deploy, emulator, program, names):
    said = refusal(program, deploy, emulator)

    assert names in said
    assert "U+0000" in said
    assert "canary" not in said


def test_the_spelling_of_u_0000_is_text_like_any_other(lone):
    it = lone("Workflow", **with_text(r"\u0000"))

    assert it.up() is None


HALVES = {
    "a name": (machine(name="a\ud800"), "name"),
    "a variable's name": (secret(variables={"A\ud800": "b"}), "variables"),
    "a run input": (deployment(inference_check={"inputs": {"prompt": "a\udfff"}}), "inference_check"),
    "a document as a dict": (workflow(**with_text("a\ud800")), "workflow"),
    "a document as text": (workflow(workflow=r'{"nodes": ["\ud800"]}'), "workflow"),
}


@pytest.mark.parametrize(("program", "names"), HALVES.values(), ids=HALVES.keys())
def test_half_of_a_surrogate_pair_is_refused_in_one_sentence(deploy, emulator, program, names):
    said = refusal(program, deploy, emulator)

    assert names in said
    assert "half" in said


LARGE = {
    **{f"a machine's {name}": (machine(**{name: 2**31}), name) for name in ("concurrency_limit", "keep_warm")},
    **{f"a machine's {name}": (machine(**{name: 2**31}), name) for name in ("allow_concurrent_inputs", "run_timeout")},
    **{f"a machine's {name}": (machine(**{name: 2**31}), name) for name in ("idle_timeout", "memory_request")},
    "a machine's memory_limit": (machine(memory_limit=2**31), "memory_limit"),
    **{
        f"a deployment's {name}": (deployment(**{name: 3_000_000_000}), name)
        for name in ("concurrency_limit", "run_timeout", "idle_timeout", "keep_warm")
    },
    "cores beyond four bytes": (machine(cpu_limit=1e300), "cpu_limit"),
    "cores asked for beyond four bytes": (machine(cpu_request=1e39), "cpu_request"),
    "less than four bytes keep": (machine(cpu_limit=1e-50), "cpu_limit"),
    "fewer cores at most than at least": (
        machine(cpu_request=8, cpu_limit=2),
        "`cpu_limit` is less than `cpu_request`",
    ),
    "less memory at most than at least": (machine(memory_request=2, memory_limit=1), "`memory_limit` is less than"),
    "no number": (machine(cpu_limit=float("nan")), "cpu_limit"),
    "no end": (machine(cpu_request=float("inf")), "cpu_request"),
}


@pytest.mark.parametrize(("program", "names"), LARGE.values(), ids=LARGE.keys())
def test_a_number_that_no_column_takes_is_refused(deploy, emulator, program, names):
    assert names in refusal(program, deploy, emulator)


@pytest.mark.parametrize("name", ["cpuRequest", "cpuLimit", "runTimeout", "keepWarm", "memoryLimit"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e308], ids=str)
def test_a_number_that_came_in_spite_of_the_program_is_refused_by_the_check(name, number):
    call = a_call()

    checked = check(PLATFORM.handlers["ServerlessMachine"], {"name": "m", "gpu": "T4", name: number}, call)

    assert [failure.path for failure in checked.failures] == [name]


@pytest.mark.parametrize("name", ["a%b", "a_b", "%", "_", "50% off_", "a\\b", "x" * 5000], ids=lambda name: name[:9])
@pytest.mark.parametrize("kind", ["Workflow", "ServerlessMachine", "CustomMachine", "ApiKey"])
def test_a_name_is_found_whatever_a_pattern_makes_of_it(lone, kind, name):
    first, second = lone(kind, name=name), lone(kind, name=name)
    bystander = lone(kind, name=name.replace("%", "xx").replace("_", "y") + "z")
    up(bystander)
    up(first)

    refused = second.up()

    assert (refused.code, first.id in str(refused)) == ("COMFY4001", True)
    assert bystander.id not in str(refused)
