"""ComfyUI's own nodes, as `object_info` tells them: what each takes and gives. Texts for people are our own words."""

from __future__ import annotations

from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Row, Spec, float_of, int_of, size, v3_words, words

_SAMPLERS = (
    "euler euler_cfg_pp euler_ancestral euler_ancestral_cfg_pp heun heunpp2 dpm_2 dpm_2_ancestral lms dpm_fast"
    " dpm_adaptive dpmpp_2s_ancestral dpmpp_2s_ancestral_cfg_pp dpmpp_sde dpmpp_sde_gpu dpmpp_2m dpmpp_2m_cfg_pp"
    " dpmpp_2m_sde dpmpp_2m_sde_gpu dpmpp_2m_sde_heun dpmpp_2m_sde_heun_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu ddpm lcm"
    " ipndm ipndm_v deis res_multistep res_multistep_cfg_pp res_multistep_ancestral res_multistep_ancestral_cfg_pp"
    " gradient_estimation gradient_estimation_cfg_pp er_sde seeds_2 seeds_3 sa_solver sa_solver_pece ddim uni_pc"
    " uni_pc_bh2"
)
_SCHEDULERS = "simple sgm_uniform karras exponential ddim_uniform beta normal linear_quadratic kl_optimal"
_LARGEST_SEED = 2**64 - 1
_LARGEST_INT = 2**63 - 1

_SAMPLING: dict[str, Spec] = {
    "steps": int_of(20, 1, 10000),
    "cfg": float_of(8.0, 0.0, 100.0, step=0.1, round=0.01),
    "sampler_name": words(_SAMPLERS),
    "scheduler": words(_SCHEDULERS),
    "positive": ["CONDITIONING"],
    "negative": ["CONDITIONING"],
    "latent_image": ["LATENT"],
}
_SEED = int_of(0, 0, _LARGEST_SEED, control_after_generate=True)
_STRENGTH = float_of(1.0, -100.0, 100.0, step=0.01)
_PREFIX: Spec = ["STRING", {"default": "ComfyUI"}]
_MATCHED: Spec = ["COMFY_MATCHTYPE_V3", {"lazy": True, "template": {"template_id": "switch", "allowed_types": "*"}}]
_MANY_IMAGES: Spec = [
    "COMFY_AUTOGROW_V3",
    {"template": {"input": {"required": {"image": ["IMAGE", {}]}}, "prefix": "image", "min": 2, "max": 50}},
]

_ROWS = {
    "BatchImagesNode": Row(
        "image:nodes_post_processing", "Batch Images", {"images": _MANY_IMAGES}, "IMAGE", is_v3=True
    ),
    "CheckpointLoaderSimple": Row(
        "loaders",
        "Load Checkpoint",
        {"ckpt_name": ["@checkpoints"]},
        "MODEL CLIP VAE",
        told="all",
        has_output_tips=True,
    ),
    "CLIPLoader": Row(
        "advanced/loaders",
        "Load CLIP",
        {"clip_name": ["@text_encoders"], "type": words("stable_diffusion sd3 flux wan hunyuan_image qwen_image")},
        "CLIP",
        {"device": words("default cpu")},
    ),
    "CLIPSetLastLayer": Row(
        "conditioning",
        "CLIP Set Last Layer",
        {"clip": ["CLIP"], "stop_at_clip_layer": int_of(-1, -24, -1, step=1)},
        "CLIP",
    ),
    "CLIPTextEncode": Row(
        "conditioning",
        "CLIP Text Encode (Prompt)",
        {"text": ["STRING", {"multiline": True, "dynamicPrompts": True}], "clip": ["CLIP"]},
        "CONDITIONING",
        told="all",
        has_output_tips=True,
    ),
    "ComfySwitchNode": Row(
        "logic:nodes_logic",
        "Switch",
        {"switch": ["BOOLEAN", {}]},
        "COMFY_MATCHTYPE_V3",
        {"on_false": _MATCHED, "on_true": _MATCHED},
        is_v3=True,
    ),
    "ControlNetLoader": Row("loaders", "Load ControlNet Model", {"control_net_name": ["@controlnet"]}, "CONTROL_NET"),
    "CustomCombo": Row("utils:nodes_logic", "Custom Combo", {"choice": v3_words("")}, "STRING INT", is_v3=True),
    "EmptyImage": Row(
        "image",
        "EmptyImage",
        {
            "width": size(512, 1, 1),
            "height": size(512, 1, 1),
            "batch_size": int_of(1, 1, 4096),
            "color": int_of(0, 0, 0xFFFFFF, step=1, display="color"),
        },
        "IMAGE",
    ),
    "EmptyLatentImage": Row(
        "latent",
        "Empty Latent Image",
        {"width": size(512, 16, 8), "height": size(512, 16, 8), "batch_size": int_of(1, 1, 4096)},
        "LATENT",
        told="all",
        has_output_tips=True,
    ),
    "ImageBlur": Row(
        "image/postprocessing:nodes_post_processing",
        None,
        {"image": ["IMAGE", {}], "blur_radius": int_of(1, 1, 31, step=1), "sigma": float_of(1.0, 0.1, 10.0, step=0.1)},
        "IMAGE",
        is_v3=True,
    ),
    "ImageInvert": Row("image", "Invert Image", {"image": ["IMAGE"]}, "IMAGE"),
    "ImageScale": Row(
        "image/upscaling",
        "Upscale Image",
        {
            "image": ["IMAGE"],
            "upscale_method": words("nearest-exact bilinear area bicubic lanczos"),
            "width": size(512, 0, 1),
            "height": size(512, 0, 1),
            "crop": words("disabled center"),
        },
        "IMAGE",
    ),
    "KSampler": Row(
        "sampling",
        "KSampler",
        {"model": ["MODEL"], "seed": _SEED, **_SAMPLING, "denoise": float_of(1.0, 0.0, 1.0, step=0.01)},
        "LATENT",
        told="all",
        has_output_tips=True,
    ),
    "KSamplerAdvanced": Row(
        "sampling",
        "KSampler (Advanced)",
        {
            "model": ["MODEL"],
            "add_noise": words("enable disable"),
            "noise_seed": _SEED,
            **_SAMPLING,
            "start_at_step": int_of(0, 0, 10000),
            "end_at_step": int_of(10000, 0, 10000),
            "return_with_leftover_noise": words("disable enable"),
        },
        "LATENT",
    ),
    "LoadAudio": Row(
        "audio:nodes_audio",
        "Load Audio",
        {"audio": v3_words("", options="@input", audio_upload=True)},
        "AUDIO",
        is_v3=True,
    ),
    "LoadImage": Row("image", "Load Image", {"image": ["@input", {"image_upload": True}]}, "IMAGE MASK"),
    "LoadImageMask": Row(
        "mask",
        "Load Image (as Mask)",
        {"image": ["@input", {"image_upload": True}], "channel": words("alpha red green blue")},
        "MASK",
    ),
    "LoadVideo": Row(
        "image/video:nodes_video",
        "Load Video",
        {"file": v3_words("", options="@input", video_upload=True)},
        "VIDEO",
        is_v3=True,
    ),
    "LoraLoader": Row(
        "loaders",
        "Load LoRA",
        {
            "model": ["MODEL"],
            "clip": ["CLIP"],
            "lora_name": ["@loras"],
            "strength_model": _STRENGTH,
            "strength_clip": _STRENGTH,
        },
        "MODEL CLIP",
        told="all",
        has_output_tips=True,
    ),
    "LoraLoaderModelOnly": Row(
        "loaders",
        "LoraLoaderModelOnly",
        {"model": ["MODEL"], "lora_name": ["@loras"], "strength_model": _STRENGTH},
        "MODEL",
    ),
    "PreviewAny": Row("utils:nodes_preview_any", "Preview Any", {"source": ["*", {}]}, is_output=True),
    "PreviewImage": Row("image", "Preview Image", {"images": ["IMAGE"]}, is_saving=True),
    "PrimitiveBoolean": Row(
        "utils/primitive:nodes_primitive", "Boolean", {"value": ["BOOLEAN", {}]}, "BOOLEAN", is_v3=True
    ),
    "PrimitiveFloat": Row(
        "utils/primitive:nodes_primitive",
        "Float",
        {"value": ["FLOAT", {"min": -float(_LARGEST_INT), "max": float(_LARGEST_INT)}]},
        "FLOAT",
        is_v3=True,
    ),
    "PrimitiveInt": Row(
        "utils/primitive:nodes_primitive",
        "Int",
        {"value": int_of(None, -_LARGEST_INT, _LARGEST_INT, control_after_generate=True)},
        "INT",
        is_v3=True,
    ),
    "PrimitiveString": Row(
        "utils/primitive:nodes_primitive", "String", {"value": ["STRING", {"multiline": False}]}, "STRING", is_v3=True
    ),
    "PrimitiveStringMultiline": Row(
        "utils/primitive:nodes_primitive",
        "String (Multiline)",
        {"value": ["STRING", {"multiline": True}]},
        "STRING",
        is_v3=True,
    ),
    "SaveAnimatedWEBP": Row(
        "image/animation:nodes_images",
        "SaveAnimatedWEBP",
        {
            "images": ["IMAGE"],
            "filename_prefix": _PREFIX,
            "fps": float_of(6.0, 0.01, 1000.0, step=0.01),
            "lossless": ["BOOLEAN", {"default": True}],
            "quality": int_of(80, 0, 100),
            "method": words("default fastest slowest"),
        },
        is_saving=True,
    ),
    "SaveImage": Row(
        "image", "Save Image", {"images": ["IMAGE"], "filename_prefix": _PREFIX}, told="all", is_saving=True
    ),
    "SaveVideo": Row(
        "image/video:nodes_video",
        "Save Video",
        {
            "video": ["VIDEO"],
            "filename_prefix": ["STRING", {"default": "video/ComfyUI"}],
            "format": v3_words("auto mp4"),
            "codec": v3_words("auto h264"),
        },
        is_saving=True,
        is_v3=True,
    ),
    "UNETLoader": Row(
        "advanced/loaders",
        "Load Diffusion Model",
        {"unet_name": ["@diffusion_models"], "weight_dtype": words("default fp8_e4m3fn fp8_e4m3fn_fast fp8_e5m2")},
        "MODEL",
    ),
    "VAEDecode": Row(
        "latent", "VAE Decode", {"samples": ["LATENT"], "vae": ["VAE"]}, "IMAGE", told="all", has_output_tips=True
    ),
    "VAEEncode": Row("latent", "VAE Encode", {"pixels": ["IMAGE"], "vae": ["VAE"]}, "LATENT"),
    "VAELoader": Row("loaders", "Load VAE", {"vae_name": ["@vae"]}, "VAE"),
}

CLASSES: dict[str, NodeClass] = {name: row.spelled(name) for name, row in _ROWS.items()}
"""By name."""
NEWER = frozenset({"BatchImagesNode", "ComfySwitchNode", "CustomCombo"})
"""Those that a server of 2025 does not have."""
