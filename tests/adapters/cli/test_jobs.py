"""`aprendiz jobs` against a provider on loopback: what people and programs read, and what a kill leaves."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz, process
from tests.fakes.openai_server import KEY
from tests.fakes.provider import Fault, ProviderServer, provider_thread
from tests.finetune.hosted.world import MODEL, write_rows

MODEL_MADE = "ft:gpt-4.1-mini-2025-04-14:acme::0001"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    """The provider, which the settings name."""
    with provider_thread() as running:
        monkeypatch.setenv("APRENDIZ_OPENAI__BASE_URL", running.address)
        monkeypatch.setenv("APRENDIZ_OPENAI__API_KEY", KEY)
        yield running


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file of rows in which nothing is wrong."""
    return write_rows(tmp_path / "rows.jsonl")


def test_a_job_is_created_watched_and_shown(aprendiz: Aprendiz, server: ProviderServer, rows: Path) -> None:
    """What programs read of the whole life."""
    created = aprendiz("jobs", "create", rows, "--model", MODEL, "--epochs", "2", "--seed", "7", "--json")
    watched = aprendiz("jobs", "watch", created.json["job"], "--every", "0.05", "--json")
    shown = aprendiz("jobs", "show", "ftjob-0001", "--json").json
    (listed,) = aprendiz("jobs", "list", "--json").lines
    checkpoints = aprendiz("jobs", "checkpoints", shown["job"], "--json").lines

    assert (created.code, created.json["status"], created.json["cost"]) == (0, "validating_files", None)
    assert watched.code == 0
    assert [each["message"] for each in watched.lines[:-1]] == [each["message"] for each in shown["events"]]
    assert watched.lines[-1]["trained_model"] == shown["trained_model"] == listed["trained_model"] == MODEL_MADE
    assert [each["model"] for each in checkpoints] == [f"{MODEL_MADE}:ckpt-step-3", MODEL_MADE]
    assert checkpoints == shown["checkpoints"]
    assert Path(shown["metrics"]).is_file()
    assert shown["picture"].endswith(".svg")


def test_people_read_the_same(aprendiz: Aprendiz, server: ProviderServer, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost before anything is sent, states as they come, and what came of it."""
    monkeypatch.setenv("APRENDIZ_PRICES", json.dumps({MODEL: {"training_per_million": 5000}}))
    none = aprendiz("jobs", "list").out
    server.life = ("succeeded",)
    created = aprendiz("jobs", "create", rows, "--model", MODEL, "--watch")
    told = " ".join(created.out.split())
    listed = aprendiz("jobs", "list").out
    job = aprendiz("jobs", "list", "--json").json["job"]

    assert "There is no training job yet" in none
    assert "Training (epochs: 3, tokens: " in told
    assert "USD" in told
    assert f"Job {job}: succeeded." in told
    assert "The job has successfully completed" in told
    assert MODEL_MADE in told
    assert "metrics.csv" in told
    assert MODEL_MADE in listed
    assert f"{MODEL_MADE}:ckpt-step-3" in aprendiz("jobs", "checkpoints", job).out
    assert "Reason" not in aprendiz("jobs", "show", job).out


def test_an_estimate_sends_nothing(aprendiz: Aprendiz, server: ProviderServer, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a request."""
    monkeypatch.setenv("APRENDIZ_PRICES", json.dumps({MODEL: {"training_per_million": 10}}))
    ran = aprendiz("jobs", "create", rows, "--model", MODEL, "--epochs", "1", "--estimate", "--json")

    assert ran.json["cost"]["tokens"] == ran.json["tokens"] > 100
    assert server.requests == []


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ('{"messages": []}\n', (), "cannot be trained on"),
        (None, ("--method", "dpo"), "cannot be trained on"),
        (None, ("--model", "gpt-3.5-turbo-0125", "--method", "dpo"), "is not trained by dpo"),
        (None, ("--suffix", "x" * 65), "the suffix"),
        (None, ("--beta", "0.5"), "--beta belongs to --method dpo"),
        (None, ("--provider", "elsewhere"), "know no provider elsewhere; they know openai"),
        ("call 11 98765-4321", (), "personal data"),
    ],
)
def test_what_must_not_be_sent_is_refused_before(
    aprendiz: Aprendiz, server: ProviderServer, rows: Path, content: str | None, options: tuple[str, ...], sentence: str
) -> None:
    """One sentence, and not a byte on the wire."""
    if content is not None and content.startswith("{"):
        rows.write_text(content)
    elif content is not None:
        rows.write_text(rows.read_text().replace("It is, 3.", f"Please {content}."))
    ran = aprendiz("jobs", "create", rows, "--model", MODEL, *options)

    assert ran.code == 1
    assert sentence in ran.err
    assert server.requests == []


def test_tests_are_not_trained_on(aprendiz: Aprendiz, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """A hosted model is judged by what it never saw, too."""
    held = write_rows(tmp_path / "held.jsonl", 1)
    ran = aprendiz("jobs", "create", rows, "--model", MODEL, "--test", held)

    assert ran.code == 1
    assert "line 1" in ran.err
    assert server.requests == []


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 256, "a\nb"])
def test_a_name_that_is_none_is_wrong_usage(aprendiz: Aprendiz, server: ProviderServer, rows: Path, name: str) -> None:
    """Of a model, or of a job elsewhere."""
    created, adopted = aprendiz("jobs", "create", rows, "--model", name), aprendiz("jobs", "adopt", name)

    assert (created.code, adopted.code) == (2, 2)
    assert "is no name" in created.err
    assert server.requests == []


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "x"])
def test_a_number_that_is_none_is_wrong_usage(aprendiz: Aprendiz, rows: Path, value: str) -> None:
    """Before anything is read."""
    ran = aprendiz("jobs", "create", rows, "--model", MODEL, f"--learning-rate-multiplier={value}")

    assert ran.code == 2
    assert "no number above zero" in ran.err


@pytest.mark.parametrize("option", ["--every=nan", "--every=inf", "--limit=nan", "--limit=inf", "--limit=-1"])
def test_a_time_to_watch_that_is_none_is_wrong_usage(aprendiz: Aprendiz, option: str) -> None:
    """NaN is within any limits by a comparison: the provider would be asked without a pause, or for ever."""
    ran = aprendiz("jobs", "watch", "job", option)

    assert ran.code == 2
    assert "Invalid value for" in ran.err


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("401", "set APRENDIZ_OPENAI__API_KEY to a valid one"), ("no_credit", "no credit left"), ("404", "base_url")],
)
def test_a_wrong_key_is_one_sentence_and_the_job_is_kept(
    aprendiz: Aprendiz, server: ProviderServer, rows: Path, fault: Fault, sentence: str
) -> None:
    """With the right key the same command goes on."""
    server.standing = {"": fault}
    refused = aprendiz("jobs", "create", rows, "--model", MODEL)
    server.standing = {}
    created = aprendiz("jobs", "create", rows, "--model", MODEL, "--json")
    (listed,) = aprendiz("jobs", "list", "--json").lines

    assert refused.code == 1
    assert sentence in refused.err
    assert f"Job {listed['job']} is kept" in refused.err
    assert KEY not in refused.err
    assert created.json["job"] == listed["job"]
    assert server.uploads == 1


def test_a_server_that_wants_a_key_says_so(aprendiz: Aprendiz, server: ProviderServer, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of one's own often want none; the sentence names the setting."""
    monkeypatch.setenv("APRENDIZ_OPENAI__API_KEY", "")
    ran = aprendiz("jobs", "create", rows, "--model", MODEL)

    assert ran.code == 1
    assert "set APRENDIZ_OPENAI__API_KEY" in ran.err
    assert server.uploads == 0


def test_a_job_that_never_ends_is_left(aprendiz: Aprendiz, server: ProviderServer, rows: Path) -> None:
    """The limit ends the watching, not the job; web pages in between are told once."""
    server.life = ("validating_files", "running")
    server.standing = {"GET /fine_tuning/jobs/ftjob-0001/events": "html"}
    job = aprendiz("jobs", "create", rows, "--model", MODEL, "--json")
    server.standing = {}
    server.faults = [("GET /fine_tuning/jobs/ftjob-0001", "html")] * 2
    job_id = aprendiz("jobs", "list", "--json").json["job"]
    ran = aprendiz("jobs", "watch", job_id, "--every", "0.3", "--limit", "1.5")

    assert job.code == 1
    assert "answered with a web page" in job.err
    assert ran.code == 1
    assert ran.err.count("answered with a web page") == 1
    assert f"job {job_id} has not ended after 1.5 s; it goes on" in ran.err
    assert not server.jobs["ftjob-0001"].finished


def test_ctrl_c_leaves_the_job(aprendiz: Aprendiz, server: ProviderServer, rows: Path) -> None:
    """And says how to go on; a failed job's reason ends the watching with 1."""
    server.life = ("running",)
    job = aprendiz("jobs", "create", rows, "--model", MODEL, "--json").json["job"]
    threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()
    left = aprendiz("jobs", "watch", job, "--every", "0.05")
    server.jobs["ftjob-0001"].coming = ["failed"]
    failed = aprendiz("jobs", "watch", job, "--every", "0.05")

    assert left.code == 130
    assert f"To go on watching: aprendiz jobs watch {job}" in left.err
    assert failed.code == 1
    assert "The job failed due to an internal error. (server_error)" in failed.out


def test_a_job_is_paused_resumed_and_cancelled(aprendiz: Aprendiz, server: ProviderServer, rows: Path) -> None:
    """Each says the provider's word."""
    server.life = ("running", "running")
    job = aprendiz("jobs", "create", rows, "--model", MODEL, "--json").json["job"]
    paused = aprendiz("jobs", "pause", job)
    server.jobs["ftjob-0001"].go_on()
    resumed = aprendiz("jobs", "resume", "ftjob-0001", "--json")
    cancelled = aprendiz("jobs", "cancel", job)
    again = aprendiz("jobs", "cancel", job)

    assert cancelled.err == ""
    assert paused.out.strip() == f"Job {job}: pausing."
    assert resumed.json["status"] == "queued"
    assert cancelled.out.strip() == f"Job {job}: cancelled."
    assert (again.code, again.err.strip()) == (1, f"job {job} has ended (cancelled)")


def test_a_job_from_elsewhere_is_adopted(
    aprendiz: Aprendiz, server: ProviderServer, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another home, as after a lost ledger."""
    aprendiz("jobs", "create", rows, "--model", MODEL)
    monkeypatch.setenv("APRENDIZ_HOME", str(tmp_path / "elsewhere"))
    adopted = aprendiz("jobs", "adopt", "ftjob-0001", "--json").json
    shown = aprendiz("jobs", "adopt", "ftjob-0001")
    unknown = aprendiz("jobs", "adopt", "ftjob-9")

    assert (adopted["remote_id"], adopted["model"]) == ("ftjob-0001", MODEL)
    assert adopted["job"] in shown.out
    assert unknown.code == 1
    assert "correct the id" in unknown.err


def test_an_unknown_job_is_one_sentence(aprendiz: Aprendiz, home: Path) -> None:
    """With where to look."""
    for words in (("show",), ("watch",), ("pause",), ("checkpoints",)):
        ran = aprendiz("jobs", *words, "X1")
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "There is no job X1; aprendiz jobs list shows those there are" in ran.err


def test_providers_say_what_they_can(aprendiz: Aprendiz, server: ProviderServer) -> None:
    """And whether they take the key."""
    asked = aprendiz("jobs", "providers", "--json").json
    server.standing = {"": "401"}
    refused = aprendiz("jobs", "providers", "--json").json
    told = aprendiz("jobs", "providers", "--offline").out

    assert (asked["provider"], asked["kind"], asked["methods"], asked["state"]) == ("openai", "compatible", ["supervised", "dpo"], "ok")
    assert "does not know the key" in refused["state"]
    assert "not asked" in told


def test_show_tells_what_keeps_a_provider_from_telling(aprendiz: Aprendiz, server: ProviderServer, rows: Path) -> None:
    """The ledger's last word, and the trouble beside it."""
    server.life = ("running",)
    job = aprendiz("jobs", "create", rows, "--model", MODEL, "--json").json["job"]
    server.standing = {"": "401"}
    offline = aprendiz("jobs", "show", job, "--offline")
    none = aprendiz("jobs", "checkpoints", job)

    assert "running" in offline.out
    assert offline.err == ""
    assert f"Job {job} (running) has no checkpoints." in none.out


@pytest.mark.parametrize("asked", ["POST /files", "POST /fine_tuning"])
def test_a_killed_command_is_given_again(aprendiz: Aprendiz, home: Path, server: ProviderServer, rows: Path, asked: str) -> None:
    """SIGKILL while the provider has taken the call and not yet answered it."""
    server.faults = [(asked, "silent")]
    doomed = subprocess.Popen(process(home, "jobs", "create", rows, "--model", MODEL), stdout=subprocess.DEVNULL)
    assert server.waiting.wait(60)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait(30)
    created = aprendiz("jobs", "create", rows, "--model", MODEL, "--json")
    listed = aprendiz("jobs", "list", "--json").lines

    assert created.code == 0
    assert [each["job"] for each in listed] == [created.json["job"]]
    assert (server.uploads, server.creations) == (1, 1)
