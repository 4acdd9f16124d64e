"""One of everything that ComfyDeploy keeps, but for a model file: no file says whose it is."""

from __future__ import annotations

from typing import Any

from exam import Estate, Row
from programs import documents

import pulumi_comfy as comfy


class Everything(Estate):
    """An object of each kind, the deployment with a check, and a check by itself."""

    holds = {"workflows": 1, "machines": 2, "secrets": 1, "deployments": 1, "api_keys": 1}
    gpu = "T4"
    steps = 20
    variables = "abcdefgh"
    environment = "staging"
    endpoint = "https://one.example"

    def __call__(self) -> None:
        c = comfy.comfydeploy
        gpu = c.ServerlessMachine("gpu", gpu=self.gpu, rollout="replace")
        c.CustomMachine("own", endpoint=self.endpoint)
        c.Secret("tokens", variables={"TOKEN": self.variables}, machine_ids=[gpu.id])
        c.ApiKey("key")
        graph, prompt = documents(20)["workflow"], documents(self.steps)["workflow_api"]
        workflow = c.Workflow("portrait", workflow_api=prompt, workflow=graph, description=f"{self.steps} steps")
        c.WorkflowVersion(
            "pinned", workflow_id=workflow.id, workflow=graph, workflow_api={**prompt, "99": dict(prompt["7"])}
        )
        serving = c.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=gpu.id,
            machine_build_digest=gpu.build_digest,
            environment=self.environment,
            inference_check=c.InferenceCheckArgs(inputs={"prompt": "a cat"}),
        )
        c.InferenceCheck("again", deployment_id=serving.id, inputs={"prompt": "a dog"})

    def updated(self) -> None:
        self.steps, self.variables, self.endpoint = 25, "ijklmnop", "https://two.example"

    def replaced(self) -> None:
        self.gpu, self.environment = "A10G", "production"

    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        dump = emulated.dump()
        return {name: [row for row in dump[name] if row.get("name") != "emulator"] for name in self.holds}
