"""Every command that docs/from-older-guides.md names is run, in its order, so that the page cannot rot."""

import json
import re
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from adapters.cli.main import main
from adapters.cli.running import FILE
from tests.adapters.cli.conftest import process
from tests.adapters.round_home import ANSWER, questions, write_home
from tests.fakes.hosted import HostedService, hosted_service
from tests.fakes.openai_server import KEY

pytestmark = [pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning"), pytest.mark.timeout(400)]

PAGE: Final = Path(__file__).parents[1] / "docs" / "from-older-guides.md"
TUNED: Final = "ft:gpt-4.1-mini-2025-04-14:acme:acme:0001"
# What the settings say where a section wants another model than the local one.
SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Asking the model": {"APRENDIZ_MODEL__BACKEND": "openai", "APRENDIZ_MODEL__NAME": TUNED},
}
DECIDES: Final = "models migrate"  # exits with 1 where the gate finds the new model no better


def commands() -> list[tuple[str, list[str]]]:
    """Return the page's commands in order, without `aprendiz`, each with the heading of its section."""
    found: list[tuple[str, list[str]]] = []
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        heading = line.removeprefix("## ") if line.startswith("## ") else heading
        found += [(heading, shlex.split(code)[1:]) for code in re.findall(r"`(aprendiz [^`]+)`", line)]
    return found


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostedService]:
    """A provider whose jobs succeed at once."""
    with hosted_service() as running:
        running.training.life = ("succeeded",)
        monkeypatch.setenv("APRENDIZ_OPENAI__BASE_URL", running.address)
        monkeypatch.setenv("APRENDIZ_OPENAI__API_KEY", KEY)
        yield running


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, with the files that the guides begin with and a tiny model."""
    monkeypatch.chdir(tmp_path)
    write_home(tmp_path)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("epochs = 6", "epochs = 1"))
    taught, asked = questions()[:40], questions()[40:]
    _write(tmp_path / "pairs.jsonl", [{"prompt": f"{each} ->", "completion": f" {ANSWER} END"} for each in taught])
    _write(tmp_path / "roles.jsonl", [_turns(each, f"It is {number} now.") for number, each in enumerate(taught)])
    _write(tmp_path / "questions.jsonl", [{"question": each} for each in asked[:2]])
    _write(tmp_path / "held.jsonl", [{"question": each, "answer": ANSWER, "must_contain": ["Code 7"]} for each in asked[:6]])
    (tmp_path / "book.txt").write_text("".join(f"The {number}th door leads to the hall.\n" for number in range(60)))
    return tmp_path


def _write(path: Path, rows: list[object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _turns(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def test_every_command_of_the_page_runs(
    place: Path, service: HostedService, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the page's order: each rests on what those before it left, as a reader's would."""
    specials: dict[str, Callable[[Path], None]] = {"serve": _serve_and_ask}
    told: dict[str, str] = {}
    for heading, words in commands():
        for name, value in SECTIONS.get(heading, {}).items():
            monkeypatch.setenv(name, value)
        if heading not in SECTIONS:
            for name in {name for each in SECTIONS.values() for name in each}:
                monkeypatch.delenv(name, raising=False)
        if "chats.jsonl" in words and words[0] == "jobs":
            service.training.life = ("running",)  # which can still be cancelled
        if words[0] in specials:
            specials[words[0]](place)
            continue
        capfd.readouterr()
        code = main(words)
        out, err = capfd.readouterr()
        assert code == 0 or (" ".join(words[:2]) == DECIDES and "Report:" in out), (words, err)
        assert out, words
        told[" ".join(words)] = out

    assert len(told) >= 18
    assert json.loads((place / "rows.jsonl").read_text().splitlines()[0])["messages"] == _turns(questions()[0], ANSWER)
    assert "A short answer." in told["complete --prompt Q: Why? -> --max-tokens 20"]
    assert service.training.jobs["ftjob-0002"].status == "cancelled"
    assert all((place / name / "adapter.gguf").is_file() for name in ("book", "rows"))


def _serve_and_ask(place: Path) -> None:
    """Start the server, ask it as the guides' own application is asked, and stop it."""
    home = place / "home"
    with subprocess.Popen(process(home, "serve", "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        while not (home / FILE).exists():
            assert server.poll() is None, server.communicate()
            time.sleep(0.1)
        address = json.loads((home / FILE).read_text())["url"].rstrip("/")
        body = json.dumps({"input_text": questions()[0]}).encode()
        request = urllib.request.Request(f"{address}/generate", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)

    assert answer["output_text"]


def test_the_page_says_what_the_guides_say() -> None:
    """Each kind of call that older guides make stands there."""
    text = PAGE.read_text(encoding="utf-8")
    calls = (
        "openai.File.create",
        "prepare_data",
        "FineTune.create",
        "FineTune.retrieve",
        "FineTune.list()",
        "list_events",
        "FineTune.cancel",
    )
    asked = ("curie:ft-", "ChatCompletion.create", "Flask", "/generate", "Trainer", "run_clm", "pickle")

    assert [call for call in (*calls, *asked) if call not in text] == []
