"""The self-hosted web app: keys, errors, what is there in which profile, files and sign-in."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from selfhosted_objects import MACHINE, body_of, caller_of, failure_of, make_deployment, rows, run_to_end, saved, start

from pulumi_comfy.emulator import Emulator

PUBLIC = {"/run", "/upload-url", "/workflow", "/workflow-version/:version_id", "/auth-response/:request_id"}
ADDED = {"/machine", "/machine/:id", "/deployment", "/deployment/:id", "/api-key", "/api-key/:id"}
UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


@pytest.mark.parametrize("key", ["nobody's", None])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path_is_a_404_in_text_with_any_key(emulator: Emulator, method: str, key: str | None) -> None:
    with caller_of(emulator, key) as client:
        answer = client.request(method, "/api/workflows")

    assert (answer.status_code, answer.text) == (404, "404 Not Found")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/api/run", "/api/workflow", "/api/machine/x", "/api/nothing"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_path_of_the_public_server_takes_other_methods(selfhosted: httpx.Client, method: str, path: str) -> None:
    answer = selfhosted.request(method, path)

    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("path", ["/api/machine", "/api/deployment", "/api/api-key"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_public_server_has_no_machines_deployments_and_keys(
    selfhosted: httpx.Client, emulator: Emulator, method: str, path: str
) -> None:
    before = emulator.selfhosted.dump()

    answer = selfhosted.request(method, path, json=MACHINE)

    assert (answer.status_code, answer.text, emulator.selfhosted.dump()) == (404, "404 Not Found", before)


@pytest.mark.parametrize("path", ["/machine", "/deployment", "/api-key", "/workflows", "/internal"])
def test_a_path_outside_the_api_leads_to_a_page_that_asks_for_a_login(selfhosted: httpx.Client, path: str) -> None:
    answer = selfhosted.get(path)
    followed = selfhosted.get(answer.headers["location"])

    assert (answer.status_code, followed.status_code) == (307, 200)
    assert followed.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/docs/endpoints", 200), ("/internal/openapi.json", 404)])
def test_an_open_page_and_one_that_is_not_there_are_html(selfhosted: httpx.Client, path: str, status: int) -> None:
    answer = selfhosted.get(path)

    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")


def test_a_callback_takes_no_other_method(selfhosted: httpx.Client) -> None:
    assert selfhosted.get("/api/update-run").status_code == 405


def test_a_trailing_slash_is_another_path(selfhosted: httpx.Client) -> None:
    assert selfhosted.get("/api/doc/").status_code == 404


@pytest.mark.parametrize(("profile", "paths"), [("oss", PUBLIC), ("seed", PUBLIC | ADDED)])
def test_the_description_lists_what_the_profile_has_and_asks_for_no_key(
    emulator: Emulator, profile: Any, paths: set[str]
) -> None:
    emulator.selfhosted.settings.profile = profile

    with caller_of(emulator, "none") as client:
        described = body_of(client.get("/api/doc"))

    assert (set(described["paths"]), described["servers"]) == (paths, [{"url": "/api"}])


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", ""])
def test_a_bad_key_is_a_401_in_text_before_anything_is_looked_at(emulator: Emulator, header: str) -> None:
    answer = httpx.post(f"{emulator.selfhosted.url}/api/run", headers={"authorization": header}, content=b"{")

    assert (answer.status_code, answer.text) == (401, "Invalid or expired token")


def test_another_platforms_key_is_none(emulator: Emulator) -> None:
    with caller_of(emulator, emulator.comfydeploy.key()) as client:
        assert client.get("/api/run").status_code == 401


def test_the_word_before_the_key_is_not_looked_at(emulator: Emulator) -> None:
    headers = {"authorization": f"Anything {emulator.selfhosted.key()}"}

    answer = httpx.get(f"{emulator.selfhosted.url}/api/run", headers=headers, params={"run_id": UNKNOWN})

    assert answer.json() == {"code": 400, "message": "Workflow not found"}


def test_a_well_signed_key_without_a_row_is_good(selfhosted: httpx.Client, emulator: Emulator) -> None:
    emulator.reset()

    assert (rows(emulator, "api_keys"), selfhosted.post("/api/workflow", json=saved()).status_code) == ([], 200)


@pytest.mark.parametrize(
    ("body", "code", "path", "message"),
    [
        ({}, "invalid_type", ["deployment_id"], "Required"),
        ({"deployment_id": 7}, "invalid_type", ["deployment_id"], "Expected string, received number"),
        ({"deployment_id": "x", "inputs": {"a": True}}, "invalid_union", ["inputs", "a"], "Invalid input"),
        ([], "invalid_type", [], "Expected object, received array"),
    ],
)
def test_what_does_not_fit_is_listed_with_its_place(
    selfhosted: httpx.Client, body: Any, code: str, path: list[str], message: str
) -> None:
    answer = selfhosted.post("/api/run", json=body)

    told = answer.json()
    issue = told["error"]["issues"][0]
    assert (answer.status_code, told["success"], told["error"]["name"]) == (400, False, "ZodError")
    assert (issue["code"], issue["path"], issue["message"]) == (code, path, message)


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("application/json", "Malformed JSON in request body"),
        ("text/plain", "Invalid HTTP header: Content-Type=text/plain"),
    ],
)
def test_what_is_no_json_is_told_as_that(selfhosted: httpx.Client, content_type: str, message: str) -> None:
    answer = selfhosted.post("/api/run", content=b'{"deployment_id": NaN}', headers={"content-type": content_type})

    assert (answer.status_code, answer.json()) == (400, {"success": False, "message": message})


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/workflow", "none", 204),
        ("/api/workflow-version/x", "none", 204),
        ("/api/run", "none", 401),
        ("/api/run", None, 404),
    ],
)
def test_only_what_browsers_use_has_a_pre_flight(emulator: Emulator, path: str, key: str | None, status: int) -> None:
    with caller_of(emulator, key) as client:
        assert client.options(path).status_code == status


def test_a_device_gets_its_key_once_and_for_a_week(selfhosted: httpx.Client, emulator: Emulator) -> None:
    answers = [selfhosted.get("/api/auth-response/device")]
    emulator.selfhosted.approve("device")
    answers += [selfhosted.get("/api/auth-response/device") for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 200, 201]
    assert [one.json().get("message") for one in answers] == ["Not ready yet.", None, "Already used."]
    with caller_of(emulator, answers[1].json()["api_key"]) as client:
        before = client.post("/api/workflow", json=saved())
        emulator.clock.advance(7 * 24 * 3600 + 1)
        after = client.post("/api/workflow", json=saved())
    assert (before.status_code, after.status_code) == (200, 401)


def test_an_uploaded_picture_is_there_for_everybody(selfhosted: httpx.Client) -> None:
    told = body_of(selfhosted.get("/api/upload-url", params={"type": "image/png", "file_size": "3"}))

    put = httpx.put(told["upload_url"], content=b"abc", headers={"content-type": "image/png"})
    seen = selfhosted.get("/api/view", params={"file": f"inputs/{told['file_id']}.png"})

    assert (put.status_code, seen.status_code, seen.headers["location"]) == (200, 307, told["download_url"])
    assert httpx.get(told["download_url"]).content == b"abc"


def test_nothing_is_put_under_an_address_that_is_not_signed(selfhosted: httpx.Client) -> None:
    told = body_of(selfhosted.get("/api/upload-url", params={"type": "image/png", "file_size": "3"}))

    put = httpx.put(told["download_url"], content=b"abc")

    assert (put.status_code, httpx.get(told["download_url"]).status_code) == (403, 403)


def test_a_large_upload_is_a_500_and_another_kind_a_400(selfhosted: httpx.Client) -> None:
    large = selfhosted.get("/api/upload-url", params={"type": "image/png", "file_size": str(50 * 1024**2 + 1)})
    others = [
        selfhosted.get("/api/upload-url", params={"type": kind, "file_size": size})
        for kind, size in (("image/webp", "1"), ("image/png", "0"), ("image/png", "many"))
    ]

    assert failure_of(large) == "File size exceeds 50MB limit"
    assert [one.status_code for one in others] == [400, 400, 400]


def test_a_restored_server_gives_the_same_dump_and_runs(selfhosted: httpx.Client, emulator: Emulator) -> None:
    deployment_id = make_deployment(selfhosted, emulator)
    run_to_end(selfhosted, emulator, deployment_id)
    emulator.selfhosted.approve("device")
    held = json.loads(json.dumps(emulator.selfhosted.dump(include_secrets=True)))

    emulator.selfhosted.restore(held)

    assert [name for name, table in held.items() if not table] == []
    assert json.loads(json.dumps(emulator.selfhosted.dump(include_secrets=True))) == held
    emulator.selfhosted.settings.models = {"checkpoints": ["model.safetensors"]}
    assert start(selfhosted, deployment_id).status_code == 200


def test_what_is_no_dump_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no table 'secrets'"):
        emulator.selfhosted.restore({"secrets": []})


def test_a_dump_shows_no_credential_unless_asked(selfhosted: httpx.Client, emulator: Emulator) -> None:
    emulator.selfhosted.add_machine(auth_token="very-private")

    assert "very-private" not in json.dumps(emulator.selfhosted.dump())
    assert "eyJ" not in json.dumps(emulator.selfhosted.dump())
    assert "very-private" in json.dumps(emulator.selfhosted.dump(include_secrets=True))
