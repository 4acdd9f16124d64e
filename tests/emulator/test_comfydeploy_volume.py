"""Model files and the catalogue, which no recording holds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from emulated_objects import (
    make_deployment,
    make_ready_machine,
    make_workflow,
)

from pulumi_comfy.emulator import Emulator


def add_model(api: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"source": "link", "folderPath": "loras", "downloadLink": "https://files.example/style.safetensors"}
    return api.post("/volume/model", json={**body, **fields})


def files_of(api: httpx.Client) -> list[str]:
    return [row["path"] for row in api.get("/volume/private-models").json() if row["type"] == 1]


def test_a_model_appears_when_its_download_has_ended(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    before = (files_of(api), [row["status"] for row in api.get("/volume/downloading-models").json()])

    emulator.clock.advance(61)

    assert before == ([], ["started"])
    assert (files_of(api), api.get("/volume/downloading-models").json()) == (["loras/style.safetensors"], [])


def test_a_model_is_not_downloaded_over_another(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    emulator.clock.advance(61)

    answer = add_model(api)

    assert (answer.status_code, answer.json()) == (409, {"detail": "409: File loras/style.safetensors already exists"})
    assert [row["status"] for row in api.get("/volume/downloading-models").json()] == ["failed"]


def test_each_download_has_a_row_of_all_columns(api: httpx.Client) -> None:
    answers = [add_model(api), add_model(api, source="civitai", civitai={"url": "https://civitai.com/models/1"})]

    rows = {row["upload_type"]: row for row in api.get("/volume/downloading-models").json()}

    assert [answer.json() for answer in answers] == [
        {"message": "Generic model download started"},
        {"message": "Civitai model download started"},
    ]
    assert {kind: (len(row), row["user_url"], row["civitai_url"], row["size"]) for kind, row in rows.items()} == {
        "download-url": (28, "https://files.example/style.safetensors", None, None),
        "civitai": (28, None, "https://civitai.com/models/1", None),
    }
    assert all(row["created_at"] == row["updated_at"] and len(row["created_at"]) == 24 for row in rows.values())


def test_two_downloads_to_one_path_are_two_rows(api: httpx.Client) -> None:
    statuses = [add_model(api).status_code for _ in range(2)]

    rows = api.get("/volume/downloading-models").json()

    assert (statuses, len({row["id"] for row in rows})) == ([200, 200], 2)


def test_a_download_without_a_name_leaves_a_failed_row(api: httpx.Client) -> None:
    answer = add_model(api, downloadLink="https://files.example/download")

    rows = api.get("/volume/downloading-models").json()

    assert (answer.status_code, answer.json()) == (400, {"detail": "No filename found"})
    assert [(row["model_name"], row["status"], row["error_log"]) for row in rows] == [
        (None, "failed", "filename not found")
    ]


def test_an_old_download_is_listed_no_more(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api, downloadLink="https://files.example/fail.bin")

    emulator.clock.advance(24 * 3600 + 1)

    assert api.get("/volume/downloading-models").json() == []


def test_removing_an_empty_path_empties_the_volume(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    emulator.clock.advance(1)

    answer = api.post("/volume/rm", json={"path": ""})

    assert (answer.json(), files_of(api)) == ({"deleted_path": ""}, [])


def test_a_failed_download_stays_listed(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api, downloadLink="https://files.example/fail.bin")
    emulator.clock.advance(61)

    rows = api.get("/volume/downloading-models").json()

    assert [(row["status"], row["error_log"]) for row in rows] == [("failed", "404 Not Found")]


def test_a_cancelled_download_leaves_no_file(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    row = api.get("/volume/downloading-models").json()[0]

    api.delete(f"/file/{row['id']}/cancel")
    emulator.clock.advance(61)

    assert files_of(api) == []


def test_a_model_can_be_moved_and_removed(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    emulator.clock.advance(61)

    api.post("/volume/move", json={"source_path": "loras/style.safetensors", "destination_path": "old/s.bin"})
    moved = files_of(api)
    statuses = [api.post("/volume/rm", json={"path": "old"}).status_code for _ in range(2)]

    assert (moved, statuses, files_of(api)) == (["old/s.bin"], [200, 404], [])


def test_accounts_have_volumes_of_their_own(api: httpx.Client, emulator: Emulator) -> None:
    add_model(api)
    emulator.clock.advance(61)
    stranger = {"authorization": f"Bearer {emulator.comfydeploy.key('user_stranger')}"}

    assert api.get("/volume/private-models", headers=stranger).json() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "huggingface"},
        {"source": "civitai"},
        {"source": "civitai", "civitai": {"url": "https://models.example/1"}},
        {"source": "huggingface", "huggingface": {"repoId": "repo"}},
        {"downloadLink": None},
        {"downloadLink": "https://files.example/"},
    ],
)
def test_a_model_needs_its_address_and_a_name(fields: dict[str, Any], api: httpx.Client) -> None:
    assert add_model(api, **fields).status_code == 400


def test_a_whole_repository_has_a_row_id(api: httpx.Client) -> None:
    answer = add_model(api, source="huggingface", huggingface={"repoId": "owner/repo"})

    assert "model_id" in answer.json()


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/platform/gpu-pricing", "H100"),
        ("/comfyui-versions", "releases"),
        ("/latest-hashes", "comfyui_hash"),
        ("/branch-info?git_url=https://git.example/a/b", "commit"),
        ("/machine/version?machine_builder_version=4", "version"),
        ("/volume/name", "volume_name"),
        ("/platform/user-settings", "api_version"),
        ("/platform/usage", "usage"),
        ("/user/user_a", "username"),
    ],
)
def test_the_catalogue_answers(path: str, key: str, api: httpx.Client) -> None:
    assert key in api.get(path).json()


def test_a_snapshot_becomes_steps_with_stable_ids(api: httpx.Client, emulator: Emulator) -> None:
    node = {"hash": "abc", "disabled": False}
    snapshot = {"git_custom_nodes": {"https://git.example/a/pack.git": node}, "cnr_custom_nodes": {"impact": "1"}}

    steps = api.post("/snapshot-to-docker", json=snapshot).json()
    machine = make_ready_machine(api, emulator, docker_command_steps=steps)

    assert [step["id"] for step in steps["steps"]] == ["git-pack", "cnr-impact"]
    assert make_deployment(api, make_workflow(api), machine)["machine_id"] == machine["id"]
