"""What all tests share."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Hear Ctrl-C again, and let programs that a test starts hear it: a shell's background job has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
