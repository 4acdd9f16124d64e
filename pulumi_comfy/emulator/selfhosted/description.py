"""`GET /api/doc`: what the web app says it has (1.4), and in the profile `seed` what is added.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from typing import Any

_PUBLIC = {
    "/run": ("get", "post"),
    "/upload-url": ("get",),
    "/auth-response/:request_id": ("get",),
    "/workflow": ("post",),
    "/workflow-version/:version_id": ("get",),
}
_ADDED = {
    "/api-key": ("get", "post"),
    "/api-key/:id": ("delete",),
    "/deployment": ("get", "post"),
    "/deployment/:id": ("put", "delete"),
    "/machine": ("get", "post"),
    "/machine/:id": ("put", "delete"),
}


def description(profile: str) -> dict[str, Any]:
    """An OpenAPI document of the paths; schemas are left out."""
    listed = {**_PUBLIC, **_ADDED} if profile == "seed" else _PUBLIC
    answers = {"200": {"description": "Done"}, "401": {"description": "Invalid or expired token"}}
    return {
        "openapi": "3.0.0",
        "servers": [{"url": "/api"}],
        "security": [{"bearerAuth": []}],
        "info": {"version": "0.0.1", "title": "Comfy Deploy API", "description": "Emulated"},
        "components": {"securitySchemes": {"bearerAuth": {"type": "apiKey", "in": "header", "name": "Authorization"}}},
        "paths": {path: {method: {"responses": answers} for method in methods} for path, methods in listed.items()},
    }
