"""One document on ComfyDeploy and on Comfy Cloud, each proved by a run of its own.

`pulumi up` ends well only where both have rendered a picture. ComfyDeploy takes the API prompt too, Comfy Cloud makes
it of the graph with its own node classes. The graph needs no model, so both run it without a download.

On your own machine, without accounts: `pulumi-comfy emulator`, and paste the lines that it prints.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()
NAME, GRAPH = "one-document", "picture.json"
EXPECTED = {"kinds": ["images"], "mime_types": ["image/png"]}

machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu=comfy.comfydeploy.Gpu(config.get("gpu") or "T4"))
there = comfy.comfydeploy.Workflow("on-comfydeploy", name=NAME, workflow=GRAPH, workflow_api="picture.api.json")
serving = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=there.id,
    workflow_version_id=there.version_id,
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,
    environment=comfy.comfydeploy.Environment.STAGING,
    inference_check=comfy.comfydeploy.InferenceCheckArgs(expect=comfy.comfydeploy.ExpectArgs(**EXPECTED)),
)

here = comfy.comfycloud.Workflow(
    "on-comfycloud",
    name=NAME,
    workflow=GRAPH,
    inference_check=comfy.comfycloud.InferenceCheckArgs(expect=comfy.comfycloud.ExpectArgs(**EXPECTED)),
)

pulumi.export("deployment_id", serving.id)
pulumi.export("workflow_id", here.id)
pulumi.export("run_on_comfydeploy", serving.proof.apply(lambda proof: proof.run_id if proof else None))
pulumi.export("run_on_comfycloud", here.proof.apply(lambda proof: proof.run_id if proof else None))
