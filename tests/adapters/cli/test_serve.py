"""`aprendiz serve` as a process: started, used, refused twice, stopped."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.cli.running import FILE
from tests.adapters.cli.conftest import QUESTION, Aprendiz, process


@pytest.fixture
def serving(asked: Path) -> Iterator[subprocess.Popen[str]]:
    """Serve the home until the test ends."""
    command = process(asked, "serve", "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        while not (asked / FILE).exists():
            assert server.poll() is None, server.communicate()
            time.sleep(0.1)
        yield server
        server.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_commands_and_stops_when_told(
    serving: subprocess.Popen[str], asked: Path, aprendiz: Aprendiz, number: signal.Signals
) -> None:
    """A life: others ask through it, change the knowledge beside it, are refused its place; then it ends in time, with 0."""
    answer = aprendiz("ask", QUESTION, "--json")
    rated = aprendiz("conversations", "rate", answer.json["exchange_id"], "up")
    second = aprendiz("serve", "--port", "0")
    doctor = aprendiz("doctor", "--json")
    began = time.monotonic()
    serving.send_signal(number)
    out, err = serving.communicate(timeout=20)

    assert answer.json["sources"][0]["source"] == "filters.md"
    assert (rated.code, rated.err) == (0, "")
    assert (second.code, second.out, len(second.err.splitlines())) == (1, "", 1)
    assert f"already runs on {asked} at http://127.0.0.1:" in second.err
    assert {"check": "index", "mark": "ok"}.items() <= next(one for one in doctor.json["checks"] if one["check"] == "index").items()
    assert serving.returncode == 0
    assert time.monotonic() - began < 10
    assert out.endswith("Stopped.\n")
    assert "Traceback" not in err
    assert not (asked / FILE).exists()


def test_logs_are_json_lines(serving: subprocess.Popen[str], asked: Path, aprendiz: Aprendiz) -> None:
    """A log collector reads standard error; people read standard output."""
    aprendiz("ask", QUESTION)
    serving.terminate()
    _, err = serving.communicate(timeout=20)

    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert "answered" in events
    assert QUESTION not in err


def test_a_taken_port_is_one_clear_line(asked: Path, aprendiz: Aprendiz, serving: subprocess.Popen[str], tmp_path: Path) -> None:
    """Another home on the same port: which setting to change is part of the sentence."""
    port = json.loads((asked / FILE).read_text())["url"].rstrip("/").rpartition(":")[2]
    done = subprocess.run(process(tmp_path / "other", "serve", "--port", port), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert "APRENDIZ_WEB__PORT" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
