"""`python -m pulumi_comfy.emulator [port]`: serve in the foreground."""

from __future__ import annotations

import sys

from pulumi_comfy.emulator.emulator import serve

serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8288)
