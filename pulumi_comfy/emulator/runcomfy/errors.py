"""How the platform says no: a code and a text, in one of four shapes."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from pulumi_comfy.emulator.runcomfy.settings import RunComfySettings

BAD_TOKEN, FOREIGN, NOT_FOUND, INVALID = 401001, 403003, 404001, 422001
NO_FUNDS, DISABLED, DELETED = 10001, 10002, 10003
NOT_FINISHED = 400001  # ours: nobody published it
_GATING = (NO_FUNDS, DISABLED, DELETED)


class RefusedError(Exception):
    """One refusal; `detail` lists the fields that are wrong."""

    def __init__(self, code: int, message: str, detail: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


def invalid(*place: str, because: str, kind: str = "value_error") -> RefusedError:
    """A 422 for one field of the body."""
    return RefusedError(INVALID, because, [field_problem(*place, because=because, kind=kind)])


def field_problem(*place: str, because: str, kind: str = "value_error") -> dict[str, Any]:
    """One item of `detail`."""
    return {"loc": ["body", *place], "msg": because, "type": kind}


def answer(error: RefusedError, settings: RunComfySettings) -> Response:
    """The refusal in the shape that the settings ask for."""
    status = settings.gating_status if error.code in _GATING else error.code // 1000
    shape = settings.error_shape
    if error.code == BAD_TOKEN and settings.bad_token != "coded":
        error, status, shape = RefusedError(FOREIGN, "Forbidden"), 403, settings.bad_token
    if shape == "html":
        return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", status)
    if shape in {"message", "error", "detail"}:
        return JSONResponse({shape: error.message}, status)
    body: dict[str, Any] = {"error_code": error.code, "error_message": error.message}
    if error.detail is not None:
        body["detail"] = error.detail
    return JSONResponse(body, 200 if shape == "coded in 200" else status)
