"""`aprendiz models migrate` and `aprendiz jobs checkpoints --evaluate`, against a service on loopback and a tiny model that is trained."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from adapters.compose import open_records
from bot.prompt import render_turn
from tests.adapters.cli.conftest import Aprendiz, process
from tests.adapters.round_home import ANSWER, SYSTEM, questions, settings_of, write_home
from tests.fakes.hosted import HostedService, hosted_service
from tests.fakes.openai_server import KEY
from tests.fakes.retriever import passage

pytestmark = pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning")

OLD: Final = "ft:gpt-4.1-mini-2025-04-14:acme::0001"
BASE: Final = "gpt-4.1-mini-2025-04-14"
NANO: Final = "gpt-4.1-nano-2025-04-14"
NEW: Final = "ft:gpt-4.1-nano-2025-04-14:acme::0002"
TAUGHT, ASKED = questions()[:36], questions()[36:44]
WRONG: Final = ("Nobody ", "told ", "me.")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model, the recipe and the files that are asked and taught; made once, to be copied."""
    folder = tmp_path_factory.mktemp("migrating")
    write_home(folder)
    write_rows(folder / "rows.jsonl", TAUGHT)
    lines = [{"question": each, "answer": ANSWER, "must_contain": [ANSWER.rstrip(".")]} for each in ASKED]
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "faq.csv").write_text("question,answer\n" + "".join(f"{each},{ANSWER}\n" for each in ASKED))
    asyncio.run(_know(folder))
    return folder


async def _know(folder: Path) -> None:
    async with open_records(settings_of(folder)) as records:
        await records.knowledge.add([folder / "faq.csv"], audience="all", max_file_mb=1)


@pytest.fixture(scope="module")
def running() -> Iterator[HostedService]:
    """Serve for all of these tests."""
    with hosted_service() as service:
        yield service


@pytest.fixture
def service(running: HostedService, monkeypatch: pytest.MonkeyPatch) -> HostedService:
    """The service as it was at first, which the settings name."""
    running.chat.__init__(said={OLD: WRONG})  # type: ignore[misc]
    address = running.address
    running.training.__init__(life=("succeeded",), address=address)  # type: ignore[misc]
    monkeypatch.setenv("APRENDIZ_OPENAI__BASE_URL", address)
    monkeypatch.setenv("APRENDIZ_OPENAI__API_KEY", KEY)
    return running


@pytest.fixture
def place(made: Path, home: Path, tmp_path: Path) -> Path:
    """Return the current directory, where the hosted model answers by the settings."""
    for each in made.iterdir():
        shutil.copytree(each, home) if each.is_dir() else shutil.copy(each, tmp_path)
    text = (tmp_path / "aprendiz.toml").read_text().replace(str(made), str(tmp_path))
    hosted = f'[model]  # who answers\nbackend = "openai"\nname = "{OLD}"\n'
    (tmp_path / "aprendiz.toml").write_text(text.replace("[model]\n", hosted))
    return tmp_path


def write_rows(path: Path, asked: tuple[str, ...]) -> Path:
    """Write questions with the answer that is to be learnt, every other one with the passage that holds it."""
    turns = [render_turn((replace(passage(ANSWER), heading=each),) if at % 2 else (), each) for at, each in enumerate(asked)]
    lines = [[("system", SYSTEM), ("user", turn), ("assistant", ANSWER)] for turn in turns]
    rows = [{"messages": [{"role": role, "content": content} for role, content in line]} for line in lines]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_hosted_model_becomes_a_local_version(
    aprendiz: Aprendiz, service: HostedService, place: Path, claims_given_up: list[None]
) -> None:
    """From the job that trained it, end to end: the same rows, the gate, a version in production, and the settings that switch."""
    config = place / "aprendiz.toml"
    config.write_text(config.read_text().replace(f'name = "{OLD}"\n', f'name = "{OLD}"\nsupport = 0\n'))
    aprendiz("jobs", "create", place / "rows.jsonl", "--model", BASE, "--watch")
    asking = ("models", "migrate", OLD, "--to", "local", "--questions", place / "questions.jsonl")
    ran = aprendiz(*asking)
    assert ran.code == 0, ran.err
    assert claims_given_up
    asked = service.chat.asked_of(OLD)
    (version,) = [each for each in aprendiz("models", "list", "--json").lines if each["kind"] == "version"]
    applied = aprendiz(*asking, "--apply")
    settings = config.read_text()
    shown = aprendiz("models", "show", "--json").json
    again = aprendiz(*asking, "--apply")
    asked_after = service.chat.asked_of(OLD)
    aprendiz("models", "rollback", "--audience", "employees")
    rolled_back = aprendiz(*asking, "--apply")

    assert "Version 1 answers employees from now on." in ran.out
    assert "# take out: support" in ran.out
    assert (version["version"], version["stage"]) == (1, "production")
    assert version["manifest_sha256"] == hashlib.sha256((place / "rows.jsonl").read_bytes()).hexdigest()
    assert applied.code == 0, applied.err
    assert "Neither the rows nor the questions nor the models changed" in applied.err
    assert (shown["backend"], shown["production"]) == ("llama_cpp", {"employees": 1})
    assert "[model]  # who answers\n" in settings
    assert "support" not in settings
    assert OLD in (place / "aprendiz.toml.bak").read_text()
    assert asked == 2 * len(
        ASKED
    )  # each once alone and once with its passages, although it was asked before the training and compared after
    assert (again.code, asked_after, config.read_text()) == (0, asked, settings)
    assert rolled_back.code == 1


def test_rows_that_changed_are_named(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """Gone, altered, or others than the job's: each is one sentence, and nothing is asked."""
    migrate = ("models", "migrate", OLD, "--to", "local", "--questions", place / "questions.jsonl")
    unknown = aprendiz(*migrate)
    aprendiz("jobs", "create", place / "rows.jsonl", "--model", BASE, "--watch")
    others = aprendiz(*migrate, "--rows", write_rows(place / "others.jsonl", TAUGHT[:12]))
    (place / "rows.jsonl").write_text((place / "rows.jsonl").read_text().replace("Code 7.", "Code 8.", 1))
    altered = aprendiz(*migrate)
    (place / "rows.jsonl").unlink()
    gone = aprendiz(*migrate)

    assert "no job in the ledger trained" in unknown.err
    assert "others.jsonl is not what trained" in others.err
    assert "rows.jsonl is not what trained" in altered.err
    assert "put them back, or name them with --rows FILE" in gone.err
    assert [each.code for each in (unknown, others, altered, gone)] == [1, 1, 1, 1]
    assert all(len(each.err.splitlines()) == 1 for each in (unknown, others, altered, gone))
    assert service.chat.requests == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("curie", "--to", "local"), "'curie' is no hosted model"),
        (("model:nobody", "--to", "local"), "'model:nobody' is no hosted model"),
        ((OLD, "--to", "local:nobody"), "no local model is called nobody"),
        ((OLD, "--to", "nowhere"), "the settings know no provider nowhere"),
        ((OLD, "--to", "openai:gpt-3.5-turbo-0125", "--suffix", "x" * 65), "the suffix"),
    ],
)
def test_what_cannot_be_migrated_is_one_sentence(
    aprendiz: Aprendiz, service: HostedService, place: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    """Before anything is asked or sent."""
    ran = aprendiz("models", "migrate", *arguments, "--rows", place / "rows.jsonl", "--questions", place / "questions.jsonl")

    assert (ran.code, len(ran.err.splitlines())) == (1, 1), ran.err
    assert sentence in ran.err
    assert (service.chat.requests, service.training.uploads) == ([], 0)


def test_questions_that_the_rows_teach_judge_nobody(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """The rows themselves are no test of what they trained."""
    ran = aprendiz("models", "migrate", OLD, "--to", "local", "--rows", place / "rows.jsonl", "--questions", place / "rows.jsonl")

    assert ran.code == 1
    assert "no question is left that the rows do not teach" in ran.err


def test_another_provider_is_trained_compared_and_switched_to(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """The same rows, in the format it takes; the settings are told, and written with --apply; nothing is trained twice."""
    aprendiz("jobs", "create", place / "rows.jsonl", "--model", BASE, "--watch")
    service.chat.said = {OLD: WRONG, NEW: ("Code ", "7.")}
    migrate = ("models", "migrate", OLD, "--to", f"openai:{NANO}", "--questions", place / "questions.jsonl")
    told = aprendiz(*migrate)
    untouched = OLD in (place / "aprendiz.toml").read_text()
    applied = aprendiz(*migrate, "--apply", "--json")
    job = aprendiz("jobs", "list", "--json").lines[0]

    assert told.code == 0, told.err
    assert f'name = "{NEW}"' in told.out
    assert "100%" in told.out
    assert untouched
    assert applied.lines[-1]["promote"] is True
    assert f'name = "{NEW}"' in (place / "aprendiz.toml").read_text()
    assert (service.training.uploads, service.training.creations) == (2, 2)
    assert (job["model"], job["trained_model"]) == (NANO, NEW)
    assert service.chat.asked_of(OLD) == 2 * len(ASKED)


def test_a_training_that_fails_at_once_is_told_with_its_reason(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """The provider had ended it before anybody could watch; no model is asked for that there is not. Converted rows stay nowhere."""
    service.training.life = ("failed",)
    (place / "rows.csv").write_text("question,answer\n" + "".join(f"{each},{ANSWER}\n" for each in TAUGHT))
    migrate = ("models", "migrate", OLD, "--to", f"openai:{NANO}", "--rows", place / "rows.csv")
    taught = aprendiz(*migrate, "--questions", place / "rows.csv")
    left = list((place / "home" / "jobs" / "rows").iterdir())
    ran = aprendiz(*migrate, "--questions", place / "questions.jsonl", "--limit", "2")

    assert "no question is left" in taught.err
    assert (left, list((place / "home" / "jobs" / "rows").iterdir()), service.training.uploads) == ([], [], 1)
    assert ran.code == 1
    assert "The job failed due to an internal error." in ran.out
    assert "has no model" not in ran.err


def test_a_worse_model_is_not_switched_to(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """The settings stay, and the exit code says so."""
    service.chat.said = {OLD: ("Code ", "7."), "ft:gpt-4.1-nano-2025-04-14:acme::0001": WRONG}
    before = (place / "aprendiz.toml").read_text()
    migrate = ("models", "migrate", OLD, "--to", f"openai:{NANO}", "--rows", place / "rows.jsonl", "--apply")
    ran = aprendiz(*migrate, "--questions", place / "questions.jsonl")

    assert ran.code == 1
    assert "✗ No certain improvement" in ran.out
    assert (place / "aprendiz.toml").read_text() == before


def test_an_earlier_checkpoint_may_win(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """Each is asked the same as what answers now, is judged by the gate, and costs what it costs; nothing is promoted."""
    aprendiz("jobs", "create", place / "rows.jsonl", "--model", NANO, "--epochs", "2", "--watch")
    final = "ft:gpt-4.1-nano-2025-04-14:acme::0001"
    checkpoint = f"{final}:ckpt-step-9"
    service.chat.said = {OLD: WRONG, final: WRONG, checkpoint: ("Code ", "7.")}
    found = aprendiz("jobs", "checkpoints", "ftjob-0001", "--evaluate", "--questions", place / "questions.jsonl", "--json")
    told = aprendiz("jobs", "checkpoints", "ftjob-0001", "--evaluate", "--questions", place / "questions.jsonl")

    assert found.code == 0, found.err
    assert [(each["model"], each["wins"], each["promote"]) for each in found.lines] == [(checkpoint, True, True), (final, False, False)]
    assert f"{checkpoint} wins" in told.out
    assert f'name = "{checkpoint}"' in told.out
    assert service.chat.asked_of(OLD) == service.chat.asked_of(final) == 2 * len(ASKED)
    assert OLD in (place / "aprendiz.toml").read_text()


def test_a_spent_budget_stops_the_comparison_and_keeps_what_was_answered(
    aprendiz: Aprendiz, service: HostedService, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence; with more money the same command goes on, and pays nothing twice."""
    other = "ft:gpt-4.1-mini-2025-04-14:acme::0002"
    service.chat.said = {OLD: WRONG, other: ("Code ", "7.")}
    price = {"input_per_million": 100, "output_per_million": 100}
    monkeypatch.setenv("APRENDIZ_PRICES", json.dumps({"ft:gpt-4.1-mini-2025-04-14": price}))
    monkeypatch.setenv("APRENDIZ_BUDGET__PER_DAY", "0.05")
    compare = ("evaluate", "production", other, "--questions", place / "questions.jsonl")
    stopped = aprendiz(*compare)
    asked = len(service.chat.requests)
    monkeypatch.setenv("APRENDIZ_BUDGET__PER_DAY", "5")
    ran = aprendiz(*compare, "--json")

    assert (stopped.code, len(stopped.err.splitlines())) == (1, 1), stopped.err
    assert "no room" in stopped.err
    assert 0 < asked < 4 * len(ASKED)
    assert ran.code == 0, ran.err
    assert len(service.chat.requests) == 4 * len(ASKED)
    assert ran.json["figures"]["systems"]["second/passages"]["cost"] > 0


def test_a_local_model_of_the_settings_is_a_contender(
    aprendiz: Aprendiz, service: HostedService, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a hosted one: its own file answers and is looked into, and costs nothing; the other's price is not known."""
    tiny = {"path": str(place / "tiny.gguf"), "context_tokens": 512, "max_tokens": 16, "languages": ["*"]}
    monkeypatch.setenv("APRENDIZ_MODELS", json.dumps({"tiny": tiny}))
    ran = aprendiz("evaluate", "model:tiny", "production", "--questions", place / "questions.jsonl", "--limit", "3", "--json")
    told = aprendiz("evaluate", "model:tiny", "production", "--questions", place / "questions.jsonl", "--limit", "3")
    unknown = aprendiz("evaluate", "model:big", "production", "--questions", place / "questions.jsonl")
    systems = ran.json["figures"]["systems"]

    assert (ran.json["first"], ran.json["second"]) == ("model:tiny", OLD)
    assert (systems["first/passages"]["cost"], systems["second/passages"]["cost"]) == (0.0, None)
    assert systems["first/passages"]["perplexity"] > 1
    assert systems["second/passages"]["perplexity"] is None
    assert "Cost an answer" in told.out
    assert service.chat.asked_of(OLD) == 6
    assert "no model is called big; known: model:tiny" in unknown.err


@pytest.mark.heavy
def test_a_killed_migration_goes_on_where_it_was(aprendiz: Aprendiz, service: HostedService, place: Path) -> None:
    """SIGKILL while it trains: the same command ends the same round, and nothing is asked or paid twice."""
    asking = ("models", "migrate", OLD, "--to", "local", "--rows", place / "rows.jsonl", "--questions", place / "questions.jsonl")
    doomed = subprocess.Popen(process(place / "home", *asking), cwd=place, stdout=subprocess.DEVNULL)
    while doomed.poll() is None and not list((place / "home" / "rounds").glob("*/training/*")):
        time.sleep(0.02)
    doomed.kill()
    doomed.wait(30)
    (cut_off,) = aprendiz("round", "--list", "--json").lines
    ran = aprendiz(*asking)
    (ended,) = aprendiz("round", "--list", "--json").lines

    assert (cut_off["status"], cut_off["step"]) == ("running", "train")
    assert ran.code == 0, ran.err
    assert (ended["round_id"], ended["status"], ended["version"]) == (cut_off["round_id"], "promoted", 1)
    assert service.chat.asked_of(OLD) == 2 * len(ASKED)
