"""Facts of ComfyDeploy that change: prices and limits, each with its date and source.

The platform's own route tells newer prices (docs/platforms/comfydeploy.md 4): `pulumi-comfy prices --refresh`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from pulumi_comfy.core.costs.prices import Limit, PriceList
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi

_READ = date(2025, 11, 2)
"""Of the published server's commit that was read and run."""
_SERVER = "https://github.com/comfy-deploy/api at d69228d"

PRICES: Final = PriceList.of_seconds(
    {
        "CPU": "0.000042",
        "T4": "0.00018",
        "L4": "0.00032",
        "A10G": "0.000337",
        "L40S": "0.000596",
        "A100": "0.00114",
        "A100-80GB": "0.001708",
        "H100": "0.002338",
        "H200": "0.001891",
        "B200": "0.002604",
    },
    source=f"{_SERVER}, GET /platform/gpu-pricing",
    dated=_READ,
)

LIMITS: Final = (
    Limit("serverless machines", "1 on the free plan, 10 on creator, 20 on business", _SERVER, _READ),
    Limit("workflows", "2 on the free plan, 30 on creator, 100 on business", _SERVER, _READ),
)


async def ask_prices(client: ComfyDeployApi) -> PriceList:
    """Ask the platform's own price list."""
    told = await client.gpu_pricing()
    seconds = {gpu: Decimal(str(usd)) for gpu, usd in told.items()}
    return PriceList.of_seconds(seconds, source="GET /platform/gpu-pricing", dated=date.today())
