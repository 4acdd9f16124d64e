"""What every typed client does: parse what is answered, and read a list once for all who ask."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from core_toys import run
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from pulumi_comfy.core.errors import LostAnswerError, PlatformError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.endpoints import Endpoints, Row, parse, rows_of, tells
from pulumi_comfy.core.model import public, token_of

GONE = {(404, "there is no thing")}


class Platform:
    """Answers with what a test says, and counts."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def endpoints(platform: Platform) -> Endpoints:
    return Endpoints(
        HttpClient(platform="Toys", base_url="http://toys.example", transport=httpx.MockTransport(platform))
    )


def ok(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def things(client: Endpoints, **params: Any) -> Any:
    return client.shared(list[int], "/things", "list things", **params)


def test_an_answer_is_given_in_the_shape_that_was_asked_for():
    assert run(endpoints(Platform(ok([1, 2]))).get(list[int], "/things", "list things")) == [1, 2]


@pytest.mark.parametrize(("is_write", "error"), [(False, PlatformError), (True, LostAnswerError)])
def test_another_shape_is_an_error_in_words_and_after_a_write_a_lost_answer(is_write: bool, error: type[Exception]):
    with pytest.raises(error, match=r"unexpected shape \(at a"):
        parse(dict[str, int], {"a": "b"}, tried="read a thing", is_write=is_write)
    with pytest.raises(error, match=r"unexpected shape \(at the top"):
        parse(list[int], {}, tried="read a thing", is_write=is_write)


def test_how_a_shape_is_parsed_is_worked_out_once(monkeypatch):
    made = []

    class Shape(TypedDict):
        name: str

    monkeypatch.setattr(
        "pulumi_comfy.core.http.endpoints.TypeAdapter", lambda kind: made.append(kind) or TypeAdapter(kind)
    )

    parsed = [parse(Shape, {"name": name}, tried="look") for name in ("a", "b")]

    assert parsed == [{"name": "a"}, {"name": "b"}]
    assert made == [Shape]


def test_many_who_ask_at_once_or_later_share_one_list():
    platform = Platform(ok([1]))

    async def work() -> None:
        client = endpoints(platform)
        await asyncio.gather(things(client), things(client))
        assert client.is_shared("/things")
        assert not client.is_shared("/things", page=2)
        await things(client)

    run(work())
    assert platform.asked == ["GET /things"]


def test_another_question_is_another_list():
    platform = Platform(ok([1]))

    async def work() -> None:
        client = endpoints(platform)
        await things(client, page=1)
        await things(client, page=2)

    run(work())
    assert len(platform.asked) == 2


@pytest.mark.parametrize("drop", ["write", "forget"])
def test_a_write_or_another_operation_drops_what_was_read(drop: str):
    platform = Platform(ok([1]))

    async def work() -> None:
        client = endpoints(platform)
        await things(client)
        if drop == "write":
            await client.http.write("POST", "/things", tried="make a thing")
        else:
            client.forget()
        assert not client.is_shared("/things")
        await things(client)

    run(work())
    assert platform.asked.count("GET /things") == 2


def test_what_no_write_changes_is_read_once_until_another_operation():
    platform = Platform(ok([1]))

    async def work() -> None:
        client = endpoints(platform)
        await client.kept(list[int], "/things", "list things")
        await client.http.write("POST", "/things", tried="make a thing")
        await client.kept(list[int], "/things", "list things")
        client.forget()
        await client.kept(list[int], "/things", "list things")

    run(work())
    assert platform.asked.count("GET /things") == 2


def test_a_list_that_failed_is_read_anew():
    platform = Platform(httpx.Response(400, json={"detail": "no"}), ok([1]))

    async def work() -> list[int]:
        client = endpoints(platform)
        with pytest.raises(PlatformError):
            await things(client)
        found: list[int] = await things(client)
        return found

    assert run(work()) == [1]


def test_an_object_that_is_said_to_be_gone_is_none():
    gone = Platform(httpx.Response(404, json={"detail": "there is no thing"}))

    assert run(endpoints(gone).get_or_none(dict[str, int], "/things/1", "read a thing", GONE)) is None
    assert run(endpoints(Platform(ok({"a": 1}))).get_or_none(dict[str, int], "/things/1", "read it", GONE)) == {"a": 1}


def test_a_public_type_has_the_name_that_it_was_given_and_any_other_none():
    @public("toys:Renamed")
    class Other:
        """Whatever it is called in the code."""

    assert token_of(Other) == "toys:Renamed"
    with pytest.raises(KeyError):
        token_of(int)


def removed(client: Endpoints, *, is_there: bool) -> Any:
    async def look() -> bool:
        return is_there

    return client.remove("/things/1", "delete a thing", gone=GONE, is_done=tells("success", True), is_there=look)


def test_a_removal_that_the_platform_itself_tells_is_done_without_a_look():
    platform = Platform(ok({"success": True}))

    run(removed(endpoints(platform), is_there=True))

    assert platform.asked == ["DELETE /things/1"]


def test_so_is_one_of_what_is_gone():
    run(removed(endpoints(Platform(httpx.Response(404, json={"detail": "there is no thing"}))), is_there=True))


@pytest.mark.parametrize("body", [{}, [], {"success": False}])
def test_a_removal_that_somebody_else_tells_is_done_where_a_look_shows_nothing(body: Any):
    run(removed(endpoints(Platform(ok(body))), is_there=False))

    with pytest.raises(PlatformError, match="still there"):
        run(removed(endpoints(Platform(ok(body))), is_there=True))


class Thing(Row):
    """What has an id."""

    id: str


def listed(*pages: str) -> tuple[list[str], list[int]]:
    """Read a list whose pages tell these ids, the last one again and again; gives what is told and the offsets."""
    asked: list[int] = []

    async def read(offset: int) -> tuple[list[Thing], bool]:
        asked.append(offset)
        here = min(len(asked), len(pages))
        return [Thing(id=one) for one in pages[here - 1]], here < len(pages) or pages[-1] != ""

    async def all_of_it() -> list[str]:
        return [row.id async for row in rows_of(read)]

    return run(all_of_it()), asked


def test_a_list_is_read_page_by_page_to_its_end():
    assert listed("ab", "cd", "") == (["a", "b", "c", "d"], [0, 2, 4])


def test_a_row_that_moves_on_to_the_next_page_is_told_once():
    assert listed("ab", "bc", "") == (["a", "b", "c"], [0, 2, 4])


def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever():
    assert listed("ab") == (["a", "b"], [0, 2])
