"""Builds: when they end, how they end, and what is read of them meanwhile."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from emulated_objects import make_machine, make_ready_machine

from pulumi_comfy.emulator import Emulator


def version_of(api: httpx.Client, machine: dict[str, Any]) -> dict[str, Any]:
    """The machine version that an answer to POST or PATCH names."""
    found: dict[str, Any] = api.get(
        f"/machine/serverless/{machine['id']}/versions/{machine['machine_version_id']}"
    ).json()
    return found


def lines_of(version: dict[str, Any]) -> list[str]:
    return [entry["logs"] for entry in json.loads(version["build_log"])]


def test_a_build_takes_its_time(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_machine(api)

    before = version_of(api, machine)["status"]
    emulator.clock.advance(61)

    assert (before, version_of(api, machine)["status"]) == ("building", "ready")


def test_a_version_has_the_former_builds_log_until_its_own_has_ended(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_machine(api)
    first = [version_of(api, machine)["build_log"]]
    emulator.clock.advance(61)
    first.append(version_of(api, machine)["build_log"])

    rebuilt = api.patch(f"/machine/serverless/{machine['id']}", json={"run_timeout": 400}).json()
    second = [version_of(api, rebuilt)["build_log"]]
    emulator.clock.advance(31)
    second.append(version_of(api, rebuilt)["build_log"])
    emulator.clock.advance(31)
    own = version_of(api, rebuilt)["build_log"]

    assert (first[0], second) == (None, [first[1], first[1]])
    assert own not in (None, first[1])


@pytest.mark.parametrize("name", ["prestart_command", "extra_args", "base_docker_image", "python_version"])
@pytest.mark.parametrize("text", ["a 'b'", "a\nb", "a\rb", "a\\", "a\\xz", "a\\N{no such letter}"])
def test_text_that_ends_the_builders_quotes_breaks_the_build(
    name: str, text: str, api: httpx.Client, emulator: Emulator
) -> None:
    version = version_of(api, make_ready_machine(api, emulator, **{name: text}))

    assert (version["status"], lines_of(version)[-2].split(":")[0]) == ("error", "SyntaxError")


@pytest.mark.parametrize("text", ['a "b"', "a\tb\u2028c", "a \\d", "a \\'b\\'", "a''b"])
def test_other_text_is_built(text: str, api: httpx.Client, emulator: Emulator) -> None:
    version = version_of(api, make_ready_machine(api, emulator, prestart_command=text))

    assert version["status"] == "ready"


def test_quotes_in_the_commands_of_a_step_are_no_harm(api: httpx.Client, emulator: Emulator) -> None:
    steps = {"steps": [{"type": "commands", "data": "RUN echo 'a' \\\n  && true"}]}

    version = version_of(api, make_ready_machine(api, emulator, docker_command_steps=steps))

    assert version["status"] == "ready"


@pytest.mark.parametrize("marker", ["BREAK-BUILD", "FAIL_BUILD"])
def test_a_marker_in_a_command_breaks_the_build(marker: str, api: httpx.Client, emulator: Emulator) -> None:
    steps = {"steps": [{"type": "commands", "data": f"RUN {marker}"}]}

    version = version_of(api, make_ready_machine(api, emulator, docker_command_steps=steps))

    assert (version["status"], lines_of(version)[-1]) == ("error", "Unable to build the app image.")


def test_builds_of_named_machines_fail_as_planned(api: httpx.Client, emulator: Emulator) -> None:
    emulator.comfydeploy.builds.outcome("error", machine_name="bad-.*", log=["disk full"])

    versions = [version_of(api, make_ready_machine(api, emulator, name=name)) for name in ("bad-1", "good-1")]

    assert [version["status"] for version in versions] == ["error", "ready"]
    assert "disk full" in lines_of(versions[0])


def test_builds_with_a_command_end_as_planned(api: httpx.Client, emulator: Emulator) -> None:
    emulator.comfydeploy.builds.outcome("ready", command_contains="BREAK-BUILD")
    steps = {"steps": [{"type": "commands", "data": "RUN BREAK-BUILD"}]}

    version = version_of(api, make_ready_machine(api, emulator, docker_command_steps=steps))

    assert version["status"] == "ready"


def test_the_next_build_fails_and_the_one_after_does_not(api: httpx.Client, emulator: Emulator) -> None:
    emulator.comfydeploy.builds.outcome("error", times=1)

    statuses = [version_of(api, make_ready_machine(api, emulator))["status"] for _ in range(2)]

    assert statuses == ["error", "ready"]


def test_a_hanging_build_stays_building(api: httpx.Client, emulator: Emulator) -> None:
    emulator.comfydeploy.builds.outcome("hang")
    machine = make_machine(api)

    emulator.clock.advance(10**6)

    assert version_of(api, machine)["status"] == "building"


def test_an_unknown_outcome_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown outcome of a build"):
        emulator.comfydeploy.builds.outcome("explode")  # type: ignore[arg-type]


def test_the_largest_number_of_builds_at_once_is_kept(api: httpx.Client, emulator: Emulator) -> None:
    for _ in range(3):
        make_machine(api)
    emulator.clock.advance(61)
    make_machine(api)

    assert (emulator.comfydeploy.builds.in_flight, emulator.comfydeploy.builds.max_in_flight) == (1, 3)


def test_the_build_that_ends_last_has_the_machines_word(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    path = f"/machine/serverless/{machine['id']}"
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=100)
    api.patch(path, json={"run_timeout": 400})
    newest = api.patch(path, json={"run_timeout": 500}).json()

    emulator.clock.advance(101)

    assert version_of(api, newest)["status"] == "ready"
    assert api.get(f"/machine/{machine['id']}").json()["status"] == "error"


def test_a_stale_ready_hides_a_build_that_still_runs(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    path = f"/machine/serverless/{machine['id']}"
    api.patch(path, json={"run_timeout": 400})
    emulator.clock.advance(30)
    newest = api.patch(path, json={"run_timeout": 500}).json()

    emulator.clock.advance(31)

    assert version_of(api, newest)["status"] == "building"
    assert api.get(f"/machine/{machine['id']}").json()["status"] == "ready"


def test_sending_a_32_bit_number_again_builds_again(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator, cpu_request=0.1)

    patched = api.patch(f"/machine/serverless/{machine['id']}", json={"cpu_request": 0.1}).json()

    assert patched["cpu_request"] == 0.10000000149011612
    assert patched["machine_version_id"] != machine["machine_version_id"]


def test_another_step_id_builds_again(api: httpx.Client, emulator: Emulator) -> None:
    step = {"id": "a", "type": "commands", "data": "RUN true"}
    machine = make_ready_machine(api, emulator, docker_command_steps={"steps": [step]})
    path = f"/machine/serverless/{machine['id']}"

    patched = api.patch(path, json={"docker_command_steps": {"steps": [{**step, "id": "b"}]}}).json()

    assert patched["status"] == "building"


def test_secrets_are_baked_in_at_build_time(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    secret = {"secret": [{"key": "TOKEN", "value": "x"}], "secret_name": "s", "machine_id": machine["id"]}
    api.post("/machine/secret", json=secret)
    api.patch(f"/machine/serverless/{machine['id']}", json={"is_trigger_rebuild": True})

    built = [row["built_environment_keys"] for row in emulator.comfydeploy.dump()["machine_versions"]]

    assert built == [[], ["TOKEN"]]


def test_waiting_for_a_build_still_answers_building(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.build_seconds = 0

    machine = make_machine(api, wait_for_build=True)

    assert (machine["status"], version_of(api, machine)["status"]) == ("building", "ready")


def test_a_build_log_stream_tells_the_lines(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    expected = lines_of(version_of(api, machine))
    query = {"machine_id_version": machine["machine_version_id"]}

    with api.stream("GET", "/v2/stream-logs", params=query) as answer:
        told = []
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line[len("data: ") :])["message"])
            if len(told) == len(expected):
                break

    assert told == expected


@pytest.mark.parametrize(
    "steps",
    [
        [{"type": "custom-node", "data": "not an object"}],
        [{"type": "custom-node", "data": {"url": "https://x.y/z"}}],
        [{"type": "commands", "data": 5}],
        [{"type": "commands"}],
        [{"type": "bogus", "data": {"unknown": 1}}],
        ["RUN true"],
    ],
)
def test_data_of_the_wrong_shape_crashes_the_platform(steps: list[Any], api: httpx.Client) -> None:
    body = {"name": "m", "gpu": "T4", "docker_command_steps": {"steps": steps}}

    answer = api.post("/machine/serverless", json=body)

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_a_node_the_registry_does_not_know_crashes_the_platform(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.unknown_registry_nodes = ["nowhere"]
    step = {"type": "custom-node-manager", "data": {"node_id": "nowhere", "version": "1"}}

    answer = api.post("/machine/serverless", json={"name": "m", "gpu": "T4", "docker_command_steps": {"steps": [step]}})

    assert answer.status_code == 500


@pytest.mark.parametrize("fields", [{"run_timeout": 2**31}, {"cpu_request": 1e39}])
def test_a_number_too_large_for_its_column_crashes_the_platform(fields: dict[str, Any], api: httpx.Client) -> None:
    answer = api.post("/machine/serverless", json={"name": "m", "gpu": "T4", **fields})

    assert answer.status_code == 500


def test_every_kind_of_step_becomes_commands(api: httpx.Client, emulator: Emulator) -> None:
    node = {"url": "https://git.example/a/pack.git", "install_type": "git-clone", "hash": "abc", "pip": ["numpy"]}
    copied = {"url": "https://x.y/z", "install_type": "copy", "files": ["https://x.y/node.py"]}
    comfyui = {
        "url": "https://x.y/z",
        "install_type": "git-clone",
        "name": "comfyui",
        "files": ["https://x.y/c.git"],
        "hash": "def",
    }
    steps = [
        {"type": "custom-node", "data": node},
        {"type": "custom-node", "data": copied},
        {"type": "custom-node", "data": comfyui},
        {"type": "custom-node-manager", "data": {"node_id": "comfyui-deploy", "version": "1"}},
        {"type": "bogus", "data": "ignored"},
    ]
    machine = make_machine(api, docker_command_steps={"steps": steps})

    groups = api.get(f"/machine/{machine['id']}/docker-commands").json()["docker_commands"]

    text = "\n".join(line for group in groups for line in group)
    expected: tuple[str, ...] = (
        "git clone https://git.example/a/pack.git",
        "pip install numpy",
        "wget https://x.y/node.py",
    )
    expected += ("git clone https://x.y/c.git /comfyui", "node install comfyui-deploy@1")
    assert [command for command in expected if command not in text] == []
    assert "bennykok" not in text


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"times": 0}, "would meet nothing"),
        ({"times": 1.5}, "would meet nothing"),
        ({"times": "2"}, "would meet nothing"),
        ({"times": True}, "would meet nothing"),
        ({"seconds": -1}, "no time to take"),
        ({"seconds": float("nan")}, "no time to take"),
        ({"seconds": float("inf")}, "no time to take"),
        ({"seconds": "3"}, "no time to take"),
        ({"log": "CUDA"}, "a list of lines"),
        ({"log": [1]}, "a list of lines"),
        ({"log": None}, "a list of lines"),
    ],
)
def test_plans_that_make_no_sense_are_refused(emulator: Emulator, plan: dict[str, Any], words: str) -> None:
    for plan_one in (emulator.comfydeploy.builds.outcome, emulator.comfydeploy.runs.script):
        with pytest.raises(ValueError, match=words):
            plan_one(**plan)
