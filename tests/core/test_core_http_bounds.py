"""What is read of an answer is bounded: its length, packed or not, its depth, and how it is packed."""

from __future__ import annotations

import gzip
import json
import zlib

import httpx
import pytest
from core_toys import run

from pulumi_comfy.core.errors import LostAnswerError, PlatformError
from pulumi_comfy.core.http import client as http
from pulumi_comfy.core.http.answers import parse_body
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.retrying import RetryPolicy

MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def _a_small_bound(monkeypatch):
    monkeypatch.setattr(http, "LONGEST_BODY", MEGABYTE)


class Chunks(httpx.AsyncByteStream):
    """A body that comes piece by piece; remembers how many were taken."""

    def __init__(self, piece, number):
        self.piece, self.number, self.taken = piece, number, 0

    async def __aiter__(self):
        while self.taken < self.number:
            self.taken += 1
            yield self.piece


def client_of(answer):
    retry = RetryPolicy(attempts=1)
    transport = httpx.MockTransport(lambda _request: answer)
    return HttpClient(platform="Toys", base_url="http://toys.example", retry=retry, transport=transport)


def read(answer):
    return run(client_of(answer).read("/things", tried="list things"))


def test_an_endless_answer_is_given_up_at_the_bound():
    body = Chunks(b"x" * 1000, 10**9)

    with pytest.raises(PlatformError) as caught:
        read(httpx.Response(200, stream=body))

    assert (caught.value.code, caught.value.got) == ("COMFY2003", "the answer is longer than 1 MiB")
    assert body.taken < 2000


@pytest.mark.parametrize("status", [200, 404, 500])
def test_so_is_one_of_any_status(status):
    with pytest.raises(PlatformError, match="longer than"):
        read(httpx.Response(status, stream=Chunks(b"x" * MEGABYTE, 3)))


def test_a_write_whose_answer_is_endless_may_have_happened():
    with pytest.raises(LostAnswerError, match="longer than"):
        run(client_of(httpx.Response(200, stream=Chunks(b"x" * MEGABYTE, 3))).write("POST", "/things", tried="make"))


PACK = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_answer_is_unpacked(packing):
    body = PACK[packing](b'{"id": "1"}')

    assert read(httpx.Response(200, content=body, headers={"content-encoding": packing})).body == {"id": "1"}


@pytest.mark.parametrize("packing", PACK)
def test_what_counts_is_the_unpacked_length(packing):
    bomb = PACK[packing](b" " * (MEGABYTE + 1))

    with pytest.raises(PlatformError, match="longer than 1 MiB"):
        read(httpx.Response(200, stream=Chunks(bomb, 1), headers={"content-encoding": packing}))


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip"])
def test_a_packing_that_was_not_asked_for_is_not_unpacked(packing):
    body = Chunks(b"x", 1)

    with pytest.raises(PlatformError, match=f"packed as {packing}"):
        read(httpx.Response(200, stream=body, headers={"content-encoding": packing}))

    assert body.taken == 0


def test_only_what_can_be_unpacked_within_bounds_is_asked_for():
    asked = []

    def answer(request):
        asked.append(request.headers["accept-encoding"])
        return httpx.Response(200, json=[])

    client = HttpClient(platform="Toys", base_url="http://toys.example", transport=httpx.MockTransport(answer))
    run(client.read("/things", tried="list things"))

    assert asked == ["gzip, deflate"]


@pytest.mark.parametrize("depth", [101, 500, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_an_answer_that_is_too_deep_is_no_json(depth, opening, closing):
    innermost = "[]" if opening == "[" else "{}"
    text = opening * (depth - 1) + innermost + closing * (depth - 1)

    assert parse_body(text.encode()) == (text, False)


@pytest.mark.parametrize("body", [[[[]]], {"a": {"b": [1, {"c": None}]}}, 5, "text", []])
def test_an_answer_of_a_sane_depth_is_read(body):
    assert parse_body(json.dumps(body).encode()) == (body, True)


@pytest.mark.parametrize("text", ["NaN", '{"size": Infinity}', "[-Infinity]"])
def test_what_python_reads_and_json_does_not_have_is_no_json(text):
    assert parse_body(text.encode()) == (text, False)


def test_half_a_character_is_no_text_that_a_state_can_hold():
    assert parse_body(rb'{"name": "\ud83d"}')[1] is False
    assert parse_body(rb'{"name": "\ud83d\ude00"}') == ({"name": "😀"}, True)
