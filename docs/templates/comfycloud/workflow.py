"""Example of the Workflow page."""

import pulumi

import pulumi_comfy as comfy

hero = comfy.comfycloud.Workflow(
    "hero",
    workflow="text_to_image.json",  # saved in the editor: a graph alone is enough
    description="The picture on top of the landing page.",
    inference_check=comfy.comfycloud.InferenceCheckArgs(
        overrides={"6": {"text": "a lighthouse at dawn"}},  # by the node's id
        expect=comfy.comfycloud.ExpectArgs(kinds=["images"]),
    ),
)

pulumi.export("version", hero.version_number)
