"""Names of the widgets of well-known classes, in the order in which the editor saves their values."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_comfy.workflows.editor_nodes import PRIMITIVE

__all__ = ["CONTROL", "CONTROL_WORDS", "WIDGETS"]

CONTROL = "control_after_generate"
"""The editor's name for the widget behind a seed that says what becomes of it after each run."""

CONTROL_WORDS = frozenset({"fixed", "increment", "increment-wrap", "decrement", "randomize"})
"""What that widget may say; `increment-wrap` begins a list of choices anew behind its end."""

_EXTERNAL = "ComfyUIDeployExternal"
_SAMPLER = ("seed", CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise")
_SIZE = ("width", "height", "batch_size")
_SLIDER = ("input_id", "default_value", "min_value", "max_value", "display_name", "description")
_INPUT = ("input_id", "default_value", "display_name", "description")

WIDGETS: Mapping[str, tuple[str, ...]] = {
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CLIPLoader": ("clip_name", "type", "device"),
    "CLIPSetLastLayer": ("stop_at_clip_layer",),
    "CLIPTextEncode": ("text",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "ControlNetApply": ("strength",),
    "ControlNetApplyAdvanced": ("strength", "start_percent", "end_percent"),
    "ControlNetLoader": ("control_net_name",),
    "DualCLIPLoader": ("clip_name1", "clip_name2", "type", "device"),
    "EmptyImage": (*_SIZE, "color"),
    "EmptyLatentImage": _SIZE,
    "EmptySD3LatentImage": _SIZE,
    "FluxGuidance": ("guidance",),
    "ImageScale": ("upscale_method", "width", "height", "crop"),
    "KSampler": _SAMPLER,
    "KSamplerAdvanced": (
        "add_noise",
        "noise_seed",
        CONTROL,
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "start_at_step",
        "end_at_step",
        "return_with_leftover_noise",
    ),
    "KSamplerSelect": ("sampler_name",),
    "LoadImage": ("image", "upload"),
    "LoadImageMask": ("image", "channel", "upload"),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "ModelSamplingSD3": ("shift",),
    "PrimitiveInt": ("value", CONTROL),
    PRIMITIVE: ("value", CONTROL, "control_filter_list"),
    "RandomNoise": ("noise_seed", CONTROL),
    "SaveAnimatedWEBP": ("filename_prefix", "fps", "lossless", "quality", "method"),
    "SaveImage": ("filename_prefix",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UpscaleModelLoader": ("model_name",),
    "VAEDecodeTiled": ("tile_size", "overlap", "temporal_size", "temporal_overlap"),
    "VAELoader": ("vae_name",),
    f"{_EXTERNAL}Boolean": _INPUT,
    f"{_EXTERNAL}Number": _INPUT,
    f"{_EXTERNAL}NumberInt": _INPUT,
    f"{_EXTERNAL}NumberSlider": _SLIDER,
    f"{_EXTERNAL}NumberSliderInt": _SLIDER,
    f"{_EXTERNAL}Seed": _SLIDER,
    f"{_EXTERNAL}Text": _INPUT,
    f"{_EXTERNAL}TextAny": _INPUT,
    f"{_EXTERNAL}TextSingleLine": _INPUT,
}
"""Names by class. They serve the words of a diff; the digest asks them only where a seed's control stands."""
