"""Queue a run with ComfyDeploy's own SDK and read it, as an application does; prints what came of it."""

import json
import os
import sys
import time

import httpx
import pydantic
from comfydeploy import ComfyDeploy

client = ComfyDeploy(server_url=os.environ["COMFYDEPLOY_URL"], bearer=os.environ["COMFYDEPLOY_API_KEY"])
queued = client.run.deployment.queue(
    request={"deployment_id": os.environ["DEPLOYMENT"], "inputs": {"prompt": "a lighthouse"}}
)
run_id = queued.create_run_response.run_id
headers = {"authorization": f"Bearer {os.environ['COMFYDEPLOY_API_KEY']}"}
while True:
    run = httpx.get(f"{os.environ['COMFYDEPLOY_URL']}/run/{run_id}", headers=headers).json()
    if run["status"] in ("success", "failed"):
        break
    time.sleep(0.05)
try:
    client.run.get(run_id=run_id)
    missed = []
except pydantic.ValidationError as error:
    missed = [row["loc"][-1] for row in error.errors() if row["type"] == "missing"]
json.dump(
    {"status": run["status"], "outputs": [list(one["data"]) for one in run["outputs"]], "missed": missed}, sys.stdout
)
