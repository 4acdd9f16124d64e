"""Whether a text looks like what a vendor gave out, or only like the place where that is to be written."""

from __future__ import annotations

import re

from pulumi_comfy.policy.credential_shapes import VENDOR_WORDS
from pulumi_comfy.workflows.secrets import names_a_secret

__all__ = [
    "UNKNOWN_VENDOR",
    "is_opaque",
    "is_placeholder",
    "is_word_alone",
    "looks_random",
    "tells_secret",
    "vendor_in",
]

UNKNOWN_VENDOR = "unknown"

_PLACEHOLDER = re.compile(
    r"^[$<{%\[]|\$\{|\{\{|\*\*\*|\.\.\.|x{5}|(.)\1{6}"
    r"|example|placeholder|change[_-]?me|redacted|your[_-]|[_-]here"
    r"|0123456|1234567|7654321|abcdefg|abcd1234|deadbeef"
    r"|(?:^|[_-])(?:your|my|dummy|fake|todo|insert|replace|none|null|sample|demo)(?:[_-]|$)"
    r"|api_?key|access_?token|getenv|environ|env[.\[(]|secrets?[._]|config[.\[(]|settings?[.\[(]",
    re.IGNORECASE,
)
_WORDS = frozenset(
    {"password", "passwd", "pass", "pwd", "secret", "token", "key", "user", "username", "apikey", "bearer", "basic"}
    | {
        "none",
        "null",
        "true",
        "false",
        "default",
        "test",
        "changeit",
        "optional",
        "required",
        "empty",
        "hidden",
        "auto",
    }
)
_FILE = re.compile(
    r"^(?:[./~]|https?:)|\.(?:safetensors|ckpt|pth?|bin|gguf|onnx|sft|png|jpe?g|webp|gif|mp[34]|wav|json|ya?ml|txt|py|zip)$",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"passw|pwd", re.IGNORECASE)
_KEYED = re.compile(r"(?:key|token|secret|password)s?$")
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_placeholder(text: str) -> bool:
    """Whether it stands for a credential without being one: `${{ secrets.X }}`, `YOUR_API_KEY`, `xxxxx`, `$TOKEN`."""
    return _PLACEHOLDER.search(text) is not None


def is_word_alone(text: str) -> bool:
    """Whether it is a word that people write where nothing secret is: `password`, `none`, `test`."""
    return text.lower() in _WORDS


def looks_random(body: str, *, is_mixed: bool = False) -> bool:
    """Whether what follows a vendor's letters was drawn at random, as far as a look tells.

    Args:
        body: The text without the beginning that all have.
        is_mixed: Whether it has to hold capitals, small letters and digits.
    """
    if len(set(body)) < 7 or is_placeholder(body):
        return False
    return not is_mixed or all(any(map(kind, body)) for kind in (str.isdigit, str.islower, str.isupper))


def is_opaque(value: str, least: int) -> bool:
    """Whether a value beside a telling name is a credential: letters and digits, no file, no words, not too short."""
    if len(value) < least or is_placeholder(value) or _FILE.search(value) or is_word_alone(value):
        return False
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(set(value)) >= min(7, least - 2)


def is_password(name: str) -> bool:
    """Whether a name tells that its value is a password, which people choose and which may be short."""
    return _PASSWORD.search(name) is not None


def tells_secret(name: str) -> bool:
    """Whether a name tells that its value is a credential: `api_key`, `FAL_KEY`, `civitaiToken`, `DB_PWD`."""
    if names_a_secret(name):
        return True
    words = _in_words(name)
    if words.endswith("_pwd"):  # `PWD` alone is the folder that a shell is in
        return True
    return bool(_KEYED.search(words)) and vendor_in(words) != UNKNOWN_VENDOR


def vendor_in(text: str) -> str:
    """Give whose credential a name or an address is about; `unknown` where no word of it tells."""
    words = f"_{_in_words(text)}_"
    for word, vendor in VENDOR_WORDS.items():
        if f"_{word}" in words:
            return vendor
    return UNKNOWN_VENDOR


def _in_words(name: str) -> str:
    return _BETWEEN_WORDS.sub("_", _CAMEL.sub("_", name)).lower()
