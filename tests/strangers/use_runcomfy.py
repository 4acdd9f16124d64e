"""Live a deployment's life with RunComfy's own client; prints what it was told."""

import asyncio
import json
import os
import sys

sys.path.insert(0, os.environ["RUNCOMFY_MCP"])
from runcomfy_client import RunComfyServerlessClient


async def main() -> None:
    """Create, change, run and delete."""
    client = RunComfyServerlessClient(os.environ["RUNCOMFY_API_KEY"], base_url=os.environ["RUNCOMFY_URL"])
    made = await client.create_deployment(
        name="stranger",
        workflow_id=os.environ["WORKFLOW"],
        workflow_version="v1",
        hardware="AMPERE_48",
        min_instances=0,
        max_instances=1,
        queue_size=1,
        keep_warm_duration_in_seconds=60,
    )
    changed = await client.update_deployment(made["id"], name="stranger", queue_size=3)
    listed = await client.list_deployments()
    submitted = await client.submit_request(made["id"], overrides={})
    ended = await client.wait_for_completion(made["id"], submitted["request_id"], poll_interval_seconds=0.05)
    result = await client.get_request_result(made["id"], submitted["request_id"])
    gone = await client.delete_deployment(made["id"])
    await client.aclose()
    json.dump(
        {
            "queue_size": changed["queue_size"],
            "listed": [one["id"] for one in listed] == [made["id"]],
            "ended": ended.get("status") if isinstance(ended, dict) else str(ended),
            "result": result["status"],
            "channels": sorted({channel for node in result["outputs"].values() for channel in node}),
            "deleted": gone,
        },
        sys.stdout,
        default=str,
    )


asyncio.run(main())
