"""The HTTP client over an injected transport: what is repeated, what is not, and what an error says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from core_toys import run

from pulumi_comfy._version import __version__
from pulumi_comfy.core.error_codes import REGISTRY
from pulumi_comfy.core.errors import LostAnswerError, PlatformError, StatusError, UnreachableError
from pulumi_comfy.core.http.answers import Answer
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.http.retrying import RetryPolicy
from pulumi_comfy.core.http.transport import in_words
from pulumi_comfy.core.model import Json

BASE = "https://api.example/v1"
QUICK = RetryPolicy(attempts=3, first_wait=0.0, longest_wait=0.0, longest_retry_after=0.01)
Step = httpx.Response | Exception


class Server:
    """Answers one step a request, the last one for ever; remembers the requests."""

    def __init__(self, *steps: Step) -> None:
        self.requests: list[httpx.Request] = []
        self._steps = list(steps)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def client_of(
    server: Server, retry: RetryPolicy = QUICK, base_url: str = BASE, dialect: Dialect | None = None
) -> HttpClient:
    return HttpClient(
        platform="Toys",
        base_url=base_url,
        key="key-123",
        retry=retry,
        dialect=dialect,
        transport=httpx.MockTransport(server),
    )


def read(server: Server, path: str = "/things", **options: Any) -> Answer:
    async def work() -> Answer:
        async with client_of(server) as client:
            return await client.read(path, tried="list things", **options)

    return run(work())


def write(server: Server, method: str = "POST", **options: Any) -> Answer:
    async def work() -> Answer:
        async with client_of(server) as client:
            return await client.write(method, "/things", tried="create thing", **options)

    return run(work())


def download(
    server: httpx.AsyncBaseTransport, url: str = "https://files.example/a.png", **options: Any
) -> tuple[bytes, str]:
    async def work() -> tuple[bytes, str]:
        async with client_of(server) as client:
            return await client.download(url, tried="fetch output a.png", **options)

    return run(work())


def ok(body: Any = None) -> httpx.Response:
    return httpx.Response(200, json=body or {"id": "1"})


def status(code: int, detail: str = "no", **headers: str) -> httpx.Response:
    return httpx.Response(code, json={"detail": detail}, headers=headers)


def test_a_read_gives_status_and_body():
    assert read(Server(ok({"seed": 2**64 - 1}))) == Answer(200, {"seed": 2**64 - 1})


def test_a_request_carries_credential_and_user_agent_with_version():
    server = Server(ok())

    read(server)

    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer key-123"
    assert headers["user-agent"].startswith(f"pulumi-comfy/{__version__} ")


def test_the_path_is_below_the_base_url_with_or_without_its_slash():
    server = Server(ok())

    async def work() -> None:
        async with client_of(server, base_url=BASE + "/") as client:
            await client.read("/things", tried="list things")

    run(work())
    assert str(server.requests[0].url) == f"{BASE}/things"


def test_parameters_without_a_value_are_left_out_of_the_query():
    server = Server(ok())

    read(server, params={"limit": 5, "search": None})

    assert server.requests[0].url.query == b"limit=5"


def test_a_write_sends_its_body_as_json():
    server = Server(ok())

    write(server, json={"name": "a"})

    assert server.requests[0].method == "POST"
    assert server.requests[0].content == b'{"name":"a"}'


AGAIN: dict[str, Callable[[], Step]] = {
    "408": lambda: status(408),
    "429": lambda: status(429),
    "500": lambda: status(500),
    "502": lambda: httpx.Response(502, text="<html>"),
    "503": lambda: status(503),
    "504": lambda: status(504),
    "no connection": lambda: httpx.ConnectError("refused"),
    "no connection in time": lambda: httpx.ConnectTimeout(""),
    "a reset": lambda: httpx.ReadError("reset"),
    "no answer in time": lambda: httpx.ReadTimeout(""),
    "garbage instead of JSON": lambda: httpx.Response(200, text="<html>"),
    "a garbled compression": lambda: httpx.DecodingError("bad gzip"),
}


@pytest.mark.parametrize("failure", AGAIN.values(), ids=AGAIN.keys())
def test_a_read_is_repeated_after(failure: Callable[[], Step]):
    server = Server(failure(), failure(), ok({"id": "late"}))

    assert read(server).body == {"id": "late"}
    assert len(server.requests) == 3


@pytest.mark.parametrize("failure", AGAIN.values(), ids=AGAIN.keys())
def test_a_write_that_may_be_repeated_is_repeated_after(failure: Callable[[], Step]):
    server = Server(failure(), ok())

    write(server, "DELETE", repeatable=True)

    assert len(server.requests) == 2


def test_a_write_whose_answer_may_be_kept_back_is_waited_for_as_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PULUMI_COMFY_REQUEST_TIMEOUT", "5")
    server = Server(httpx.ReadTimeout(""))

    with pytest.raises(LostAnswerError) as lost:
        write(server, holds=310)

    assert server.requests[0].extensions["timeout"]["read"] == 310
    assert server.requests[0].extensions["timeout"]["connect"] == 5
    assert "no answer within 310 s" in lost.value.got


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 409, 422, 501])
def test_a_read_is_not_repeated_after_a_status_that_will_not_change(code: int):
    server = Server(status(code))

    with pytest.raises(StatusError):
        read(server)

    assert len(server.requests) == 1


READ_ENDS: dict[str, tuple[Callable[[], Step], type[Exception], str, str]] = {
    "a status": (lambda: status(500, "boom"), StatusError, "COMFY2500", "the platform answered 500: boom"),
    "no connection": (
        lambda: httpx.ConnectError("refused"),
        UnreachableError,
        "COMFY2001",
        "api.example cannot be reached (refused)",
    ),
    "no answer": (lambda: httpx.ReadTimeout(""), UnreachableError, "COMFY2002", "no answer within 60 s"),
    "a slow write": (lambda: httpx.WriteTimeout(""), UnreachableError, "COMFY2002", "timed out"),
    "a silent reset": (
        lambda: httpx.ReadError(""),
        UnreachableError,
        "COMFY2001",
        "the connection was lost while the answer was read",
    ),
    "a failure in an answer of success": (
        lambda: ok({"error": "upstream exploded", "code": 500}),
        PlatformError,
        "COMFY2003",
        "the answer to a GET tells a failure: upstream exploded (status 200)",
    ),
    "garbage": (
        lambda: httpx.Response(200, text="<html>"),
        PlatformError,
        "COMFY2003",
        "the answer to a GET is no JSON (status 200)",
    ),
}


@pytest.mark.parametrize(("step", "kind", "code", "got"), READ_ENDS.values(), ids=READ_ENDS.keys())
def test_a_read_ends_after_its_last_attempt_with(step: Callable[[], Step], kind: type[Exception], code: str, got: str):
    server = Server(step())

    with pytest.raises(kind) as caught:
        read(server)

    assert (caught.value.code, caught.value.got) == (code, got)
    assert caught.value.tried == "list things on Toys"
    assert len(server.requests) == 3


MAYBE_DONE: dict[str, Callable[[], Step]] = {
    "500": lambda: status(500),
    "503": lambda: status(503),
    "a reset": lambda: httpx.RemoteProtocolError("closed"),
    "no answer in time": lambda: httpx.ReadTimeout(""),
    "garbage instead of JSON": lambda: httpx.Response(200, text="<html>"),
    "an empty answer": lambda: httpx.Response(201),
    "a redirect": lambda: httpx.Response(302, headers={"location": "/login"}),
}


@pytest.mark.parametrize("failure", MAYBE_DONE.values(), ids=MAYBE_DONE.keys())
def test_a_write_that_may_have_happened_is_not_repeated_and_says_so(failure: Callable[[], Step]):
    server = Server(failure())

    with pytest.raises(LostAnswerError) as caught:
        write(server)

    assert caught.value.code == "COMFY2501"
    assert len(server.requests) == 1


NEVER_SENT: dict[str, Callable[[], Step]] = {
    "no connection": lambda: httpx.ConnectError("refused"),
    "no connection in time": lambda: httpx.ConnectTimeout(""),
    "no free connection": lambda: httpx.PoolTimeout(""),
    "asked to slow down": lambda: status(429),
}


@pytest.mark.parametrize("failure", NEVER_SENT.values(), ids=NEVER_SENT.keys())
def test_a_write_that_cannot_have_happened_is_repeated(failure: Callable[[], Step]):
    server = Server(failure(), ok())

    assert write(server).status == 200
    assert len(server.requests) == 2


def test_a_write_that_never_reached_the_platform_ends_as_unreachable():
    with pytest.raises(UnreachableError, match="cannot be reached"):
        write(Server(httpx.ConnectError("refused")))


@pytest.mark.parametrize("code", [400, 408, 409])
def test_a_write_that_is_refused_is_a_status_error(code: int):
    with pytest.raises(StatusError) as caught:
        write(Server(status(code)))

    assert caught.value.status == code


@pytest.mark.parametrize(("code", "kind"), [(307, PlatformError), (308, PlatformError), (302, LostAnswerError)])
def test_a_write_that_is_to_be_sent_elsewhere_as_it_is_was_not_done_here(code: int, kind: type[Exception]):
    with pytest.raises(PlatformError) as caught:
        write(Server(httpx.Response(code, headers={"location": "/sign-in"})))

    assert type(caught.value) is kind
    assert "redirects to https://api.example/sign-in (status" in caught.value.got


def test_expected_statuses_are_answers():
    assert read(Server(status(404)), expected={404}) == Answer(404, {"detail": "no"})
    assert write(Server(httpx.Response(204)), "DELETE", expected={204}).status == 204


GONE = {(404, "thing not found"), (500, "no thing")}
NOT_GONE: dict[str, httpx.Response] = {
    "more than the sentence": status(404, "thing not found, or so"),
    "another key": httpx.Response(404, json={"message": "thing not found"}),
    "a page": httpx.Response(404, text="thing not found"),
    "another sentence": status(404, "Not Found"),
    "the sentence of another status": status(500, "thing not found"),
    "a list": httpx.Response(404, json=["thing not found"]),
}


@pytest.mark.parametrize("key", ["detail", "error"])
@pytest.mark.parametrize(("code", "sentence"), sorted(GONE))
def test_what_says_that_an_object_is_gone_is_an_answer(key: str, code: int, sentence: str):
    server = Server(httpx.Response(code, json={key: sentence}))

    assert read(server, gone=GONE).status == code
    assert write(server, "DELETE", gone=GONE).status == code


@pytest.mark.parametrize("answer", NOT_GONE.values(), ids=NOT_GONE.keys())
def test_whatever_else_looks_like_it_is_an_error(answer: httpx.Response):
    with pytest.raises(StatusError) as caught:
        read(Server(answer), gone=GONE)

    assert caught.value.code == ("COMFY2003" if answer.status_code == 404 else "COMFY2500")


class Words(Dialect):
    """A platform with sentences of its own."""

    def is_no_route(self, body: Json) -> bool:
        return body == {"detail": "Not Found"}

    def status_of(self, status: int, body: Json) -> int:
        return 404 if body == {"detail": "404: gone"} else status


def test_what_the_platform_tells_may_say_what_to_do():
    class Advising(Dialect):
        def advice_of(self, status: int, body: Json) -> str | None:
            return "Ask Ann." if body == {"detail": "Ann's"} else super().advice_of(status, body)

    def refused(said: str) -> StatusError:
        transport = httpx.MockTransport(lambda _: httpx.Response(403, json={"detail": said}))
        client = HttpClient(platform="Toys", base_url=BASE, dialect=Advising(), transport=transport)
        with pytest.raises(StatusError) as caught:
            asyncio.run(client.read("/x", tried="read toy"))
        return caught.value

    assert refused("Ann's").todo == "Ask Ann."
    assert "plan" in refused("nobody's").todo


def test_a_404_in_nobody_s_words_is_said_to_be_no_answer_of_the_platform_also_where_none_was_expected():
    client = HttpClient(
        platform="Toys",
        base_url=BASE,
        dialect=Words(),
        transport=httpx.MockTransport(Server(status(404, "Not Found"))),
    )

    with pytest.raises(StatusError) as caught:
        run(client.write("POST", "/things", tried="make a thing"))

    assert caught.value.code == "COMFY2003"


def test_every_write_is_counted_before_and_after_so_that_older_reads_are_not_trusted():
    counted = []

    async def work() -> None:
        async def answer(_request: httpx.Request) -> httpx.Response:
            counted.append(client.writes)
            return status(403)

        client = HttpClient(platform="Toys", base_url=BASE, transport=httpx.MockTransport(answer))
        with pytest.raises(StatusError):
            await client.write("POST", "/things", tried="create thing")
        counted.append(client.writes)
        await client.aclose()

    run(work())
    assert counted == [1, 2]


def test_an_expected_500_is_not_repeated():
    server = Server(status(500))

    read(server, expected={500})

    assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [{"retry-after": "0"}, {"retry-after-ms": "1"}, {"retry-after": "soon"}])
def test_a_pause_that_the_platform_asks_for_is_made(headers: dict[str, str]):
    server = Server(status(429, **headers), ok())

    assert read(server).status == 200


def test_the_pause_asked_for_wins_over_our_own():
    server = Server(status(429, **{"retry-after-ms": "1"}), ok())
    patient = RetryPolicy(attempts=2, first_wait=3600, longest_wait=3600)

    async def work() -> Answer:
        async with client_of(server, retry=patient) as client:
            return await client.read("/things", tried="list things")

    assert run(work()).status == 200


def test_a_pause_that_is_too_long_fails_at_once_and_says_so():
    server = Server(status(429, **{"retry-after": "3600"}))

    with pytest.raises(StatusError) as caught:
        write(server)

    assert caught.value.code == "COMFY2429"
    assert "asks to wait 3600 s" in caught.value.got
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", ["x-request-id", "cf-ray"])
def test_an_error_names_the_platform_s_id_of_the_request(header: str):
    with pytest.raises(StatusError) as caught:
        read(Server(status(403, **{header: "req-9"})))

    assert caught.value.request_id == "req-9"
    assert caught.value.got == "the platform answered 403: no (request req-9)"


class Refusing(Dialect):
    """A platform whose failures are refusals."""

    def status_of(self, status: int, body: Json) -> int:
        return 400


def test_an_error_tells_the_status_that_the_platform_answered_and_not_what_it_means():
    with pytest.raises(StatusError) as caught:
        run(client_of(Server(status(500)), dialect=Refusing()).read("/things", tried="list things"))

    assert (caught.value.status, caught.value.code) == (400, "COMFY2400")
    assert caught.value.got == "the platform answered 500: no"


def test_an_error_does_not_repeat_the_credential():
    with pytest.raises(StatusError) as caught:
        read(Server(status(401, "Bearer key-123 is revoked")))

    assert "key-123" not in str(caught.value)


def test_each_answer_is_logged_without_its_body(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, logger="pulumi_comfy"):
        read(Server(ok({"secret": "body"})))

    assert caplog.messages == ["GET /things -> 200"]


def test_a_download_gives_bytes_and_type():
    server = Server(httpx.Response(200, content=b"png", headers={"content-type": "image/png"}))

    assert download(server) == (b"png", "image/png")


def test_a_download_carries_no_credential_not_even_to_the_platform_s_own_host():
    server = Server(httpx.Response(200, content=b"png"))

    download(server, f"{BASE}/files/a.png")

    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].headers["user-agent"].startswith("pulumi-comfy/")


def test_a_download_follows_redirects_without_credential():
    server = Server(
        httpx.Response(302, headers={"location": "https://cdn.example/a.png"}), httpx.Response(200, content=b"png")
    )

    assert download(server)[0] == b"png"
    assert [request.url.host for request in server.requests] == ["files.example", "cdn.example"]
    assert "authorization" not in server.requests[1].headers


def test_a_file_that_leads_to_a_host_which_is_away_is_told_with_that_host():
    def leads_on(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.example":
            return httpx.Response(302, headers={"location": "https://cdn.example/a.png?signed=1"})
        raise httpx.ConnectError("no route")

    with pytest.raises(UnreachableError, match=r"fetch output a.png: cdn.example cannot be reached") as away:
        download(leads_on)

    assert "signed" not in str(away.value)


def test_a_file_that_is_longer_than_its_longest_is_an_error_and_not_cut():
    taken = []

    async def chunks() -> Any:
        for number in range(100):
            taken.append(number)
            yield b"x" * 1000

    with pytest.raises(PlatformError, match="the file is longer than"):
        download(Server(httpx.Response(200, content=chunks())), longest=2500)

    assert len(taken) < 100


def test_a_file_of_just_the_longest_is_fetched():
    assert download(Server(httpx.Response(200, content=b"x" * 2500)), longest=2500)[0] == b"x" * 2500


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_file_that_cannot_be_had_is_an_error(code: int):
    with pytest.raises(StatusError) as caught:
        download(Server(httpx.Response(code)))

    assert caught.value.status == code


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative.png",
        "ftp://files.example/a.png",
        "https://a:b/c",
        "https://",
        "https://a:65536/c",
        "https://a..b/c",
    ],
)
def test_an_output_url_that_is_none_is_an_error_in_words(url: str):
    with pytest.raises(PlatformError) as caught:
        download(Server(httpx.Response(200)), url)

    assert caught.value.tried == "fetch output a.png"


@pytest.mark.parametrize("there", ["http://files.example:99999/a.png", "http://files..example/a.png"])
def test_a_file_that_leads_on_to_an_address_that_cannot_be_is_an_error_in_words(there: str):
    with pytest.raises(UnreachableError, match=r"cannot be reached \(there is no such host or port"):
        download(Server(*[httpx.Response(302, headers={"location": there})] * 3))


def test_a_download_that_breaks_off_is_an_error():
    with pytest.raises(UnreachableError, match="reset"):
        download(Server(httpx.ReadError("reset")))


def test_closing_closes_every_connection():
    closed = []

    class Transport(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(self)

    client = HttpClient(platform="Toys", base_url=BASE, transport=Transport(Server(ok())))

    run(client.aclose())

    assert len(closed) == 2


def test_an_answer_without_a_body_is_a_success_where_the_status_says_so():
    assert write(Server(httpx.Response(204))).status == 204


def test_an_answer_that_comes_drop_by_drop_ends_at_last(monkeypatch):
    monkeypatch.setenv("PULUMI_COMFY_REQUEST_TIMEOUT", "0.02")

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    client = HttpClient(platform="Toys", base_url=BASE, transport=httpx.MockTransport(never))

    with pytest.raises(LostAnswerError, match=r"no whole answer within 0\.1 s"):
        run(client.write("POST", "/things", tried="make a thing"))


def test_the_platform_may_say_what_a_status_means():
    client = HttpClient(
        platform="Toys",
        base_url=BASE,
        dialect=Words(),
        transport=httpx.MockTransport(Server(status(500, "404: gone"))),
    )

    with pytest.raises(StatusError) as caught:
        run(client.write("POST", "/things", tried="make a thing"))

    assert caught.value.status == 404


def test_a_download_that_broke_off_is_fetched_again():
    body, _ = download(Server(httpx.ReadError("reset"), httpx.Response(200, content=b"picture")))

    assert body == b"picture"


SILENT = {
    httpx.ReadError(""): "the connection was lost while the answer was read",
    httpx.WriteError(""): "the connection was lost while the request was sent",
    httpx.ConnectError(""): "no connection could be made",
    httpx.CloseError(""): "the connection was lost",
    httpx.ProxyError(""): "the proxy made no connection",
    httpx.RemoteProtocolError(""): "the answer is no HTTP",
    httpx.DecodingError(""): "the request failed",
    httpx.PoolTimeout(""): "timed out",
}


@pytest.mark.parametrize(("error", "words"), SILENT.items(), ids=lambda one: type(one).__name__)
def test_an_error_that_httpx_says_nothing_about_is_said_in_words(error: Exception, words: str):
    assert in_words(error) == words


def test_what_httpx_says_about_an_error_is_told():
    assert in_words(httpx.ReadError("[Errno 104] Connection reset by peer")) == "[Errno 104] Connection reset by peer"


def test_a_write_whose_answer_tells_a_failure_may_have_happened():
    with pytest.raises(LostAnswerError, match="upstream exploded"):
        write(Server(ok({"error": "upstream exploded"})), "DELETE")


def locate(server: Server) -> str:
    async def work() -> str:
        async with client_of(server) as client:
            return await client.locate("/view", tried="find a.png", params={"filename": "a b.png"})

    return run(work())


def test_a_redirect_is_told_and_not_followed():
    server = Server(httpx.Response(302, headers={"location": "https://store.example/a.png?signature=1"}))

    assert locate(server) == "https://store.example/a.png?signature=1"
    assert [str(one.url) for one in server.requests] == [f"{BASE}/view?filename=a+b.png"]


def test_a_redirect_to_another_path_is_told_as_an_absolute_address():
    assert locate(Server(httpx.Response(307, headers={"location": "/b.png"}))) == str(httpx.URL(BASE).join("/b.png"))


AWAY = {
    "another port": ("https://api.example:444/v1/things?a=1", "Set the URL of Toys to https://api.example:444/v1."),
    "another host": (
        "https://www.example/v1/things",
        "If https://www.example/v1 is an address of Toys, set its URL to that.",
    ),
    "another place": ("/things", "Set the URL of Toys to https://api.example."),
    "a path with a line break": (
        "https://api.example/a%0Ab/things",
        "Set the URL of Toys to https://api.example/a%0Ab.",
    ),
    "a page to sign in at": ("https://login.example/?next=canary", "such as a page to sign in at, has answered in its"),
}


@pytest.mark.parametrize(("location", "advice"), AWAY.values(), ids=AWAY.keys())
@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_of_a_read_says_where_to_and_what_to_do_and_is_not_tried_again(location, advice, code):
    server = Server(httpx.Response(code, headers={"location": location}))

    with pytest.raises(PlatformError) as caught:
        read(server)

    assert caught.value.code == "COMFY2003"
    assert str(httpx.URL(BASE).join(location).copy_with(query=None)) in caught.value.got
    assert advice in caught.value.todo
    assert "canary" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_redirect_to_an_address_too_long_to_be_said_is_not_advised():
    far = f"https://api.example/{'a' * 200}"

    with pytest.raises(PlatformError) as caught:
        read(Server(httpx.Response(302, headers={"location": f"{far}/things"})))

    assert far not in str(caught.value)
    assert caught.value.todo.startswith("Look whether the URL is that of Toys itself")


def test_a_redirect_of_a_write_says_the_same_and_that_it_may_have_happened():
    with pytest.raises(LostAnswerError) as caught:
        write(Server(httpx.Response(302, headers={"location": "https://login.example/"})))

    assert "redirects to https://login.example/ (status 302)" in caught.value.got
    assert "a page to sign in at" in caught.value.todo
    assert caught.value.todo.endswith(REGISTRY["COMFY2501"].hint)


def test_an_answer_that_is_no_redirect_is_an_error():
    with pytest.raises(PlatformError, match="no redirect"):
        locate(Server(ok()))


class Billing(Dialect):
    """A platform whose 429 is about money unless it says when to come back."""

    def is_backpressure(self, body: Json, *, is_told_when: bool) -> bool:
        return is_told_when


def bill(server: Server) -> Answer:
    async def work() -> Answer:
        async with client_of(server, dialect=Billing()) as client:
            return await client.read("/things", tried="list things")

    return run(work())


def test_a_429_that_asks_for_money_is_not_asked_again():
    server = Server(status(429, "pay"))

    with pytest.raises(StatusError) as failed:
        bill(server)

    assert (failed.value.code, len(server.requests)) == ("COMFY2402", 1)


def test_a_429_of_the_same_platform_that_says_when_is_asked_again():
    server = Server(status(429, "wait", **{"retry-after": "0"}), ok())

    assert bill(server).status == 200
