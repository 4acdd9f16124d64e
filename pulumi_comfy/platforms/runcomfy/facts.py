"""Facts of RunComfy that change: hardware, its list prices, and limits, each with its source.

The platform has no route for prices, and its pages bear no date (docs/platforms/runcomfy.md 2.1, 2.2, 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pulumi_comfy.core.costs.prices import Limit, PriceList

_PAGES = "https://docs.runcomfy.com"


@dataclass(frozen=True)
class Hardware:
    """One kind of machine.

    Attributes:
        gpu: as people call it.
        vram_gb: gigabytes of its memory.
        usd_per_hour: list price without a subscription.
    """

    gpu: str
    vram_gb: int
    usd_per_hour: str


HARDWARE: Final = {
    "TURING_16": Hardware("T4 or A4000", 16, "0.99"),
    "AMPERE_24": Hardware("A10G or A5000", 24, "1.75"),
    "AMPERE_48": Hardware("A6000", 48, "2.50"),
    "ADA_48_PLUS": Hardware("L40S or L40", 48, "2.99"),
    "AMPERE_80": Hardware("A100", 80, "4.99"),
    "ADA_80_PLUS": Hardware("H100", 80, "7.49"),
    "HOPPER_141": Hardware("H200", 141, "8.75"),
}
"""By the word of the API. The list is open: a new word is taken, with a warning."""

PRICES: Final = PriceList.of_hours(
    {word: hardware.usd_per_hour for word, hardware in HARDWARE.items()},
    source=f"{_PAGES} (pay as you go; a copy without a date)",
    dated=None,
)

LIMITS: Final = (
    Limit("instances always on, of a deployment", "30; 3 on older pages", _PAGES),
    Limit("instances at once, of a deployment", "60; 10 on older pages", _PAGES),
    Limit("saved versions of a workflow", "3", f"{_PAGES}/serverless/workflow-versions"),
)
