"""The gateway of the kills does as gateways do, else a kill would be blamed for what no platform lets happen."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

from gallows import Gallows

PATH = "/api/userdata/workflows%2Fhalf.json"


def test_a_request_whose_sender_was_killed_half_way_is_not_passed_on(emulator):
    gallows = Gallows(emulator.comfyui.url)
    place = urlsplit(gallows.url)

    with socket.create_connection((place.hostname, place.port)) as sender:
        head = f"POST {place.path}{PATH} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 100\r\n\r\n"
        sender.sendall(head.encode() + b'{"nodes": [')
        sender.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            sender.recv(1)  # ends when the gateway has let it go
    gallows.close()

    assert [row["path"] for row in emulator.comfyui.dump()["userdata"]] == []
