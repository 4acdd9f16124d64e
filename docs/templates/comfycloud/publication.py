"""Example of the Publication page."""

import pulumi

import pulumi_comfy as comfy

hero = comfy.comfycloud.Workflow("hero", name="hero", workflow="text_to_image.json")
shared = comfy.comfycloud.Publication(
    "hero-link",
    workflow_id=hero.id,
    path="workflows/hero.json",
    workflow_digest=hero.workflow_digest,  # nothing else is ever published
    keep_on_destroy=True,  # nothing takes a publication back: a destroy forgets it and says so
)

pulumi.export("link", shared.share_url)
