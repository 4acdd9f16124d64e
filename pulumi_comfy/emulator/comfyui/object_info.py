"""What the common ones of ComfyUI's own nodes take and give."""

from __future__ import annotations

from dataclasses import dataclass

_SAMPLERS = (
    "euler|euler_cfg_pp|euler_ancestral|euler_ancestral_cfg_pp|heun|heunpp2|dpm_2|dpm_2_ancestral|lms|dpm_fast"
    "|dpm_adaptive|dpmpp_2s_ancestral|dpmpp_2s_ancestral_cfg_pp|dpmpp_sde|dpmpp_sde_gpu|dpmpp_2m|dpmpp_2m_cfg_pp"
    "|dpmpp_2m_sde|dpmpp_2m_sde_gpu|dpmpp_2m_sde_heun|dpmpp_2m_sde_heun_gpu|dpmpp_3m_sde|dpmpp_3m_sde_gpu|ddpm|lcm"
    "|ipndm|ipndm_v|deis|res_multistep|res_multistep_cfg_pp|res_multistep_ancestral|res_multistep_ancestral_cfg_pp"
    "|gradient_estimation|gradient_estimation_cfg_pp|er_sde|seeds_2|seeds_3|sa_solver|sa_solver_pece|ddim|uni_pc"
    "|uni_pc_bh2"
)
_SCHEDULERS = "simple|sgm_uniform|karras|exponential|ddim_uniform|beta|normal|linear_quadratic|kl_optimal"
_SEED = "INT:0:18446744073709551615"
_SAMPLING = (
    f"steps=INT:1:10000 cfg=FLOAT:0:100 sampler_name={_SAMPLERS} scheduler={_SCHEDULERS} positive=CONDITIONING"
    " negative=CONDITIONING latent_image=LATENT"
)

# Required inputs and outputs, as a real ComfyUI 0.3.64 tells them. Words between bars are all there is; FILE is the
# name of any file. Optional inputs are left out.
_TOLD = {
    "CheckpointLoaderSimple": "ckpt_name=FILE -> MODEL CLIP VAE",
    "CLIPTextEncode": "text=STRING clip=CLIP -> CONDITIONING",
    "EmptyImage": "width=INT:1:16384 height=INT:1:16384 batch_size=INT:1:4096 color=INT:0:16777215 -> IMAGE",
    "EmptyLatentImage": "width=INT:16:16384 height=INT:16:16384 batch_size=INT:1:4096 -> LATENT",
    "ImageBlur": "image=IMAGE blur_radius=INT:1:31 sigma=FLOAT:0.1:10 -> IMAGE",
    "ImageScale": (
        "image=IMAGE upscale_method=nearest-exact|bilinear|area|bicubic|lanczos width=INT:0:16384 height=INT:0:16384"
        " crop=disabled|center -> IMAGE"
    ),
    "KSampler": f"model=MODEL seed={_SEED} {_SAMPLING} denoise=FLOAT:0:1 -> LATENT",
    "KSamplerAdvanced": (
        f"model=MODEL add_noise=enable|disable noise_seed={_SEED} {_SAMPLING} start_at_step=INT:0:10000"
        " end_at_step=INT:0:10000 return_with_leftover_noise=disable|enable -> LATENT"
    ),
    "LoadImage": "image=FILE -> IMAGE MASK",
    "LoadImageMask": "image=FILE channel=alpha|red|green|blue -> MASK",
    "LoraLoader": (
        "model=MODEL clip=CLIP lora_name=FILE strength_model=FLOAT:-100:100 strength_clip=FLOAT:-100:100 -> MODEL CLIP"
    ),
    "PreviewImage": "images=IMAGE",
    "SaveAnimatedWEBP": (
        "images=IMAGE filename_prefix=STRING fps=FLOAT:0.01:1000 lossless=BOOLEAN quality=INT:0:100"
        " method=default|fastest|slowest"
    ),
    "SaveImage": "images=IMAGE filename_prefix=STRING",
    "UNETLoader": "unet_name=FILE weight_dtype=default|fp8_e4m3fn|fp8_e4m3fn_fast|fp8_e5m2 -> MODEL",
    "VAEDecode": "samples=LATENT vae=VAE -> IMAGE",
    "VAELoader": "vae_name=FILE -> VAE",
}


@dataclass(frozen=True)
class Input:
    """One required input: a type with bounds, or the words it may be."""

    kind: str
    least: float | None = None
    most: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeInfo:
    """One class of nodes."""

    required: dict[str, Input]
    outputs: tuple[str, ...]


def _input(text: str) -> Input:
    if "|" in text:
        return Input("COMBO", words=tuple(text.split("|")))
    kind, *bounds = text.split(":")
    numbers = [int(bound) if bound.lstrip("-").isdigit() else float(bound) for bound in bounds]
    return Input(kind, least=numbers[0], most=numbers[1]) if numbers else Input(kind)


def _node(text: str) -> NodeInfo:
    inputs, _, outputs = text.partition(" -> ")
    pairs = (item.split("=", 1) for item in inputs.split())
    return NodeInfo({name: _input(told) for name, told in pairs}, tuple(outputs.split()))


NODES = {name: _node(text) for name, text in _TOLD.items()}
"""By class. A class that is not here is taken as it is."""
