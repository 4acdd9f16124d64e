"""What is made before a provider needs it."""

from __future__ import annotations

import pytest

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.model import revive, wire_names
from pulumi_comfy.core.platform import platform_of
from pulumi_comfy.testing import prepared
from pulumi_comfy.testing.plugin import PRELOAD

HANDLERS = [handler for platform in PLATFORMS for handler in platform_of(platform).handlers.values()]


def test_the_template_of_the_providers_makes_it():
    assert prepared.__name__ in PRELOAD


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.token)
def test_null_is_missing_in_every_field_that_may_be(handler):
    for model in (handler.inputs_model, handler.outputs_model):
        revived = revive(model, dict.fromkeys(wire_names(model)))

        may_be_missing = [name for name, one in model.model_fields.items() if one.default is None]
        assert {name: getattr(revived, name) for name in may_be_missing} == dict.fromkeys(may_be_missing)
