"""The ComfyUI on your desk: a workflow in the editor's list, which `pulumi up` puts there and renders once.

Start ComfyUI, then `pulumi up`: no key, no model, no GPU. The workflow appears in the browser's list as `pulumi/hello`.
Change `hello.json`, or save your own over it (Workflow > Export), and run `pulumi up` again; what renders no picture is
put back. Saved in the browser instead? `pulumi refresh` sees it, and `pulumi up` says what it would write over.

Another address: `pulumi config set comfy:comfyuiUrl http://gpu-box:8188`.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()

hello = comfy.comfyui.Workflow(
    "hello",
    name="pulumi/hello",
    workflow=config.get("workflow") or "hello.json",
    inference_check=comfy.comfyui.InferenceCheckArgs(
        expect=comfy.comfyui.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
        save_outputs_to="outputs",
    ),
)

pulumi.export("file", hello.id)
pulumi.export("image", hello.last_check.apply(lambda check: check.files[0] if check else None))
