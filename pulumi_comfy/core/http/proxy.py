"""Which proxy the environment puts between us and an address: errors and the doctor name it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

import httpx

from pulumi_comfy.core.errors import UnreachableError
from pulumi_comfy.core.http.addresses import can_be

ASKS_FOR_A_PASSWORD = 407
"""The status by which a proxy refuses whoever does not say who he is."""


@dataclass(frozen=True)
class Proxy:
    """A proxy in force.

    Attributes:
        address: where it is, without a user and a password.
        origin: the environment variable that names it.
    """

    address: str
    origin: str

    def __str__(self) -> str:
        return f"{self.address} ({self.origin})"

    @property
    def can_be(self) -> bool:
        """Whether there can be such a host and port; without a scheme it is http, as httpx reads it."""
        return can_be(httpx.URL(self.address if "://" in self.address else f"http://{self.address}"))


def proxy_for(url: str) -> Proxy | None:
    """Give the proxy that requests to `url` go through, as httpx chooses it; None when there is none."""
    target = httpx.URL(url)
    found = getproxies()
    if proxy_bypass(target.host):
        return None
    for kind in (target.scheme, "all"):
        if kind in found:
            return Proxy(_without_credentials(found[kind]), _origin(kind))
    return None


def _without_credentials(address: str) -> str:
    return address.rpartition("@")[2]


def _origin(kind: str) -> str:
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the system's settings")


def barred(url: str, tried: str) -> UnreachableError:
    """Make the error for a proxy that lets nothing pass without a user name and a password."""
    proxy = proxy_for(url)
    error = UnreachableError(
        "COMFY2001",
        tried=tried,
        got=f"the proxy {proxy or 'in between'} asks for a user name and a password",
        todo=f"Give both in {proxy.origin}." if proxy else None,
    )
    error.passes = False
    return error
