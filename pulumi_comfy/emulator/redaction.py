"""What the emulator shows of what it was sent: no credential, no text that a person wrote, no document.

Two nets: the name of a slot says that it holds a credential, and a text's shape says so. A document is known by its
digest, so that a log still tells whether the same one was sent twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qsl

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"(token|password|passwd|secret|authorization|credentials?|signature|cookie|api_?key|access_?key(_?id)?"
    r"|encrypted_value|downloadLink)$",
    re.IGNORECASE,
)
_DOCUMENT_NAME = re.compile(r"workflow(_json|_api|_api_json)?|comfyui_snapshot")
_TEXTS_NAME = re.compile(r"inputs|extra_data|batch_input_params|variables|envs?|environment(_variables)?|headers")
_SHAPES = re.compile(
    r"(?<=://)[^\s/?#]+(?=@)"  # the user and password of a URL
    r"|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT, as the platform's keys are
    r"|(?<=Bearer )\S+"
    r"|(?<=[?&])((?:[\w.-]|%2D)*(?:token|key|secret|password|signature|sig|credential)=)[^&\s\"']+"
    r"|\b(\w*(?:TOKEN|KEY|SECRET|PASSWORD)\w*=)(?!\s)(?:\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)


def redact(value: Any, name: str = "") -> Any:
    """A copy of a JSON value of a request, as the log may show it; `name` is that of the slot it is in."""
    if _DOCUMENT_NAME.fullmatch(name) and isinstance(value, (str, dict, list)) and value:
        return _digest(value)
    if isinstance(value, list):
        return [redact(item, name) for item in value]
    if isinstance(value, dict):
        return _redact_object(value, are_texts=_TEXTS_NAME.fullmatch(name) is not None)
    is_secret = _SECRET_NAME.search(name) is not None and bool(value) and not isinstance(value, bool)
    return REDACTED if is_secret else redact_text(value)


def _redact_object(value: dict[str, Any], *, are_texts: bool) -> dict[str, Any]:
    is_variable = set(value) >= {"key", "value"}
    shown = {}
    for name, item in value.items():
        is_text = (are_texts and not isinstance(item, (int, float, type(None)))) or (is_variable and name == "value")
        shown[redact_text(name)] = REDACTED if is_text else redact(item, name)
    return shown


def _digest(document: Any) -> Any:
    """A document in the form it was sent in, text or object, without what it says."""
    text = document if isinstance(document, str) else json.dumps(document, sort_keys=True)
    digest = f"sha256:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"
    return f"[document {digest}]" if isinstance(document, str) else {"[document]": digest}


def redact_text(value: Any) -> Any:
    """A text without what looks like a credential; anything else as it is."""
    if not isinstance(value, str):
        return value
    return _SHAPES.sub(lambda found: f"{found[1] or found[2] or ''}{REDACTED}", value)


def redact_texts(value: Any) -> Any:
    """A copy of a JSON value in which no text holds what looks like a credential."""
    if isinstance(value, list):
        return [redact_texts(item) for item in value]
    if isinstance(value, dict):
        return {name: redact_texts(item) for name, item in value.items()}
    return redact_text(value)


def redact_query(query_string: bytes) -> dict[str, str]:
    """The query as a dict (the last of equal names wins) with credentials blanked."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return {redact_text(name): str(redact(value, name)) for name, value in pairs}
