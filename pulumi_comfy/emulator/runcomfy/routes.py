"""Every route: deployments and the balance under `/prod/v2`, requests under `/prod/v1` and `/prod/v2`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfyui.graph import Graph
from pulumi_comfy.emulator.provenance import seen
from pulumi_comfy.emulator.runcomfy.deployments import Changes, Include, NewDeployment
from pulumi_comfy.emulator.runcomfy.errors import NOT_FINISHED, NOT_FOUND, RefusedError, invalid
from pulumi_comfy.emulator.runcomfy.overrides import merged
from pulumi_comfy.emulator.runcomfy.service import Call, Here
from pulumi_comfy.emulator.runcomfy.state import Row, spelled

router = APIRouter()

Includes = Annotated[list[Include] | None, Query()]
_PAGE = "docs.runcomfy.com"
_CLIENTS = "the vendor's MCP and CLI clients"
# What stands for a LoRA's own pipeline, whose inputs nobody checks here.
LORA_PROMPT = {"1": {"class_type": "Image Save", "inputs": {}}}
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


@router.post("/prod/v2/deployments", openapi_extra=seen("read", f"{_PAGE}, deployments; items of `detail` assumed"))
async def create_deployment(body: NewDeployment, call: Here) -> JSONResponse:
    """Synchronous; answers with the whole graph, unasked."""
    row = call.service.deployments.create(call.account, body)
    return JSONResponse(call.service.deployments.shown(row, ["payload"]))


@router.get("/prod/v2/deployments", openapi_extra=seen("read", f"{_PAGE}, deployments; unknown ids assumed missing"))
async def list_deployments(
    call: Here, ids: Annotated[list[str] | None, Query()] = None, includes: Includes = None
) -> JSONResponse:
    """All of the account's, or those asked for; without pages."""
    rows = [row for row in call.service.state.deployments.values() if row["account"] == call.account]
    shown = [row for row in rows if not row["deleted"] and (ids is None or row["id"] in ids)]
    return JSONResponse([call.service.deployments.shown(row, includes or []) for row in shown])


@router.get("/prod/v2/deployments/{deployment_id}", openapi_extra=seen("read", f"{_PAGE}, deployments"))
async def get_deployment(deployment_id: str, call: Here, includes: Includes = None) -> JSONResponse:
    """One; its payload only when asked, unless the settings say otherwise."""
    row = call.service.state.deployment(call.account, deployment_id)
    unasked: list[Include] = ["payload"] if call.service.state.settings.get_shows_payload else []
    return JSONResponse(call.service.deployments.shown(row, [*(includes or ()), *unasked]))


@router.patch("/prod/v2/deployments/{deployment_id}", openapi_extra=seen("read", f"{_CLIENTS}; its 422 assumed"))
async def update_deployment(deployment_id: str, body: Changes, call: Here) -> JSONResponse:
    """Merges what is sent, and wants the name each time."""
    row = call.service.state.deployment(call.account, deployment_id)
    call.service.deployments.update(row, body)
    return JSONResponse(call.service.deployments.shown(row, ["payload"]))


@router.delete("/prod/v2/deployments/{deployment_id}", openapi_extra=seen("read", f"{_PAGE}, deployments"))
async def delete_deployment(deployment_id: str, call: Here) -> JSONResponse:
    """For good, whether requests run or not."""
    call.service.deployments.delete(call.service.state.deployment(call.account, deployment_id))
    return JSONResponse({"success": True})


@router.get("/prod/v2/balance", openapi_extra=seen("read", _CLIENTS))
async def get_balance(call: Here) -> JSONResponse:
    """What the account has; none or less is possible."""
    held = call.service.state.balance(call.account)
    return JSONResponse({"balance_usd": held / 1_000_000, "balance_microdollars": held, "currency": "USD"})


def _under_both(method: str, path: str, source: str) -> Callable[[_Endpoint], _Endpoint]:
    def add(endpoint: _Endpoint) -> _Endpoint:
        for version in ("v1", "v2"):
            whole = f"/prod/{version}/deployments/{{deployment_id}}{path}"
            router.add_api_route(whole, endpoint, methods=[method], openapi_extra=seen("read", source))
        return endpoint

    return add


class Inference(BaseModel):
    """`POST /inference`; unknown keys are ignored, webhooks too."""

    model_config = ConfigDict(strict=True)

    overrides: dict[str, Any] | None = None
    workflow_api_json: dict[str, Any] | None = None
    extra_data: dict[str, Any] = {}


@_under_both("POST", "/inference", f"{_PAGE}, queue; the status of gating codes assumed")
async def submit_request(deployment_id: str, request: Request, call: Here) -> JSONResponse:
    """Gating first, then the body."""
    row = call.service.deployments.gate(call.account, deployment_id)
    body = await _inference(request)
    call.service.workflows.before_a_run()
    overrides = body.overrides or {}
    if body.workflow_api_json and overrides:
        raise invalid("overrides", because="overrides and workflow_api_json exclude each other")
    is_free = body.workflow_api_json is not None or not call.service.state.settings.overrides_needed
    if body.overrides is None and not is_free:
        raise invalid("overrides", because="Field required", kind="missing")
    if row["workflow_id"] is None:
        graph: Graph = LORA_PROMPT
    else:
        graph = merged(body.workflow_api_json or call.service.deployments.graph_of(row), overrides)
    submitted = call.service.runs.submit(row, graph, overrides, body.extra_data)
    return JSONResponse({"request_id": submitted["id"], **_addresses(call, request, submitted, "cancel")})


@_under_both("GET", "/requests/{request_id}/status", f"{_PAGE}, queue")
async def get_status(deployment_id: str, request_id: str, request: Request, call: Here) -> JSONResponse:
    """Where it is; `completed` says nothing of success."""
    row = _request(call, deployment_id, request_id)
    answer = {"request_id": row["id"], "status": _word(call, row["status"]), **_addresses(call, request, row)}
    if row["status"] == "in_queue":
        answer["queue_position"] = call.service.runs.position(row)
    return JSONResponse({**answer, **_instance(row)})


@_under_both("GET", "/requests/{request_id}/result", f"{_PAGE}, queue; too early assumed, switchable")
async def get_result(deployment_id: str, request_id: str, call: Here) -> JSONResponse:
    """The verdict, with outputs or errors."""
    row = _request(call, deployment_id, request_id)
    settings = call.service.state.settings
    answer = {"request_id": row["id"], "created_at": spelled(row["created_at"], "+00:00"), **_instance(row)}
    if row["verdict"] is None:
        if settings.early_result == "error":
            raise RefusedError(NOT_FINISHED, "The request has not finished")
        return JSONResponse({**answer, "status": row["status"]})
    answer.update(status=_word(call, row["verdict"]), finished_at=spelled(row["finished_at"], "+00:00"))
    if row["verdict"] == "succeeded":
        answer["output" if row["workflow_id"] is None else "outputs"] = row["outputs"]
    elif row["verdict"] == "failed":
        listed = [{"errorCode": 30001, "error": text, "debugInfo": ""} for text in row["errors"]]
        whole = {"type": "execution_error", "message": row["errors"][0]}
        answer["error"] = {"list": listed, "object": whole, "text": row["errors"][0]}[settings.failure]
    return JSONResponse(answer)


@_under_both("POST", "/requests/{request_id}/cancel", f"{_PAGE} and {_CLIENTS} disagree: switchable")
async def cancel_request(deployment_id: str, request_id: str, call: Here) -> JSONResponse:
    """Asynchronous; of one that has ended it says that it cannot be cancelled."""
    row = _request(call, deployment_id, request_id)
    could = call.service.runs.cancel(row)
    if call.service.state.settings.cancel_answer == "status":
        status = "cancellation_requested" if could else "not_cancellable"
        return JSONResponse({"request_id": row["id"], "status": status})
    outcome = "cancelled" if could else "not_cancellable"
    return JSONResponse({"request_id": row["id"], "status": "completed", "outcome": outcome}, 202)


@router.post(
    "/prod/v2/deployments/{deployment_id}/instances/{instance_id}/proxy/{path:path}",
    openapi_extra=seen("not emulated", f"{_PAGE}, instance proxy"),
)
async def call_instance() -> JSONResponse:
    """ComfyUI's own routes on a live instance."""
    return JSONResponse({"detail": "The emulator knows this route (instance proxy) and does not answer it"}, 501)


async def _inference(request: Request) -> Inference:
    try:
        return Inference.model_validate(await request.json())
    except ValidationError as problem:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in problem.errors()]) from None
    except (ValueError, RecursionError):
        raise invalid(because="JSON decode error", kind="json_invalid") from None


def _request(call: Call, deployment_id: str, request_id: str) -> Row:
    """A request outlives its deployment."""
    call.service.state.deployment(call.account, deployment_id, gone=None)
    row = call.service.state.requests.get(request_id)
    if row is None or row["deployment_id"] != deployment_id:
        raise RefusedError(NOT_FOUND, "Request not found")
    return row


def _word(call: Call, status: str) -> str:
    return call.service.state.settings.cancelled_word if status == "cancelled" else status


def _instance(row: Row) -> Row:
    return {} if row["instance_id"] is None else {"instance_id": row["instance_id"]}


def _addresses(call: Call, request: Request, row: Row, *more: str) -> Row:
    """Absolute, with the prefix that was asked under."""
    version = request.url.path.partition("/prod/")[2].partition("/")[0]
    place = f"{call.url}/prod/{version}/deployments/{row['deployment_id']}/requests/{row['id']}"
    return {f"{name}_url": f"{place}/{name}" for name in ("status", "result", *more)}
