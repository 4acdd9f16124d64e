"""Makes what every provider process makes once and alike, by being imported: the template of them does it for all.

How models and answers validate, and whom a download trusts: more than half of a provider's processor time in a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.http.endpoints import Row
from pulumi_comfy.core.http.transport import trusted_authorities
from pulumi_comfy.core.model import Model, revive, wire_names
from pulumi_comfy.core.platform import platform_of


def _below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


_handlers = [handler for platform in PLATFORMS for handler in platform_of(platform).handlers.values()]
for _model in (*_below(Model), *_below(Row)):
    _model.model_rebuild()
for _handler in _handlers:
    for _stored in (_handler.inputs_model, _handler.outputs_model):
        revive(_stored, dict.fromkeys(wire_names(_stored)))  # reads each field by itself
trusted_authorities()
