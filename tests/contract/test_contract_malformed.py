"""Whatever shape an answer has, it is the platform's fault in one sentence: never ours, and never lost track of."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import httpx
import pytest
from lone import Lone
from plain_http import PlainHttp

from pulumi_comfy.shells.values import to_struct

pytestmark = pytest.mark.apart

JUNK = (5, -1, 1e300, 10**400, True, None, [], [5], {}, {"a": 5}, "", "x" * 5000, "two\nlines\x1b[31m", [[None]], [{}])
"""One of these stands in the place of each value, the next in the place of the next."""
DEEPEST = 3
TABLE = 20
"""So many objects by name are the rows of a table, and alike."""
Place = tuple[str | int, ...]
Exchange = tuple[str, httpx.Response]


class Recorder(PlainHttp):
    """The platform, and what it answered."""

    def __init__(self, told: list[Exchange]) -> None:
        super().__init__()
        self.told = told

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        self.told.append((f"{request.method} {request.url.path}", response))
        return response


class Replay(httpx.AsyncBaseTransport):
    """Answers as recorded, but for one value of one answer."""

    def __init__(self, told: list[Exchange], number: int, body: Any) -> None:
        self.answers: dict[str, list[httpx.Response]] = {}
        for position, (asked, response) in enumerate(told):
            content = json.dumps(body).encode() if position == number else response.content
            headers = {"content-type": response.headers.get("content-type", "")}
            answer = httpx.Response(response.status_code, content=content, headers=headers)
            self.answers.setdefault(asked, []).append(answer)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        left = self.answers.get(f"{request.method} {request.url.path}")
        if not left:
            return httpx.Response(500, json={"detail": "Internal server error"})
        answer = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)


def places(body: Any, sent: str, place: Place = ()) -> Iterator[Place]:
    """Every value of an answer, the first of each list only, and nothing deep inside a document."""
    yield place
    if len(place) >= DEEPEST:
        return
    if isinstance(body, dict):
        for key, value in rows_in_use(body, sent) if is_table(body) else body.items():
            yield from places(value, sent, (*place, key))
    elif isinstance(body, list) and body:
        yield from places(body[0], sent, (*place, 0))


def is_table(body: dict[str, Any]) -> bool:
    return len(body) >= TABLE and all(isinstance(row, dict) for row in body.values())


def rows_in_use(table: dict[str, Any], sent: str) -> Iterator[tuple[str, Any]]:
    """The rows that something names that we sent, and one of those that nothing does: they are read alike."""
    named = {key for key in table if f'"{key}"' in sent}
    others = [key for key in table if key not in named]
    yield from ((key, table[key]) for key in (*named, *others[:1]))


def changed(body: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    whole = copy.deepcopy(body)
    holder = whole
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return whole


def malformed(told: list[Exchange]) -> Iterator[tuple[str, Replay]]:
    """Every answer with one value in the place of another."""
    turn, seen = 0, set()
    sent = "".join(response.request.content.decode() for _, response in told)
    for number, (asked, response) in enumerate(told):
        try:
            body = json.loads(response.content)
        except ValueError:
            continue
        if (asked, response.content) in seen:
            continue
        seen.add((asked, response.content))
        for place in places(body, sent):
            value = JUNK[turn % len(JUNK)]
            turn += 1
            yield f"{asked} {place}: {str(value)[:20]!r}", Replay(told, number, changed(body, place, value))


def faults_of_ours(it: Lone, told: list[Exchange], operation: str, step: int) -> list[str]:
    """Run an operation under every malformed answer, or one in `step`; what went wrong that was ours."""
    wrong = []
    before = (it.id, it.outputs, it.is_unfinished)
    it.timeout = 0.05
    for what, replay in islice(malformed(told), None, None, step):
        it.id, it.outputs, it.is_unfinished = before[0], copy.deepcopy(before[1]), before[2]
        it.doomed, it.transport = [], partial(_same, replay)
        try:
            error = getattr(it, operation)()
            if it.id is not None:
                assert it.id.isprintable(), "an id that is no plain text"
                to_struct(it.outputs)
                json.dumps(it.outputs, allow_nan=False)
                it.has_changes()
        except Exception as fault:  # noqa: BLE001  (whatever it is, it is listed)
            wrong.append(f"{what}: {type(fault).__name__} {fault}"[:300])
        else:
            if error is not None and error.code == "COMFY9001":
                wrong.append(f"{what}: {error}"[:300])
    return wrong


def _same(transport: Replay) -> Replay:
    return transport


def record(it: Lone, operation: str) -> list[Exchange]:
    told: list[Exchange] = []
    it.transport = lambda: Recorder(told)
    error = getattr(it, operation)()
    it.transport = None
    assert error is None, error
    return told


OPERATIONS = ("create", "refresh", "update", "destroy")


def lived(it: Lone, operation: str) -> tuple[Lone, list[Exchange], str]:
    """Bring a resource to where an operation begins, and record the operation."""
    before = copy.copy(it)
    if operation == "create":
        return before, record(it, "up"), "up"
    assert it.up() is None
    if operation == "update":
        it.arguments = {**it.arguments, **it.kind.edit}
    before = copy.copy(it)
    work = {"update": "up"}.get(operation, operation)
    return before, record(it, work), work


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_answer_of_another_shape_is_our_fault(lone, kind, operation, one_in):
    before, told, work = lived(lone(kind), operation)

    assert faults_of_ours(before, told, work, one_in(12)) == []
