"""The ComfyUI workflow document: read it, tell what changed, check it. Knows no platform and no Pulumi."""

from __future__ import annotations

from pulumi_comfy.workflows.canonical import canonical, canonical_value
from pulumi_comfy.workflows.conversion import ConversionError, convert, editor_texts
from pulumi_comfy.workflows.declared import replaced_classes
from pulumi_comfy.workflows.differences import describe_changes
from pulumi_comfy.workflows.document import Document, require_prompt, sha256_of
from pulumi_comfy.workflows.errors import CODES, WorkflowError, WorkflowErrorCode
from pulumi_comfy.workflows.inputs import (
    ExternalInput,
    InputType,
    check_run_inputs,
    external_inputs,
    seed_inputs,
)
from pulumi_comfy.workflows.needs import hopeless_loop
from pulumi_comfy.workflows.pairing import pair_problems
from pulumi_comfy.workflows.parse import parse, parse_leniently
from pulumi_comfy.workflows.prompt import (
    ModelFile,
    link_of,
    model_files,
    node_classes,
    output_node_ids,
    seed_places,
    vary_seed,
)
from pulumi_comfy.workflows.secrets import find_secrets
from pulumi_comfy.workflows.validation import run_problems, validate_against

__all__ = [
    "CODES",
    "ConversionError",
    "Document",
    "ExternalInput",
    "InputType",
    "ModelFile",
    "WorkflowError",
    "WorkflowErrorCode",
    "canonical",
    "canonical_value",
    "check_run_inputs",
    "convert",
    "describe_changes",
    "editor_texts",
    "external_inputs",
    "find_secrets",
    "hopeless_loop",
    "link_of",
    "model_files",
    "node_classes",
    "output_node_ids",
    "pair_problems",
    "parse",
    "parse_leniently",
    "replaced_classes",
    "require_prompt",
    "run_problems",
    "seed_inputs",
    "seed_places",
    "sha256_of",
    "validate_against",
    "vary_seed",
]
