"""Example of the Model page."""

import pulumi_comfy as comfy

sd15 = comfy.comfydeploy.Model(
    "sd15",
    folder_path="checkpoints",
    filename="v1-5-pruned-emaonly.safetensors",
    # exactly one of `huggingface`, `civitai` and `link`
    huggingface="stable-diffusion-v1-5/stable-diffusion-v1-5/resolve/main/v1-5-pruned-emaonly.safetensors",
)
