"""Who may ask the emulator: programs and pages of this machine, never a page from elsewhere."""

from __future__ import annotations

import httpx
import pytest
from emulated_objects import make_running_deployment, picture_of, run_to_end

from pulumi_comfy.emulator import Emulator

ADMINISTRATION = ("POST", "/_emulator/comfydeploy/key")
PLATFORM = ("GET", "/comfydeploy/api/machines")
ELSEWHERE = "https://evil.example"
A_LOCAL_PAGE = "http://localhost:3000"


def status(emulator: Emulator, route: tuple[str, str], **headers: str) -> int:
    """What a request with a key and these headers is answered; underscores stand for hyphens."""
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = {"authorization": f"Bearer {emulator.comfydeploy.key()}", **spelled}
    body = {} if route[0] == "POST" else None
    return httpx.request(
        route[0], emulator.url + route[1], headers=asked, json=body, trust_env=False, verify=False
    ).status_code


@pytest.mark.parametrize("route", [ADMINISTRATION, PLATFORM], ids=["administration", "platform"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_a_name_of_this_machine_is_answered(route: tuple[str, str], host: str, emulator: Emulator) -> None:
    port = emulator.url.rsplit(":", 1)[1]

    assert [status(emulator, route, host=f"{host}{suffix}") for suffix in ("", f":{port}", ":1234")] == [200] * 3


@pytest.mark.parametrize(
    "route",
    [ADMINISTRATION, PLATFORM, ("GET", "/files/x"), ("GET", "/")],
    ids=["administration", "platform", "file", "root"],
)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.7", "[::1", "@127.0.0.1x", ""],
)
def test_a_name_that_was_made_to_point_here_is_refused(route: tuple[str, str], host: str, emulator: Emulator) -> None:
    assert status(emulator, route, host=host) == 403


@pytest.mark.parametrize("route", [ADMINISTRATION, PLATFORM], ids=["administration", "platform"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ELSEWHERE, "sec_fetch_site": "cross-site"},
        {"origin": ELSEWHERE},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_a_page_from_elsewhere_is_refused(route: tuple[str, str], headers: dict[str, str], emulator: Emulator) -> None:
    assert status(emulator, route, **headers) == 403


def test_a_page_from_elsewhere_changes_nothing_and_is_no_request_to_the_platform(
    api: httpx.Client, emulator: Emulator
) -> None:
    api.post("/workflow", json={"name": "w", "workflow_json": "{}"}, headers={"origin": ELSEWHERE})

    assert (emulator.comfydeploy.dump()["workflows"], emulator.requests) == ([], [])


@pytest.mark.parametrize(
    ("headers", "platform"),
    [({"origin": A_LOCAL_PAGE, "sec_fetch_site": "same-site"}, 200), ({"sec_fetch_site": "same-site"}, 200)],
)
def test_a_page_that_this_machine_serves_may_use_a_platform_and_not_the_administration(
    headers: dict[str, str], platform: int, emulator: Emulator
) -> None:
    assert [status(emulator, route, **headers) for route in (PLATFORM, ADMINISTRATION)] == [platform, 403]


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_a_person_who_types_the_address_is_answered(site: str, emulator: Emulator) -> None:
    answered = [status(emulator, route, sec_fetch_site=site) for route in (PLATFORM, ADMINISTRATION)]

    assert answered == [200, 200]


def test_the_emulators_own_pages_may_ask_everything(emulator: Emulator) -> None:
    assert [status(emulator, route, origin=emulator.url) for route in (PLATFORM, ADMINISTRATION)] == [200, 200]


def test_a_picture_may_stand_in_any_page_as_its_address_is_its_key(api: httpx.Client, emulator: Emulator) -> None:
    run = run_to_end(api, emulator, make_running_deployment(api, emulator))
    url = run["outputs"][0]["data"]["images"][0]["url"]

    shown = httpx.get(
        url, headers={"sec-fetch-site": "cross-site", "referer": ELSEWHERE}, trust_env=False, verify=False
    )

    assert shown.content == picture_of(run)


def test_the_refusal_says_what_to_do(emulator: Emulator) -> None:
    answer = httpx.get(
        f"{emulator.url}/_emulator/health", headers={"host": "evil.example"}, trust_env=False, verify=False
    )

    assert "127.0.0.1" in answer.json()["detail"]
