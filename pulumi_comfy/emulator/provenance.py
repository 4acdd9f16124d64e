"""Where each route's behaviour was read: data beside the routes, collected into one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute

Evidence = Literal["recorded", "read", "unverified", "not emulated"]
_KEY = "x-provenance"


@dataclass(frozen=True)
class RouteInfo:
    """One row of the table.

    `evidence` is `recorded` (held against a real server's answers), `read` (from the page of facts), `unverified`
    (our best reading of little), or `not emulated` (answers 501); `source` says where.
    """

    platform: str
    method: str
    path: str
    evidence: Evidence
    source: str


def seen(evidence: Evidence, source: str) -> dict[str, Any]:
    """The mark of a route, passed as its `openapi_extra`."""
    return {_KEY: {"evidence": evidence, "source": source}}


def routes_of(platform: str, app: FastAPI) -> Iterable[RouteInfo]:
    """The table of one platform's application.

    Raises:
        LookupError: A route without the mark.
    """
    for route in _leaves(app.routes):
        mark = (route.openapi_extra or {}).get(_KEY)
        if mark is None or mark["evidence"] not in get_args(Evidence):
            raise LookupError(f"the route {route.path} of {platform} does not say where it was read")
        for method in sorted(route.methods or ()):
            yield RouteInfo(platform, method, route.path, mark["evidence"], mark["source"])


def _leaves(routes: Iterable[Any]) -> Iterable[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
