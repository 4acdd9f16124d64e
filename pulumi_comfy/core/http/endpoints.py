"""What every group of endpoints shares: the HTTP client, what answers are made of, and parsing them.

What no field of an answer may be is said here for all platforms; a malformed one is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from pulumi_comfy.core.company import Identified
from pulumi_comfy.core.errors import LostAnswerError, PlatformError
from pulumi_comfy.core.http.answers import Answer
from pulumi_comfy.core.http.client import Gone, HttpClient
from pulumi_comfy.core.model import Json

T = TypeVar("T")
RowT = TypeVar("RowT", bound=Identified)

_LONGEST_ID = 500


def _plain(text: str) -> str:
    """Refuse what cannot name an object: ids stand in paths, in the state and on the terminal."""
    if not 0 < len(text) <= _LONGEST_ID or not text.isprintable():
        raise ValueError("an id is one short line of plain text")
    return text


Id = Annotated[str, AfterValidator(_plain)]
MaybeId = Annotated[Id | None, BeforeValidator(lambda value: None if value == "" else value)]
"""An id, or none; an empty text is none."""
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number that a state can hold."""
Flag = Annotated[bool, BeforeValidator(lambda value: value or False)]
"""True or false; null, as one foreign row of a list may have it, is false and stops nobody."""


def _moment(told: Any, parse: ValidatorFunctionWrapHandler) -> datetime | None:
    """Read a time however a server spells it, one of them ends `+00Z`; None when it cannot be read."""
    text = told.removesuffix("+00Z") if isinstance(told, str) else told
    try:
        moment: datetime | None = parse(text)
    except ValidationError:
        return None
    return moment.replace(tzinfo=timezone.utc) if moment and moment.tzinfo is None else moment


Moment = Annotated[datetime | None, WrapValidator(_moment)]
"""A time in UTC. Never kept: it is for reckoning only."""


def seconds_between(begun: datetime | None, ended: datetime | None) -> float | None:
    """Give the seconds from one time to another, none less than 0; None where one is not told."""
    return None if begun is None or ended is None else max(0.0, (ended - begun).total_seconds())


class Row(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)


@cache  # making one takes longer than all that is done with it
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def parse(kind: type[T], body: Json, *, tried: str, is_write: bool = False) -> T:
    """Parse an answer; a shape that the API does not promise is an error in words.

    Raises:
        PlatformError: a read answered something else.
        LostAnswerError: a write did, so that what it made must be looked for.
    """
    try:
        parsed: T = _adapter(cast(Any, kind)).validate_python(body)
    except ValidationError as error:
        row = error.errors()[0]
        place = ".".join(str(part) for part in row["loc"])
        kind_of_error = LostAnswerError if is_write else PlatformError
        code = "COMFY2501" if is_write else "COMFY2003"
        got = f"the answer has an unexpected shape (at {place or 'the top'}: {row['msg']})"
        raise kind_of_error(code, tried=tried, got=got) from None
    return parsed


def _key(path: str, params: Mapping[str, Any]) -> str:
    return f"{path}?{sorted(params.items())}"


class Endpoints:
    """A group of endpoints.

    Args:
        http: the client of one platform and credential.
    """

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self._shared: dict[str, tuple[int | None, asyncio.Task[Any]]] = {}

    def forget_lists(self) -> None:
        """Drop every list that was read for sharing."""
        self._shared = {}

    def forget(self) -> None:
        """Drop all that was seen: another command begins."""
        self.forget_lists()

    async def get(self, kind: type[T], path: str, tried: str, **params: Any) -> T:
        """Read and parse one route; an error status is an error."""
        answer = await self.http.read(path, tried=tried, params=params)
        return parse(kind, answer.body, tried=tried)

    async def shared(self, kind: type[T], path: str, tried: str, **params: Any) -> T:
        """Read a whole list once for all who ask for it: a refresh of many costs one call, not one each.

        Whatever this process writes drops what was read before.
        """
        return await self._once_for_all(kind, path, tried, self.http.writes, params)

    async def kept(self, kind: type[T], path: str, tried: str, **params: Any) -> T:
        """The same for what no write of ours changes."""
        return await self._once_for_all(kind, path, tried, None, params)

    async def _once_for_all(
        self, kind: type[T], path: str, tried: str, writes: int | None, params: Mapping[str, Any]
    ) -> T:
        task: asyncio.Task[T] | None = self._shared_task(path, params)
        if task is None:
            task = asyncio.ensure_future(self.get(kind, path, tried, **params))
            self._shared[_key(path, params)] = (writes, task)
        answer: T = await asyncio.shield(task)
        return answer

    def is_shared(self, path: str, **params: Any) -> bool:
        """Tell whether `shared` would give this list without a call of its own."""
        return self._shared_task(path, params) is not None

    def _shared_task(self, path: str, params: Mapping[str, Any]) -> asyncio.Task[Any] | None:
        writes, task = self._shared.get(_key(path, params), (-1, None))
        is_failed = task is not None and task.done() and (task.cancelled() or task.exception() is not None)
        return None if is_failed or writes not in (None, self.http.writes) else task

    async def get_or_none(self, kind: type[T], path: str, tried: str, said: Gone, **params: Any) -> T | None:
        """Read and parse one route; None for a 404 that says one of the sentences `said` of a missing object.

        Not for a 422: ids are checked at preview, so it would be the request that the platform no longer takes.
        """
        answer = await self.http.read(path, tried=tried, params=params, gone=said)
        return None if answer.status == 404 else parse(kind, answer.body, tried=tried)

    async def remove(
        self,
        path: str,
        tried: str,
        *,
        gone: Gone,
        is_done: Callable[[Answer], bool],
        is_there: Callable[[], Awaitable[object]],
        **asked: Any,
    ) -> None:
        """DELETE one object; gone already is a success.

        A success that is not in the platform's own words may be that of something in between: then the object is looked
        for.

        Args:
            path: as for `HttpClient.write`.
            tried: likewise.
            gone: likewise.
            is_done: tells the platform's own success from any other.
            is_there: looks for the object; gives nothing where there is none.
            asked: more for `HttpClient.write`.

        Raises:
            PlatformError: it is answered with a success and still there, or it fails.
        """
        answer = await self.http.write("DELETE", path, tried=tried, gone=gone, **asked)
        await self.confirm_removed(answer, tried, is_done=is_done, is_there=is_there)

    async def confirm_removed(
        self,
        answer: Answer,
        tried: str,
        *,
        is_done: Callable[[Answer], bool],
        is_there: Callable[[], Awaitable[object]],
    ) -> None:
        """The same of an answer that is there already."""
        if answer.status < 400 and not is_done(answer) and await is_there():
            raise PlatformError(
                "COMFY2003", tried=tried, got="the answer tells a success, and the object is still there"
            )


async def rows_of(read: Callable[[int], Awaitable[tuple[Sequence[RowT], bool]]]) -> AsyncIterator[RowT]:
    """Give the rows of a list that comes in pages, each once.

    A page that tells nothing new is the last: a server that does not look at the offset would give its first for ever.

    Args:
        read: reads the page that begins at an offset, and tells whether there are more.
    """
    offset, told, has_more = 0, set[str](), True
    while has_more:
        page, has_more = await read(offset)
        fresh = [row for row in page if row.id not in told]
        for row in fresh:
            told.add(row.id)
            yield row
        offset, has_more = offset + len(page), has_more and bool(fresh)


def tells(name: str, *values: Json) -> Callable[[Answer], bool]:
    """Give what tells whether an answer's field has one of some values."""
    return lambda answer: isinstance(answer.body, dict) and answer.body.get(name) in values
