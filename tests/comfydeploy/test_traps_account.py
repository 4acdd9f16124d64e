"""The traps of API keys and the wire (docs/platforms/comfydeploy.md 1.2, 2.8, 6)."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from lone import up
from plain_http import PlainHttp

from pulumi_comfy.platforms import comfydeploy


def test_a_key_is_found_by_its_last_characters_and_kept_for_ever(lone, emulator):
    it = lone("ApiKey")

    up(it)
    it.refresh()

    (row,) = it.rows
    assert (it.id, it.outputs["key"]) == (row["id"], row["key"])


def test_a_key_whose_answer_is_lost_is_revoked_and_made_anew(lone, emulator):
    it = lone("ApiKey")
    emulator.faults.add("POST", "/platform/api-keys", "lost")

    up(it)

    (row,) = it.rows
    assert it.outputs["key"] == row["key"]


NEW_KEY = ("POST", "/platform/api-keys")


def test_a_key_whose_every_answer_is_lost_is_an_error_and_nothing_of_it_is_left(lone, emulator):
    it = lone("ApiKey")
    emulator.faults.add(*NEW_KEY, "lost", times=None)

    error = it.up()
    held = it.rows
    emulator.faults.clear()
    up(it)

    assert error is not None
    assert held == []
    assert [row["key"] for row in it.rows] == [it.outputs["key"]]


def test_a_key_of_a_given_name_that_is_there_after_a_lost_answer_is_refused_with_its_id_and_not_revoked(lone, emulator):
    it = lone("ApiKey", name="given")
    emulator.faults.add(*NEW_KEY, "lost")

    refused = it.up()

    (row,) = it.rows
    assert refused.code == "COMFY2501"
    assert row["id"] in str(refused)


class BlindAfterThePost(PlainHttp):
    """A platform that makes the key and then tells nobody anything."""

    def __init__(self):
        super().__init__()
        self.is_blind = False

    async def handle_async_request(self, request):
        if self.is_blind:
            return httpx.Response(500, text="Internal Server Error", request=request)
        self.is_blind = request.method == "POST"
        return await super().handle_async_request(request)


def test_a_key_that_could_not_be_found_after_its_create_is_made_anew_and_the_lost_one_revoked(lone):
    it = lone("ApiKey")
    it.transport = BlindAfterThePost

    failed = it.up()
    (lost,) = it.rows
    it.transport = None
    up(it)

    assert failed is not None
    assert [(row["id"], row["key"]) for row in it.rows] == [(it.id, it.outputs["key"])]
    assert it.id != lost["id"]


def test_a_key_of_a_given_name_that_nobody_holds_is_refused_with_its_id_and_not_revoked(lone):
    it = lone("ApiKey", name="given")
    it.transport = BlindAfterThePost
    it.up()
    (lost,) = it.rows
    it.transport = None

    refused = it.up()

    assert refused.code == "COMFY4001"
    assert lost["id"] in str(refused)
    assert it.rows == [lost]


def test_a_namesake_is_found_behind_a_page_of_keys_whose_names_begin_alike(lone, platform, monkeypatch):
    monkeypatch.setattr("pulumi_comfy.platforms.comfydeploy.api.account.PAGE", 2)
    it = lone("ApiKey", name="given")
    for name in ("given", "given-2", "given-3"):
        platform.post("/platform/api-keys", json={"name": name}).raise_for_status()

    refused = it.up()

    assert refused.code == "COMFY4001"


def test_a_lost_key_that_cannot_be_revoked_yet_is_revoked_by_the_next_up_and_the_value_is_kept(lone, emulator):
    it = lone("ApiKey")
    it.transport = BlindAfterThePost
    it.up()
    it.transport = None
    emulator.faults.add("DELETE", "/platform/api-keys/[^/]+", "status", status=500, times=None)

    failed = it.up()
    key = it.outputs["key"]
    emulator.faults.clear()
    up(it)

    assert failed is not None
    assert [(row["id"], row["key"]) for row in it.rows] == [(it.id, key)]
    assert it.outputs["key"] == key


SOURCE = Path(comfydeploy.__file__).parent


def code():
    """All the code of the platform, without what its docstrings say."""
    return "\n".join(re.sub(r'"""[\s\S]*?"""', "", path.read_text()) for path in SOURCE.rglob("*.py"))


TRAPS = (
    "/rollback",  # may do nothing, with 200
    '"wait_for_build"',  # answers `building`, with 200, however the build ended
    "/run/deployment/sync",  # hides a failure behind an empty list
    "/run/deployment/stream",  # ends silently on a failure
    *("/run/queue", "/run/sync", "/run/stream", '"/run"', '"/runs"'),  # deprecated or gone
    *("/machine/create", "/machine/modal", "/volume/add_file"),
    '"/machines"',  # lists deleted machines too
    "www.comfydeploy.com",  # the first version of the API
)


@pytest.mark.parametrize("trap", TRAPS)
def test_no_code_asks_for(trap):
    assert trap not in code()


@pytest.mark.parametrize("route", ['"/machines/all"', '"/run/deployment/queue"', '"/workflows/all"'])
def test_what_code_does_ask_for_is_seen_in_the_same_place(route):
    assert route in code()


def test_a_secret_whose_machine_is_named_in_capitals_stays_linked(lone):
    it = lone("Secret")
    it.arguments["machine_ids"] = [machine.upper() for machine in it.arguments["machine_ids"]]
    up(it)
    it.arguments["variables"] = {"TOKEN": "canary-2"}
    up(it)

    assert [machine.upper() for machine in it.rows[0]["machine_ids"]] == it.arguments["machine_ids"]
    it.assert_settled()


@pytest.mark.parametrize("field", ["workflow_id", "workflow_version_id", "machine_id"])
def test_an_id_in_capitals_is_the_same_id(lone, field):
    it = lone("Deployment")
    up(it)
    it.arguments[field] = it.arguments[field].upper()

    assert not it.has_changes()


def test_an_id_in_capitals_is_adopted(lone, platform):
    it = lone("Workflow", name="the-name")
    it.let_somebody_make_a_namesake()
    (theirs,) = it.others
    it.arguments["adopt"] = theirs.upper()

    up(it)

    assert it.id == theirs
