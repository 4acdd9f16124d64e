"""Files, users and routes of a plain ComfyUI server: rules that no recording of ours shows."""

from __future__ import annotations

import httpx
import pytest
from comfyui_objects import caller_of

from pulumi_comfy.emulator import Emulator, EmulatorClient, route_table

PATH = "/api/userdata/workflows%2Fa.json"


def test_a_file_that_a_person_saved_is_served(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.userdata.write("workflows/a.json", '{"a": 1.0}')

    assert comfyui.get(PATH).text == '{"a": 1.0}'


def test_a_file_that_the_api_saved_is_there_for_a_person(comfyui: httpx.Client, emulator: Emulator) -> None:
    comfyui.post(PATH, content=b'{"a": 1.0}')

    assert emulator.comfyui.userdata.read("workflows/a.json") == '{"a": 1.0}'


def test_a_person_can_delete_a_file(comfyui: httpx.Client, emulator: Emulator) -> None:
    comfyui.post(PATH, content=b"{}")

    emulator.comfyui.userdata.delete("workflows/a.json")

    assert comfyui.get(PATH).status_code == 404


@pytest.mark.parametrize("path", ["../a.json", "", "workflows"])
def test_a_person_saves_in_the_own_folder_only(path: str, emulator: Emulator) -> None:
    emulator.comfyui.userdata.write("workflows/a.json", "{}")

    with pytest.raises(ValueError, match="no path of a file"):
        emulator.comfyui.userdata.write(path, "{}")


@pytest.mark.parametrize(("name", "status"), [("a" * 250, 200), ("é" * 126, 400)])
def test_a_name_is_as_long_as_a_disk_takes(name: str, status: int, comfyui: httpx.Client) -> None:
    assert comfyui.post(f"/api/userdata/workflows%2F{name}.json", content=b"{}").status_code == status


def test_a_newer_server_tells_moments_in_whole_milliseconds(comfyui: httpx.Client) -> None:
    saved = comfyui.post(f"{PATH}?full_info=true", content=b"{}").json()

    assert (type(saved["modified"]), saved["modified"] > 1e11) == (int, True)


def test_the_newer_list_tells_seconds_in_any_version(comfyui: httpx.Client) -> None:
    comfyui.post(PATH, content=b"{}")

    listed = comfyui.get("/v2/userdata").json()

    assert (listed[0]["type"], listed[1]["modified"] < 1e11) == ("directory", True)


def test_a_newer_server_keeps_a_browser_from_showing_files(comfyui: httpx.Client) -> None:
    comfyui.post(PATH, content=b"{}")

    assert comfyui.get(PATH).headers["x-content-type-options"] == "nosniff"


def test_a_newer_server_refuses_a_move_out_of_the_folder(comfyui: httpx.Client) -> None:
    comfyui.post(PATH, content=b"{}")

    assert comfyui.post(f"{PATH}/move/..%2F..%2Fx.json").status_code == 403


def test_saving_keeps_the_moment_of_creation(comfyui: httpx.Client, emulator: Emulator) -> None:
    created = []
    for _ in range(2):
        created.append(comfyui.post(f"{PATH}?full_info=true", content=b"{}").json()["created"])
        emulator.clock.advance(10)

    assert created[0] == created[1]


def test_users_of_one_server_have_files_of_their_own(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.multi_user = True
    mine, other = emulator.comfyui.add_user("Alice B"), emulator.comfyui.add_user("bob")
    with caller_of(emulator, **{"comfy-user": mine}) as alice:
        alice.post(PATH, content=b"{}")

    assert mine.startswith("alice-b_")
    assert (emulator.comfyui.userdata.paths(mine), emulator.comfyui.userdata.paths(other)) == (["workflows/a.json"], [])


def test_a_server_with_one_user_ignores_the_header(comfyui: httpx.Client, emulator: Emulator) -> None:
    comfyui.post(PATH, content=b"{}", headers={"comfy-user": "ghost"})

    assert emulator.comfyui.userdata.paths() == ["workflows/a.json"]


def test_a_subfolder_that_leads_out_of_the_outputs_is_forbidden(comfyui: httpx.Client) -> None:
    assert comfyui.get("/view?filename=a.png&subfolder=../x").status_code == 403


def test_a_mask_needs_its_picture(comfyui: httpx.Client, emulator: Emulator) -> None:
    form = {"image": ("m.png", b"x", "image/png"), "original_ref": (None, '{"filename": "a.png", "type": "input"}')}
    before = comfyui.post("/upload/mask", files=form).status_code
    emulator.comfyui.files.put("a.png")

    assert (before, comfyui.post("/upload/mask", files=form).json()["name"]) == (400, "m.png")


def test_what_is_no_form_breaks_the_upload(comfyui: httpx.Client) -> None:
    assert comfyui.post("/upload/image", content=b"x").status_code == 500


def test_an_unknown_folder_of_files_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown folder 'models'"):
        emulator.comfyui.files.put("a", folder="models")  # type: ignore[arg-type]


def test_a_fault_of_a_file_is_planned_by_its_template(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/userdata/{file}", "status", status=502)

    assert [comfyui.get(PATH).status_code for _ in range(2)] == [502, 404]


def test_the_log_names_the_template_without_the_second_prefix(comfyui: httpx.Client, emulator: Emulator) -> None:
    comfyui.get(PATH)

    assert [(entry.path, entry.status) for entry in emulator.requests] == [("/userdata/{file}", 404)]


def test_what_no_client_calls_is_501_with_its_name(comfyui: httpx.Client) -> None:
    rows = [row for row in route_table() if row.platform == "comfyui" and row.evidence == "not emulated"]

    answers = [comfyui.request(row.method, row.path.replace("{", "").replace("}", "")) for row in rows]

    assert len(rows) > 10
    assert {answer.status_code for answer in answers} == {501}
    assert all(row.path in answer.json()["error"] for row, answer in zip(rows, answers, strict=True))


def test_the_environment_names_the_address_alone(emulator: Emulator) -> None:
    assert emulator.comfyui.environment() == {"COMFYUI_URL": f"{emulator.url}/comfyui"}


def test_no_key_is_asked_for(emulator: Emulator) -> None:
    assert emulator.comfyui.key() == ""


def test_another_process_saves_a_file_as_a_person(emulator: Emulator) -> None:
    with EmulatorClient(emulator.url) as client:
        client.comfyui.userdata.write("workflows/a.json", "{}")
        client.comfyui.restart()

        assert client.comfyui.userdata.paths() == ["workflows/a.json"]
