"""What the answers may be where the recordings and the server say more than the API description, or otherwise.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

_DEPLOYMENT_500 = ("GET", "PATCH", "DELETE")

# Statuses beside 200 and 422, by operation: 1.3 to 3.4 and 6 of the facts.
REFUSALS: dict[str, tuple[int, ...]] = {
    # 6.1, 6.2: what is missing is a 500; a machine is a must (400).
    **{f"{method} /deployment/{{deployment_id}}": (500,) for method in _DEPLOYMENT_500},
    "GET /deployment/{deployment_id}/v0-ui-spec": (500,),
    "POST /deployment": (400, 500),
    "POST /deployment/{deployment_id}/deactivate": (400, 404, 500),
    "GET /share/{username}/{slug}": (404,),
    # 1.5: a negative limit or offset is a 500; 6.5: so is an id that is no UUID where the path takes any text.
    **{f"GET {path}": (500,) for path in ("/machines", "/machines/all", "/workflows", "/workflows/all")},
    **{f"GET {path}": (500,) for path in ("/deployments", "/deployments/community", "/platform/api-keys")},
    "GET /deployment/{deployment_id}/runs": (500,),
    "GET /machine/serverless/{machine_id}/versions": (500,),
    "GET /workflow/{workflow_id}/runs": (500,),
    "GET /v2/workflow/{workflow_id}/runs": (500,),
    "GET /workflow/{workflow_id}/versions": (404, 500),
    "GET /workflow/{workflow_id}/version/{version}": (404, 500),
    "GET /workflow/{workflow_id}/deployments": (404, 500),
    "GET /workflow/{workflow_id}/export": (404, 500),
    "GET /workflow/{workflow_id}": (404, 500),
    "PATCH /workflow/{workflow_id}": (404, 500),
    "DELETE /workflow/{workflow_id}": (404, 500),
    "POST /workflow/{workflow_id}/clone": (404, 500),
    # 2.2: a missing workflow is a 500 here.
    "POST /workflow/{workflow_id}/version": (500,),
    "POST /workflow": (400, 404, 500),
    "GET /workflow-version/{version}": (404,),
    # 2.3, 2.4: plan limits, steps of the wrong shape, deployments in the way.
    "POST /machine/serverless": (403, 500),
    "PATCH /machine/serverless/{machine_id}": (400, 403, 404, 500),
    "POST /machine/serverless/{machine_id}/rollback": (400, 404),
    "GET /machine/serverless/{machine_id}/versions/{version_id}": (404,),
    "PATCH /machine/custom/{machine_id}": (404,),
    "DELETE /machine/{machine_id}": (400, 402, 404),
    "GET /machine/{machine_id}/docker-commands": (400, 404),
    **{f"GET /machine/{{machine_id}}{rest}": (404,) for rest in ("", "/workflows", "/events")},
    "GET /machine/{machine_id}/export": (404, 500),
    # 2.6
    "POST /machine/secret": (404,),
    "PATCH /machine/secret": (404,),
    "PATCH /machine/secret/{secret_id}/envs": (404,),
    "DELETE /machine/secret/{secret_id}": (404,),
    "GET /machine/{machine_id}/secrets/linked": (500,),
    "GET /machine/{machine_id}/secrets/unlinked": (500,),
    # 2.7
    "POST /volume/model": (400, 404, 409),
    "POST /volume/rm": (404,),
    "POST /volume/move": (400, 404, 409),
    "DELETE /file/{file_id}/cancel": (404, 500),
    # 2.8: no schema, so any body arrives.
    "POST /platform/api-keys": (400, 500),
    "DELETE /platform/api-keys/{key_id}": (404, 500),
    # 3.1: machines that refuse, apps that are not there.
    **{
        f"POST /run/{kind}/{way}": (400, 404, 500)
        for kind in ("deployment", "workflow")
        for way in ("queue", "sync", "stream")
    },
    "GET /run/{run_id}": (403, 404),
    "POST /run/{run_id}/cancel": (500,),
    "GET /v2/clickhouse-run-logs/{run_id}": (404,),
    "GET /v2/stream-logs": (400, 404),
    "GET /v2/stream-progress": (400,),
    # 4
    "GET /branch-info": (404,),
}

_RAW = "Source disagreements: raw rows instead of MachineModel"
_RUNS = "3.3: durations are text, the rest are raw rows"

# Answers that do not follow the declared model.
BYPASSED: dict[str, str] = {
    "POST /machine/serverless": _RAW,
    "PATCH /machine/serverless/{machine_id}": _RAW,
    "POST /machine/custom": _RAW,
    "PATCH /machine/custom/{machine_id}": _RAW,
    "GET /machine/{machine_id}": _RAW,
    "GET /machines": _RAW,
    "GET /machines/all": _RAW,
    "POST /workflow": "2.1: the declared model differs, only two ids are answered",
    "GET /workflows": "2.1: summaries instead of WorkflowModel",
    "GET /deployment/{deployment_id}/runs": "2.5: an envelope of data and meta",
    "GET /workflow/{workflow_id}/runs": _RUNS,
    "GET /v2/workflow/{workflow_id}/runs": _RUNS,
}

# Described parameters and fields that the emulator does not read.
UNREAD: dict[str, list[str]] = {
    # Texts that choose which lines are streamed; every line is.
    "GET /v2/stream-logs": ["client_id", "log_level", "session_id"],
    "GET /v2/stream-progress": ["deployment_id", "status"],
}

# Fields described as never null that may be: the description is written for a generator of clients; 3.1 has `str?`.
NULLABLE = {
    "DeploymentRunRequest": ("webhook", "gpu"),
    "WorkflowRunRequest": ("webhook", "gpu", "workflow", "machine_id"),
}
