"""How the platform says no (1.2, 1.3).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import HTTPException
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.gateway import UnhandledError

__all__ = ["UnhandledError", "bad_uuid_text", "error", "foreign_key_text", "is_uuid", "refuse", "sql_text"]


def refuse(status: int, detail: str) -> HTTPException:
    """The usual shape: `{"detail": text}`."""
    return HTTPException(status, detail)


def error(status: int, text: str) -> JSONResponse:
    """The shape of `POST /workflow` and of the API key routes: `{"error": text}`."""
    return JSONResponse({"error": text}, status)


def is_uuid(text: str) -> bool:
    """Whether the database would take the text as a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return 32 <= len(text) <= 36


def sql_text(kind: str, exception: str, message: str, statement: str, parameters: Any = "...") -> str:
    """A database fault as it leaks into `detail`; the statement itself is shortened."""
    link = "gkpj" if kind == "IntegrityError" else "dbapi"
    return (
        f"(sqlalchemy.dialects.postgresql.asyncpg.{kind}) <class 'asyncpg.exceptions.{exception}'>: {message}\n"
        f"[SQL: {statement} ...]\n[parameters: ({parameters})]\n"
        f"(Background on this error at: https://sqlalche.me/e/20/{link})"
    )


def bad_uuid_text(value: str, statement: str = "SELECT") -> str:
    """The leak for a text that is no UUID where a UUID column is compared."""
    reason = f"length must be between 32..36 characters, got {len(value)}"
    if 32 <= len(value) <= 36:
        reason = "unexpected character"
    message = f"invalid input for query argument $1: '{value}' (invalid UUID '{value}': {reason})"
    return sql_text("Error", "DataError", message, statement, f"'{value}'")


def foreign_key_text(verb: str, table: str, constraint: str, column: str, value: str, target: str) -> str:
    """The leak for a reference to a row that is not there."""
    message = (
        f'insert or update on table "{table}" violates foreign key constraint "{constraint}"\n'
        f'DETAIL:  Key ({column})=({value}) is not present in table "{target}".'
    )
    return sql_text("IntegrityError", "ForeignKeyViolationError", message, f"{verb} comfyui_deploy.{table}")
