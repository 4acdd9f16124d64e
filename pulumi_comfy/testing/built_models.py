"""Builds how every platform's models validate, by being imported: the template of the provider processes does it once.

A provider builds a model when it first meets one of its kind, which takes about half of its processor time in a test.
"""

from __future__ import annotations

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.model import revive, wire_names
from pulumi_comfy.core.platform import platform_of

for _platform in PLATFORMS:
    for _handler in platform_of(_platform).handlers.values():
        _handler.inputs_model.model_rebuild()
        for _model in (_handler.inputs_model, _handler.outputs_model):
            revive(_model, dict.fromkeys(wire_names(_model)))  # reads each field by itself
