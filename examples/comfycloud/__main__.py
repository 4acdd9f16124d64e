"""A workflow saved on Comfy Cloud, each version of it proved by a real run.

The editor's graph alone is enough: `picture.json` is what the editor saves. Change it and run `pulumi up`: a version is
appended and run; what renders no picture is put back, by appending the former document again. Save it in the browser in
between, and `up` says who saved what instead of burying it. The graph needs no model, so it runs anywhere in a moment.

On your own machine, without an account: `pulumi-comfy emulator`, and paste the lines that it prints.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()

picture = comfy.comfycloud.Workflow(
    "picture",
    workflow="picture.json",
    description="One picture of one colour.",
    on_conflict=comfy.comfycloud.OnConflict.REFUSE,
    inference_check=comfy.comfycloud.InferenceCheckArgs(
        overrides={"1": {"color": config.require_int("color")}},  # by the node's id
        expect=comfy.comfycloud.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
        save_outputs_to="outputs",
    ),
)

pulumi.export("workflow_id", picture.id)
pulumi.export("version", picture.version_number)
pulumi.export("image", picture.last_check.apply(lambda check: check.files[0] if check else None))
pulumi.export("image_sha256", picture.last_check.apply(lambda check: check.sha256[0] if check else None))
