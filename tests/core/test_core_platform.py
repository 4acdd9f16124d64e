"""Core is plural: a platform without a key, whose account must be asked for, and that answers 200 with an error."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from core_toys import FACTS, HANDLER, RED, SCOPE, URN, KettleHandler, Kitchen, make_call, make_connection, run

from pulumi_comfy.configuration import PLATFORMS, PlatformSettings, Setting
from pulumi_comfy.core import lifecycle
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Address, address_of, check_name, connect
from pulumi_comfy.core.errors import InputError, OwnershipError, PlatformError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.memory import Facts, Memory
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.platform import Kinds, Platform, all_platforms, handler_of, platform_of, token_of_type
from pulumi_comfy.core.service import Accounts

URL = Setting("mirrorsUrl", "MIRRORS_URL", "Where they hang.")
KEY = Setting("mirrorsKey", "MIRRORS_KEY", "Opens the hall.", is_secret=True)


class Mirrors:
    """A client, and how often it asked whose mirrors these are."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self.asked = 0


class Spoken(Dialect):
    """Says in the body whether it went well."""

    def is_failure(self, body: Json) -> bool:
        return isinstance(body, dict) and body.get("ok") is False

    def detail_of(self, body: Json) -> str:
        return str(body.get("why")) if isinstance(body, dict) else super().detail_of(body)


async def _whose(client: Mirrors) -> str:
    client.asked += 1
    await asyncio.sleep(0)
    return "hall_1"


async def _question(client: Mirrors) -> None:
    await client.http.read("/", tried="look")


def mirrors(
    accounts: Accounts[Mirrors] | None = None, key: Setting | None = None, user: Setting | None = None
) -> Platform[Mirrors]:
    return Platform(
        key="mirrors",
        name="Mirrors",
        settings=PlatformSettings(url=URL, key=key, user=user),
        client=Mirrors,
        question=_question,
        handlers={"Kettle": KettleHandler()},
        dialect=Spoken(),
        accounts=accounts or Accounts(asked=_whose),
    )


HERE = Address("https://mirrors.example/api", None)


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MIRRORS_URL", "MIRRORS_KEY", "MIRRORS_URL_EAST", "MIRRORS_KEY_EAST"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Platform[Mirrors]:
    module = types.ModuleType("pulumi_comfy.platforms.mirrors.platform")
    module.PLATFORM = platform = mirrors()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pulumi_comfy.platforms.mirrors", types.ModuleType("mirrors"))
    monkeypatch.setitem(sys.modules, "pulumi_comfy.platforms.mirrors.platform", module)
    return platform


def test_a_token_names_its_platform_and_its_handler(registered: Platform[Mirrors]):
    assert platform_of("mirrors:Kettle") is registered
    assert handler_of("mirrors:Kettle") is registered.handlers["Kettle"]


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kinds]:
    """Kinds in files of their own, one of which cannot be loaded."""
    of_one = "class {0}Handler:\n    token = 'mirrors:{0}'\n"
    package = tmp_path / "mirrors_on_disk"
    (package / "hand_mirror").mkdir(parents=True)
    for place, text in {
        "__init__.py": "",
        "window.py": of_one.format("Window"),
        "hand_mirror/__init__.py": "",
        "hand_mirror/handler.py": of_one.format("HandMirror"),
        "broken.py": "raise AssertionError('loaded')",
    }.items():
        (package / place).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield Kinds("mirrors_on_disk", "Window", "HandMirror", "Broken")
    for name in [name for name in sys.modules if name.partition(".")[0] == "mirrors_on_disk"]:
        del sys.modules[name]


def test_a_kind_is_found_by_its_name_in_a_file_or_in_a_folder(hall: Kinds):
    assert [hall[name].token for name in ("Window", "HandMirror")] == ["mirrors:Window", "mirrors:HandMirror"]


def test_a_kind_is_made_once(hall: Kinds):
    assert hall["Window"] is hall["Window"]


def test_kinds_are_named_and_counted_without_being_loaded(hall: Kinds):
    assert (list(hall), len(hall), "Broken" in hall) == (["Window", "HandMirror", "Broken"], 3, True)


def test_a_kind_that_a_platform_has_not_is_none_of_its_files(hall: Kinds):
    assert "Handler" not in hall
    with pytest.raises(KeyError):
        hall["Handler"]


def test_every_platform_that_can_be_configured_is_there():
    assert [one.key for one in all_platforms()] == sorted(PLATFORMS)


def test_a_platform_without_a_key_is_reached_without_one():
    assert address_of(mirrors(), {"comfy:mirrorsUrl": "https://mirrors.example/api/"}.get) == HERE


def test_where_there_is_no_key_who_asks_is_a_part_of_the_address_and_of_the_scope():
    platform = mirrors(Accounts(), user=Setting("mirrorsUser", "MIRRORS_USER", "Who asks."))
    configured = {"comfy:mirrorsUrl": HERE.url, "comfy:mirrorsUser": "ann", "comfy:mirrorsUser_east": "bob"}

    ann, bob = (address_of(platform, configured.get, name) for name in (None, "east"))
    nobody = address_of(platform, {"comfy:mirrorsUrl": HERE.url}.get)

    assert [one.key for one in (ann, bob, nobody)] == ["ann", "bob", None]
    assert connect(platform, ann).scope == "mirrors.example/ann"
    assert connect(platform, nobody).scope == "mirrors.example"


def test_a_named_connection_has_its_own_address_or_else_the_common_one():
    common = {"comfy:mirrorsUrl": HERE.url}
    own = {**common, "comfy:mirrorsUrl_east": "https://east.example"}

    assert address_of(mirrors(), own.get, "east").url == "https://east.example"
    assert address_of(mirrors(), common.get, "east") == HERE


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "Set MIRRORS_URL or comfy:mirrorsUrl."),
        ("ftp://mirrors.example", "is no URL of an API"),
        ("http://mirrors.example:port", "is no URL of an API"),
        ("http://mirrors.example:65536", "is no URL of an API"),
        ("http://mirrors.example:0", "is no URL of an API"),
        ("http://mirrors..example", "is no URL of an API"),
        ("http://mir rors.example", "is no URL of an API"),
        (f"http://{'m' * 64}.example", "is no URL of an API"),
        ("ftp://me:secret@mirrors.example?token=secret", "'ftp://mirrors.example' is no URL of an API"),
        ("http://mirrors.example?token=secret", "the URL http://mirrors.example holds a query or a fragment"),
        ("http://mirrors.example/#secret", "the URL http://mirrors.example/ holds a query or a fragment"),
        ("http://me:secret@mirrors.example?page=1", "the URL http://mirrors.example holds a query or a fragment"),
        ("https://me:secret@mirrors.example", "holds a user name or a password"),
    ],
)
def test_what_is_no_address_is_refused(url: str, says: str):
    with pytest.raises(InputError, match="COMFY1104") as refused:
        address_of(mirrors(), {"comfy:mirrorsUrl": url}.get)

    assert says in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://my_mirror:65535",
        "http://[::1]:8188",
        "http://127.0.0.1",
        "http://mirrors.example.",
        "http://spiegel.köln",
    ],
)
def test_an_address_of_any_kind_that_can_be_is_taken(url: str):
    assert address_of(mirrors(), {"comfy:mirrorsUrl": url}.get).url == url


@pytest.mark.parametrize("url", ["https://mirrors.example", " https://mirrors.example/api/\n"])
def test_a_base_url_may_hold_what_every_route_begins_with_anyway(url: str):
    below_api = replace(mirrors(), below="/api")

    assert address_of(below_api, {"comfy:mirrorsUrl": url}.get).url == "https://mirrors.example"


@pytest.mark.parametrize(("name", "variable"), [(None, "MIRRORS_KEY"), ("east", "MIRRORS_KEY_EAST")])
def test_a_key_that_is_missing_is_named(name: str | None, variable: str):
    with pytest.raises(InputError, match="COMFY1101") as refused:
        address_of(mirrors(key=KEY), {"comfy:mirrorsUrl": HERE.url}.get, name)

    assert f"Set {variable}, or run" in str(refused.value)


def test_a_key_is_taken_without_what_a_clipboard_adds():
    configured = {"comfy:mirrorsUrl": HERE.url, "comfy:mirrorsKey": " key-1\n"}

    assert address_of(mirrors(key=KEY), configured.get).key == "key-1"


@pytest.mark.parametrize("key", ["key-1\nkey-2", "\u201ckey-1\u201d", "k\u00e9y"])
def test_a_key_that_no_header_can_hold_is_told_as_that_and_not_as_a_network_that_fails(key):
    with pytest.raises(InputError, match="COMFY1103") as refused:
        address_of(mirrors(key=KEY), {"comfy:mirrorsUrl": HERE.url, "comfy:mirrorsKey": key}.get)

    assert key not in str(refused.value)


def test_the_name_of_a_connection_is_judged_before_a_key_is_looked_for():
    with pytest.raises(InputError, match="lower-case letters"):
        check_name("East Wing")
    with pytest.raises(InputError, match="Rename the connection"):
        address_of(mirrors(), {}.get, "East")


def test_an_account_is_asked_for_once_however_many_ask():
    connection = connect(mirrors(), HERE)

    async def many() -> list[str]:
        return await asyncio.gather(*(connection.identify() for _ in range(3)))

    assert connection.scope is None
    assert run(many()) == ["mirrors.example/hall_1"] * 3
    assert connection.client.asked == 1
    assert (connection.scope, connection.memory.scope) == ("mirrors.example/hall_1",) * 2


def test_where_nothing_names_the_account_the_host_is_the_scope():
    connection = connect(mirrors(Accounts()), HERE)

    assert (connection.scope, run(connection.identify())) == ("mirrors.example", "mirrors.example")


def test_an_account_that_the_key_tells_is_known_without_a_call():
    platform = mirrors(Accounts(in_key=lambda key: key.partition("-")[2] or None), KEY)

    assert connect(platform, Address(HERE.url, "key-7")).scope == "mirrors.example/7"
    with pytest.raises(InputError, match="the configured key is not a Mirrors API key"):
        connect(platform, Address(HERE.url, "another"))


def call_on(platform: Platform[Mirrors], memory: Memory | None = None) -> Call[Any]:
    connection = connect(platform, HERE)
    connection.memory = memory or connection.memory
    return Call(connection, Cancellation(), urn=URN)


OUTPUTS = {"name": "mine", "size": 1, "tags": [], "labels": {}, "mode": "slow", "scope": "mirrors.example/hall_1"}


def test_a_comparison_asks_nobody_whose_key_it_is():
    call = call_on(mirrors())

    assert not lifecycle.compare(HANDLER, "kettle-1", OUTPUTS, {"name": "mine"}, call)
    assert call.client.asked == 0


def test_once_the_account_is_known_another_one_s_state_is_refused():
    call = call_on(mirrors())
    foreign = {**OUTPUTS, "scope": "mirrors.example/hall_2"}

    with pytest.raises(OwnershipError, match=r"it belongs to mirrors\.example/hall_2"):
        run(lifecycle.read(HANDLER, "kettle-1", foreign, call))

    assert call.client.asked == 1


def test_what_other_accounts_hold_does_not_count_once_the_account_is_known():
    rows = [
        {"owner": URN.text, "id": "a", "scope": SCOPE},
        {"owner": RED.text, "id": "b", "scope": "toys.example/org_2"},
    ]
    told = Facts.of({"identity": "org/1", "held": rows}, None)
    memory = Memory()
    memory.checked(URN, told)

    before = memory.facts_of(URN).held
    memory.scope = SCOPE

    assert before == {"a": URN, "b": RED}
    assert memory.facts_of(URN).held == {"a": URN}


def test_facts_that_are_known_for_one_account_stay_as_they_are():
    assert FACTS.within(SCOPE) == FACTS
    assert Facts().within(SCOPE) == Facts()


def test_an_answer_of_success_that_tells_a_failure_in_the_platform_s_own_way_is_none():
    body = {"ok": False, "why": "it broke"}
    client = HttpClient(
        platform="Mirrors",
        base_url=HERE.url,
        dialect=Spoken(),
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, json=body)),
    )

    with pytest.raises(PlatformError, match="tells a failure: it broke"):
        run(client.write("POST", "/", tried="hang a mirror"))


class Silent(Dialect):
    """Answers its writes with nothing."""

    def is_answer(self, text: str) -> bool:
        return not text


@pytest.mark.parametrize(("text", "is_answer"), [("", True), ("<html>", False)])
def test_a_success_without_json_is_an_answer_where_the_platform_says_so(text: str, is_answer: bool):
    def client(dialect: Dialect) -> HttpClient:
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, text=text))
        return HttpClient(platform="Mirrors", base_url=HERE.url, dialect=dialect, transport=transport)

    if is_answer:
        assert run(client(Silent()).write("POST", "/", tried="hang a mirror")).status == 200
    else:
        with pytest.raises(PlatformError, match="is no JSON"):
            run(client(Silent()).write("POST", "/", tried="hang a mirror"))
    with pytest.raises(PlatformError, match="is no JSON"):
        run(client(Dialect()).write("POST", "/", tried="hang a mirror"))


def test_ids_of_two_accounts_do_not_meet():
    kitchen = Kitchen()
    old = kitchen.add(name="mine")
    first, second = (make_call(kitchen, scope=scope) for scope in (SCOPE, "toys.example/org_2"))
    first.memory.saw(first.urn, old, replaces=False)

    assert first.memory.owner_of(old, None) == "blue"
    assert second.memory.owner_of(old, None) is None
    assert make_connection().scope == SCOPE


@pytest.mark.parametrize(
    ("type_", "token"),
    [
        ("pulumi-python:comfydeploy:Workflow", "comfydeploy:Workflow"),
        ("pulumi-python:dynamic/comfy/comfydeploy:Workflow", "comfydeploy:Workflow"),
        ("comfy:comfydeploy:Workflow", "comfydeploy:Workflow"),
        ("pulumi-python:comfydeploy:Kettle", ""),
        ("pulumi-python:kitchen:Workflow", ""),
        ("aws:s3:Bucket", ""),
    ],
)
def test_a_type_of_any_shell_tells_its_token_and_a_foreign_one_none(type_, token):
    assert token_of_type(type_) == token
