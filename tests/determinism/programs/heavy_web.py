"""Stands for a package that opens sockets, starts threads and reads clocks when imported."""

import os
import socket
import threading
import time

STARTED = time.time()
LOCK = threading.Lock()
HOST = socket.gethostname()
READ = os.path.exists("/")
THREAD = threading.Thread(target=lambda: None)


class Client:
    """Cannot be made in a workflow."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.random = os.urandom(4)

    def get(self) -> str:
        """What a step uses."""
        return "ok"
