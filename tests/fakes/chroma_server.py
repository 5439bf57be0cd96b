"""A real Chroma server in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def chroma_server(path: Path) -> Iterator[str]:
    """Run `chroma run` over *path* on a free loopback port and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(path), "--host", "127.0.0.1", "--port", str(port)]
    with (path.parent / "chroma.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=path.parent) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the Chroma server ended"
        try:
            urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the Chroma server does not answer")
