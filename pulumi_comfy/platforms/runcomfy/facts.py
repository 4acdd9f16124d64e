"""Facts of RunComfy that change: hardware and its list prices, with their date and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRICED_ON: Final = "2026-07-15"
"""The day of the price list; older than half a year it is told as old."""
PRICES_FROM: Final = "https://docs.runcomfy.com/serverless (pay as you go)"


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
    usd_per_hour: float


HARDWARE: Final = {
    "TURING_16": Hardware("T4 or A4000", 16, 0.99),
    "AMPERE_24": Hardware("A10G or A5000", 24, 1.75),
    "AMPERE_48": Hardware("A6000", 48, 2.50),
    "ADA_48_PLUS": Hardware("L40S or L40", 48, 2.99),
    "AMPERE_80": Hardware("A100", 80, 4.99),
    "ADA_80_PLUS": Hardware("H100", 80, 7.49),
    "HOPPER_141": Hardware("H200", 141, 8.75),
}
"""By the word of the API. The list is open: a new word is taken, with a warning."""
