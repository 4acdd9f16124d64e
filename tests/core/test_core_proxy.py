"""A proxy of the environment: which one is in force, and that its failures are said to be its own."""

from __future__ import annotations

import httpx
import pytest
from core_toys import run

from pulumi_comfy.core.errors import InputError, UnreachableError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.proxy import proxy_for
from pulumi_comfy.core.http.retrying import RetryPolicy

URL = "https://api.example/api"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy_of_the_person_who_runs_the_tests(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_proxy_in_force_is_named_with_its_variable_and_without_its_password(monkeypatch, variable):
    monkeypatch.setenv(variable, "http://me:canary@proxy.example:3128")

    assert str(proxy_for(URL)) == f"proxy.example:3128 ({variable})"


def test_a_proxy_of_another_scheme_is_not_in_force(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    assert proxy_for(URL) is None


def test_a_host_that_is_excepted_has_none(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "api.example")

    assert proxy_for(URL) is None


def test_a_proxy_of_the_system_is_named_as_such(monkeypatch):
    monkeypatch.setattr("pulumi_comfy.core.http.proxy.getproxies", lambda: {"https": "http://proxy.example:3128"})

    assert str(proxy_for(URL)) == "http://proxy.example:3128 (the system's settings)"


def ask(step, *, method="GET", repeatable=False, url=URL):
    def answer(_request):
        if isinstance(step, Exception):
            raise step
        return step

    retry = RetryPolicy(attempts=1)
    client = HttpClient(platform="Toys", base_url=url, retry=retry, transport=httpx.MockTransport(answer))
    if method == "GET":
        return run(client.read("/things", tried="list things"))
    return run(client.write(method, "/things", tried="make a thing", repeatable=repeatable))


@pytest.mark.parametrize("error", [httpx.ProxyError("403 Forbidden"), httpx.ConnectError("refused")])
def test_an_address_that_cannot_be_reached_names_the_proxy(monkeypatch, error):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    with pytest.raises(UnreachableError) as caught:
        ask(error, method="POST")

    way = "through the proxy http://proxy.example:3128 (HTTPS_PROXY)"
    assert caught.value.got == f"api.example cannot be reached {way} ({error})"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_that_asks_for_a_password_is_not_the_platform(monkeypatch, method):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    with pytest.raises(UnreachableError) as caught:
        ask(httpx.Response(407, text="<html>"), method=method, url="http://api.example/api")

    assert "the proxy http://proxy.example:3128 (HTTP_PROXY) asks for a user name and a password" in str(caught.value)
    assert "Give both in HTTP_PROXY." in str(caught.value)
    assert not caught.value.passes


def test_so_is_one_that_no_variable_names():
    with pytest.raises(UnreachableError, match="the proxy in between asks for a user name"):
        ask(httpx.Response(407))


@pytest.mark.parametrize(
    "address",
    [
        "gopher://proxy.example",
        "http://a:b:c",
        "socks9://proxy.example",
        "http://127.0.0.1:99999",
        "http://me:canary@127.0.0.1:99999",
        "proxy..example:3128",
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_fault_of_the_environment(monkeypatch, address):
    monkeypatch.setenv("HTTPS_PROXY", address)

    with pytest.raises(InputError) as caught:
        HttpClient(platform="Toys", base_url=URL)

    assert caught.value.code == "COMFY1104"
    assert "HTTPS_PROXY" in caught.value.got


def test_so_is_one_for_other_addresses_than_ours(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "gopher://proxy.example")

    with pytest.raises(InputError, match="a proxy cannot be used"):
        HttpClient(platform="Toys", base_url=URL)
