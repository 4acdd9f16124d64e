"""Credentials in what a program declares: workflow documents, environment values, commands, extra data.

Why patterns of our own. We looked for a detector that is well kept, still released and light enough to be loaded at
every preview. `detect-secrets` has had no release since 2024, and its forks look at a file line by line, with plugins
that take the file's name and a global setting; `gitleaks`, `trufflehog` and `kingfisher` are programs of their own.
`kingfisher` has a Python package too, released every few weeks: 35 MB of native code for six systems, which takes
seconds to translate its rules wherever its cache is cold, as in every new CI job. And none of them knows the vendors
that workflows are about: Comfy, ComfyDeploy, RunComfy, Civitai, Kling, Luma, Runway, Black Forest Labs, Modal. A
program of that kind over the repository is a good thing beside this, not instead of it.

What is found, in this order: tokens by what they begin with (`credential_shapes.py`), JSON web tokens, private keys,
passwords in addresses, `Authorization` headers, and values beside a telling name. What no name, no letters and no
place tells (32 hexadecimal digits by themselves) is not found: every hash in a workflow looks like that.

The time is linear in the length of the text: what a kind begins with is searched by `str.find`, and each look from
there is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pulumi_comfy.policy.credential_looks import (
    is_opaque,
    is_password,
    is_placeholder,
    is_word_alone,
    tells_secret,
    vendor_in,
)
from pulumi_comfy.policy.credential_places import Span, spans_by_rank
from pulumi_comfy.workflows.secrets import secret_meaning

__all__ = ["Finding", "find", "find_in"]

_SHORTEST = 8
"""No credential that is looked for in a text is shorter."""


@dataclass(frozen=True)
class Finding:
    """One credential; where it stands and what it is, never the credential itself.

    Attributes:
        vendor: Who gave it out (`OpenAI`), or `unknown`.
        rule: By what it was known (`openai-key`, `password-in-url`, `named`).
        start: The offset of its first character in the text that was searched.
        end: The offset behind its last.
    """

    vendor: str
    rule: str
    start: int
    end: int


def find(text: str) -> list[Finding]:
    """Give the credentials in a text, in the order in which they stand; none overlaps another.

    Args:
        text: Any text: a command, a prompt, a whole document as JSON.
    """
    if len(text) < _SHORTEST:
        return []
    return [Finding(*span) for span in _without_overlaps(spans_by_rank(text))]


def find_in(value: object) -> list[tuple[str, Finding]]:
    """Give the credentials in a JSON value, in its keys as well as its values, each with the place where it stands.

    Beside what `find` sees in a single text, the name of a key tells: `{"civitai_token": ...}`, and
    `{"key": "DB_PASSWORD", "value": ...}`.

    Args:
        value: What `json.loads` gives, or one text.

    Returns:
        Pairs of a place in words (`inputs.api_key`, `steps[1]`; empty for a bare text; `[key 3]` for the third key of
        an object, where the key itself is the credential) and the finding, whose offsets are those of that one text.
    """
    return list(chain.from_iterable(_in_text(place, name, text) for place, name, text in _texts(value)))


def _without_overlaps(ranked: Iterable[tuple[int, Span]]) -> list[Span]:
    """Of spans that overlap, the one of the surer kind."""
    kept: list[tuple[int, Span]] = []
    for rank, span in sorted(ranked, key=lambda one: (one[1].start, one[0], -one[1].end)):
        if not kept or span.start >= kept[-1][1].end:
            kept.append((rank, span))
        elif rank < kept[-1][0]:
            kept[-1] = (rank, span)
    return [span for _, span in kept]


def _in_text(place: str, name: str | None, text: str) -> Iterator[tuple[str, Finding]]:
    found = find(text)
    yield from ((place, one) for one in found)
    if name is not None and not found and _is_named_credential(name, text):
        yield place, Finding(vendor_in(name), "named", 0, len(text))


def _is_named_credential(name: str, text: str) -> bool:
    """Whether a text under a telling key is a credential: a password may be anything but a word that says «none»."""
    text = text.strip()
    if not tells_secret(name) or any(map(str.isspace, text)):
        return False
    if is_password(name):
        return len(text) >= 4 and not is_placeholder(text) and not is_word_alone(text)
    return is_opaque(text, 12)


_NAMED_BY = {"value": ("key", "name", "variable")}
"""In an object that is a pair: which key holds the value, and which may hold its name."""


def _texts(value: object) -> Iterator[tuple[str, str | None, str]]:
    """Every text with its place and the name that tells what it is, in the order of the document, however deep."""
    waiting: list[tuple[str, str | None, object]] = [("", None, value)]
    while waiting:
        place, name, one = waiting.pop()
        if isinstance(one, str):
            yield place, name, one
        elif isinstance(one, Mapping):
            waiting += reversed([*_members(place, one)])
        elif isinstance(one, list | tuple):
            waiting += reversed([(f"{place}[{at}]", name, item) for at, item in enumerate(one) if _may_hold(item)])


def _members(place: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, str | None, object]]:
    """The values of an object, each with its place, and before it the key where that is a credential itself."""
    for number, (key, item) in enumerate(settings.items(), start=1):
        is_credential = len(key) >= _SHORTEST and bool(find(key))
        where = f"{place}[key {number}]" if is_credential else f"{place}.{key}".removeprefix(".")
        if is_credential:
            yield where, None, key
        if _may_hold(item):
            yield where, None if is_credential else _meaning(key, settings), item


def _may_hold(value: object) -> bool:
    return isinstance(value, str | list | tuple | Mapping)


def _meaning(key: str, settings: Mapping[str, Any]) -> str:
    """The name that tells what a setting is: a pair holds it under another key than the value."""
    for other in _NAMED_BY.get(key, ()):
        if isinstance(settings.get(other), str):
            return str(settings[other])
    return secret_meaning(key, settings)
