"""Comfy Cloud's saved workflows, versions and publications."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from comfycloud_objects import DOCUMENT, append, caller_of, content_of, make_workflow

from pulumi_comfy.emulator import Emulator

FILE = "/api/userdata/workflows%2Fhero.json/publish"


def test_a_new_workflow_has_its_first_version(cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    assert (made["latest_version"], content_of(cloud, made)["version"]) == (1, 1)


def test_fields_without_a_value_are_left_out(cloud: httpx.Client) -> None:
    assert "description" not in make_workflow(cloud)


def test_fields_without_a_value_may_be_null(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.absent_fields = "null"

    assert make_workflow(cloud)["description"] is None


def test_the_origin_of_a_fork_is_told(cloud: httpx.Client) -> None:
    made = make_workflow(cloud, forked_from_workflow_id="a", forked_from_workflow_version_id="b")

    assert made["forked_from"] == {"workflow_id": "a", "workflow_version_id": "b"}


def test_only_the_content_names_the_version(cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    appended = append(cloud, made, 1).json()

    assert (appended["version"], content_of(cloud, made)["id"]) == (2, appended["id"])


def test_a_version_on_an_old_one_is_a_conflict(cloud: httpx.Client, emulator: Emulator) -> None:
    made = make_workflow(cloud)
    emulator.comfycloud.save_version(made["id"], {"nodes": [1]})

    answer = append(cloud, made, 1)

    assert (answer.status_code, sorted(answer.json())) == (409, ["code", "message"])
    assert content_of(cloud, made)["workflow_json"] == {"nodes": [1]}


def test_changing_the_metadata_makes_no_version(cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    changed = cloud.patch(f"/api/workflows/{made['id']}", json={"description": "new"}).json()

    assert (changed["latest_version"], changed["name"], changed["description"]) == (1, "hero", "new")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"name": "a"}),
        ("POST", "", {"workflow_json": "{}"}),
        ("POST", "", {"workflow_json": {}, "default_view": "grid"}),
        ("PATCH", "/{id}", {"name": None}),
        ("POST", "/{id}/versions", {"workflow_json": {}}),
        ("POST", "/{id}/versions", {"workflow_json": {}, "base_version": "1"}),
    ],
)
def test_a_body_of_another_shape_is_422(method: str, path: str, body: Any, cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    answer = cloud.request(method, f"/api/workflows{path.format(**made)}", json=body)

    assert (answer.status_code, sorted(answer.json())) == (422, ["code", "message"])


def test_a_document_comes_back_in_another_order(cloud: httpx.Client) -> None:
    assert list(content_of(cloud, make_workflow(cloud))["workflow_json"]) == sorted(DOCUMENT)


def test_a_deleted_workflow_is_gone_for_the_api_alone(cloud: httpx.Client, emulator: Emulator) -> None:
    made = make_workflow(cloud)

    statuses = [cloud.delete(f"/api/workflows/{made['id']}").status_code for _ in range(2)]

    kept = [len(emulator.comfycloud.dump(include_deleted=shown)["workflows"]) for shown in (False, True)]
    assert (statuses, kept) == ([204, 404], [0, 1])


def test_the_name_of_a_list_is_a_part_of_names(cloud: httpx.Client) -> None:
    for name in ("hero", "Superhero", "villain"):
        make_workflow(cloud, name=name)

    listed = cloud.get("/api/workflows", params={"name": "HERO", "sort": "name", "order": "asc"}).json()

    assert [row["name"] for row in listed["data"]] == ["Superhero", "hero"]


def test_a_list_has_pages(cloud: httpx.Client) -> None:
    for number in range(3):
        make_workflow(cloud, name=str(number))

    listed = cloud.get("/api/workflows", params={"limit": 2}).json()

    assert [row["name"] for row in listed["data"]] == ["2", "1"]
    assert listed["pagination"] == {"offset": 0, "limit": 2, "total": 3, "has_more": True}


@pytest.mark.parametrize(("shape", "keys"), [("coded", ["code", "message"]), ("message", ["message"])])
def test_a_query_that_does_not_fit_is_400(shape: Any, keys: list[str], cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.binding_errors = shape

    answer = cloud.get("/api/workflows?limit=1000")

    assert (answer.status_code, sorted(answer.json())) == (400, keys)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "", 403), ("GET", "/content", 403), ("POST", "/versions", 403), ("PATCH", "", 404), ("DELETE", "", 404)],
)
def test_another_workspaces_key_changes_nothing(
    method: str, path: str, status: int, cloud: httpx.Client, emulator: Emulator
) -> None:
    made = make_workflow(cloud)
    held = emulator.comfycloud.dump(include_deleted=True)
    with caller_of(emulator, "other") as stranger:
        body = {"base_version": 1, "workflow_json": {}, "name": "x"} if method in ("POST", "PATCH") else None
        answer = stranger.request(method, f"/api/workflows/{made['id']}{path}", json=body)

    assert (answer.status_code, emulator.comfycloud.dump(include_deleted=True)) == (status, held)


def test_another_workspace_lists_its_own(cloud: httpx.Client, emulator: Emulator) -> None:
    make_workflow(cloud)

    with caller_of(emulator, "other") as stranger:
        assert stranger.get("/api/workflows").json()["data"] == []


def test_forking_is_not_emulated(cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    assert cloud.post(f"/api/workflows/{made['id']}/fork", json={"source_version": 1}).status_code == 501


def test_a_file_that_was_never_published_has_no_moment(cloud: httpx.Client) -> None:
    made = make_workflow(cloud)

    info = cloud.get(FILE).json()

    assert (info["workflow_id"], info["share_id"], info["publish_time"]) == (made["id"], "", None)


def test_a_file_that_was_never_published_may_be_404(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.never_published = "404"
    make_workflow(cloud)

    assert cloud.get(FILE).status_code == 404


def test_publishing_again_keeps_the_link_and_takes_the_newest(cloud: httpx.Client, emulator: Emulator) -> None:
    made = make_workflow(cloud)
    links = []
    for number in range(2):
        links.append(cloud.post(FILE, json={"asset_ids": []}).json()["share_id"])
        emulator.comfycloud.save_version(made["id"], {"number": number})

    seen = cloud.get(f"/api/workflows/published/{links[0]}").json()
    assert (links[0], seen["workflow_json"], seen["name"]) == (links[1], {"number": 0}, "hero")


def test_a_published_workflow_shows_its_assets(cloud: httpx.Client, emulator: Emulator) -> None:
    make_workflow(cloud)
    asset = emulator.comfycloud.add_asset("a.png")

    assert [row["name"] for row in cloud.post(FILE, json={"asset_ids": [asset]}).json()["assets"]] == ["a.png"]


@pytest.mark.parametrize("body", [{}, {"asset_ids": "a"}, {"asset_ids": ["unknown"]}])
def test_publishing_says_no_in_plain_text(body: Any, cloud: httpx.Client) -> None:
    make_workflow(cloud)

    answer = cloud.post(FILE, json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")


def test_a_workflow_may_stand_at_another_path(cloud: httpx.Client, emulator: Emulator) -> None:
    made = make_workflow(cloud)

    emulator.comfycloud.move_workflow(made["id"], "workflows/team/hero.json")

    statuses = [cloud.get(path).status_code for path in (FILE, FILE.replace("hero", "team%2Fhero"))]
    assert statuses == [404, 200]


def test_a_person_saves_workflows_too(cloud: httpx.Client, emulator: Emulator) -> None:
    workflow_id = emulator.comfycloud.add_workflow(DOCUMENT, "mine")

    assert cloud.get(f"/api/workflows/{workflow_id}").json()["created_by"] == "user_browser"


def test_a_version_of_nothing_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="there is no workflow x"):
        emulator.comfycloud.save_version("x", {})


def test_a_fault_of_a_publication_is_planned_by_its_template(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/userdata/{file}/publish", "status", status=502)

    statuses = [cloud.post(FILE, json={"asset_ids": []}).status_code for _ in range(2)]

    assert (statuses, emulator.requests[-1].path) == ([502, 404], "/userdata/{file}/publish")
