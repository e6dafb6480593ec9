"""A few pages over HTTP, served by a thread: whether a worker lives, and what it counts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import click

from wfx.closing import Closing

_SECONDS_MAX: Final = 10.0
"""How long somebody may take to ask."""

Page: TypeAlias = Callable[[], tuple[int, str]]
"""Gives the status and the text."""


class Endpoint(Closing):
    """
    Serves pages until it is closed.

    Raises:
        click.UsageError: The address cannot be listened at.
    """

    def __init__(self, host: str, port: int, pages: Mapping[str, Page]) -> None:
        try:
            server = _Server6 if ":" in host else _Server
            self._server = server((host, port), _handler(pages))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise click.UsageError(
                f"cannot listen at {host}:{port}: {reason}; give --http another address"
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="wfx-http", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}"

    def close(self) -> None:
        """Serve nothing more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler(pages: Mapping[str, Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS_MAX

        def do_GET(self) -> None:
            page = pages.get(urlsplit(self.path).path)
            status, text = (404, f"there is {', '.join(pages)}\n") if page is None else page()
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A scrape every few seconds is no news."""

    return Handler
