"""`aprendiz data validate` and `aprendiz data tokens`."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from finetune import trainable
from store.clusters import Clusters
from store.database import migrate, open_database
from tests.adapters.cli.conftest import Aprendiz

MINI = "gpt-4.1-mini-2025-04-14"


def row(asked: str, answered: str, **fields: Any) -> str:
    """Return a row as a line."""
    return json.dumps({"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}], **fields})


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file in which nothing is wrong."""
    return write(tmp_path / "rows.jsonl", *(row(f"Is room {at} free?", f"Room {at} is.") for at in range(12)))


def codes(told: Any) -> list[tuple[int, str]]:
    return [(each["line"], each["code"]) for each in told["findings"]]


@pytest.mark.parametrize("model", [(), ("--for", "local"), ("--for", MINI)])
def test_a_clean_file_is_said_to_be_clean(aprendiz: Aprendiz, rows: Path, model: tuple[str, ...]) -> None:
    """Whoever is to train on it."""
    ran = aprendiz("data", "validate", rows, *model, "--json")

    assert (ran.code, ran.json["findings"], ran.json["rows"], ran.json["refused"]) == (0, [], 12, False)
    assert ran.json["tokens"] > 12 * 10


def test_people_read_findings_with_remedies(worded: Aprendiz, tmp_path: Path) -> None:
    """Refusals and warnings are told apart."""
    path = write(tmp_path / "rows.jsonl", row("a", "b"), row("a", "b"), row("Call whom?", "Call 11 98765-4321."), "{")
    ran = worded("data", "validate", path)
    warned = worded("data", "validate", write(path, row("a", "b"), row("a", "b")), "--no-personal-data")
    clean = worded("data", "validate", write(path, row("a", "b")))

    assert (ran.code, warned.code, clean.code) == (1, 0, 0)
    assert "! 2 the same row as line 1 → take one of them out" in " ".join(ran.out.split())
    assert "! 3 holds personal data (PHONE) → run aprendiz data redact first" in " ".join(ran.out.split())
    assert "✗ 4 no JSON at column 2" in " ".join(ran.out.split())
    assert "would refuse this file" in ran.out
    assert "would take this file" in warned.out
    assert "Nothing was found." in clean.out


def test_personal_data_are_left_out_on_request(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Looking for them takes most of the time."""
    path = write(tmp_path / "rows.jsonl", row("Call whom?", "Call 11 98765-4321."))

    assert codes(aprendiz("data", "validate", path, "--json").json) == [(1, "personal_data")]
    assert codes(aprendiz("data", "validate", path, "--no-personal-data", "--json").json) == []


def test_a_hosted_model_has_its_own_limits(aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, tokens, keys, byte order marks; two questions in a row are no matter there."""
    lines = [row("a", "word " * 70_000), row("b", "c", id=1)]
    lines.append(
        '{"messages": [{"role": "user", "content": "d"}, {"role": "user", "content": "e"}, {"role": "assistant", "content": "f"}]}'
    )
    path = tmp_path / "rows.jsonl"
    path.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    ran = aprendiz("data", "validate", path, "--for", MINI, "--json")

    assert ran.code == 1
    assert codes(ran.json) == [(0, "too_few_rows"), (1, "byte_order_mark"), (1, "cut"), (2, "metadata"), (3, "order")]
    assert [each["refused"] for each in ran.json["findings"]] == [True, False, False, False, False]
    assert ran.json["cut_tokens"] == ran.json["tokens"] - 65_536 - sum(each for each in (3 + 8 + 2, 3 + 12 + 3))


@pytest.mark.parametrize(
    ("name", "text", "model", "code"),
    [
        ("rows.jsonl", '{"question": "a", "answer": "b"}\n' * 10, MINI, "model_format"),
        ("rows.jsonl", '{"question": "a", "answer": "b"}\n', "local", "model_format"),
        ("rows.json", "[" + ",".join(row(f"{at}", "b") for at in range(10)) + "]", MINI, "not_json_lines"),
    ],
)
def test_another_format_is_told_how_to_convert(aprendiz: Aprendiz, tmp_path: Path, name: str, text: str, model: str, code: str) -> None:
    """With the command."""
    ran = aprendiz("data", "validate", write(tmp_path / name, text), "--for", model, "--json")
    finding = ran.json["findings"][0]

    assert (ran.code, finding["line"], finding["code"]) == (1, 0, code)
    assert "aprendiz data convert FILE --to messages" in finding["remedy"]


def test_rows_in_no_format_are_findings(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """As rows of messages that are none."""
    ran = aprendiz("data", "validate", write(tmp_path / "rows.jsonl", '{"a": 1}', "{}"), "--json")

    assert (ran.code, codes(ran.json)) == (1, [(1, "messages"), (2, "messages")])


@pytest.mark.parametrize("name", ["gpt-9", "ft:gpt-9:me::1", "/nowhere/model.gguf"])
def test_an_unknown_model_is_refused(aprendiz: Aprendiz, rows: Path, name: str) -> None:
    """With those that are known."""
    ran = aprendiz("data", "validate", rows, "--for", name)

    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert MINI in ran.err or "model.gguf" in ran.err


def test_a_model_trained_before_takes_what_its_base_takes(aprendiz: Aprendiz, rows: Path) -> None:
    """It goes on being trained."""
    assert aprendiz("data", "validate", rows, "--for", f"ft:{MINI}:company::abc", "--json").code == 0


def test_the_served_model_may_be_hosted(aprendiz: Aprendiz, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then its tokens count, and there is no file to train here."""
    monkeypatch.setenv("APRENDIZ_MODEL__BACKEND", "openai")
    monkeypatch.setenv("APRENDIZ_MODEL__NAME", "gpt-3.5-turbo-0125")

    assert aprendiz("data", "validate", rows, "--json").code == 0
    assert "name a GGUF file" in aprendiz("data", "validate", rows, "--for", "local").err


def test_test_rows_may_not_train(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """In whatever format and spelling the test file has them."""
    tests = write(tmp_path / "test.csv", "question,answer", "IS ROOM 3 FREE,It is")
    ran = aprendiz("data", "validate", rows, "--test", tests, "--json")

    assert (ran.code, codes(ran.json)) == (1, [(4, "leak")])


def test_what_the_ledger_keeps_for_testing_is_named(aprendiz: Aprendiz, home: Path, tmp_path: Path) -> None:
    """A warning: a round leaves such rows out by itself."""
    questions = [f"Is room {at} free?" for at in range(40)]

    async def assign() -> list[str]:
        async with open_database(f"sqlite:///{home / 'ledger.db'}") as database:
            await migrate(database)
            assigned = await Clusters(database).assign(questions, at=datetime(2026, 1, 1, tzinfo=UTC))
        return [each.split for each in assigned]

    home.mkdir()
    splits = asyncio.run(assign())
    path = write(tmp_path / "rows.jsonl", *(row(question, f"Yes: {question}") for question in questions))
    ran = aprendiz("data", "validate", path, "--json")

    assert ran.code == 0
    assert codes(ran.json) == [(line, "held_out") for line, split in enumerate(splits, 1) if split == "test"] != []


def test_the_price_list_gives_an_estimate(worded: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Tokens times epochs, as the operator's settings price them."""
    write(tmp_path / "aprendiz.toml", f'[prices."{MINI}"]', "training_per_million = 5000.0", 'currency = "BRL"')
    ran = worded("data", "validate", rows, "--for", MINI, "--epochs", "2", "--json")
    cost = ran.json["cost"]

    assert cost["tokens"] == 2 * ran.json["tokens"]
    assert cost == {"epochs": 2, "tokens": cost["tokens"], "amount": round(cost["tokens"] / 200, 2), "currency": "BRL"}
    assert "Training (epochs: 2, tokens: " in worded("data", "validate", rows, "--for", MINI, "--epochs", "2").out
    assert worded("data", "validate", rows, "--json").json["cost"] is None


def test_a_file_too_large_is_sampled_on_request(worded: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it is refused; what does not need it is not sampled."""
    small = trainable.Trainer(
        MINI, ("messages",), 65_536, cuts=True, minimum_rows=10, file_bytes=2 << 20, hosted=True, encoding="o200k_base"
    )
    monkeypatch.setattr(trainable, "HOSTED", {MINI: small})
    path = write(tmp_path / "rows.jsonl", *(row(f"Is room {at} free?", "word " * 1000) for at in range(600)))
    target = tmp_path / "part.jsonl"
    refused = worded("data", "validate", path, "--for", MINI, "--no-personal-data", "--json")
    sampled = worded("data", "validate", path, "--for", MINI, "--no-personal-data", "--sample", target)
    whole = worded("data", "validate", target, "--for", MINI, "--no-personal-data", "--sample", tmp_path / "none.jsonl", "--json")

    assert (refused.code, codes(refused.json)) == (1, [(0, "file_too_large")])
    assert sampled.code == 0
    assert "A sample of " in sampled.out
    assert (whole.code, whole.json["sample"], whole.json["findings"]) == (0, None, [])
    assert (1 << 20) < target.stat().st_size <= 2 << 20
    assert not (tmp_path / "none.jsonl").exists()


def test_more_than_are_shown_are_counted(worded: Aprendiz, tmp_path: Path) -> None:
    """Nobody reads hundreds."""
    ran = worded("data", "validate", write(tmp_path / "rows.jsonl", *["{"] * 40))

    assert ran.out.count("no JSON") == 30
    assert "… and 10 more; --json has a thousand findings" in ran.out


def test_tokens_are_told_by_row(worded: Aprendiz, tmp_path: Path) -> None:
    """In all, how they are spread, and what is beyond the limit."""
    lines = [row("a", "word " * count) for count in (1, 2, 3, 70_000)]
    path = write(tmp_path / "rows.jsonl", *lines, "{")
    told = worded("data", "tokens", path, "--for", MINI, "--json").json
    said = worded("data", "tokens", path, "--for", MINI)

    assert told["rows"] == 4
    assert told["tokens"] == sum(each["tokens"] for each in told["longest"])
    assert [each["line"] for each in told["longest"]] == [4, 3, 2, 1]
    assert told["shortest"] == told["longest"][-1]["tokens"] < told["median"] < told["p95"]
    assert (told["limit_tokens"], told["over_limit"]) == (65_536, 1)
    assert told["cut_tokens"] == told["longest"][0]["tokens"] - 65_536
    assert "Rows that could not be counted: 1;" in said.err
    assert "1 / 65,536" in said.out


def test_tokens_of_nothing_are_none(worded: Aprendiz, tmp_path: Path) -> None:
    """And in the model file's own tokens without a limit."""
    told = worded("data", "tokens", write(tmp_path / "rows.jsonl", ""), "--json").json

    assert (told["rows"], told["tokens"], told["longest"], told["limit_tokens"]) == (0, 0, [], 0)
    assert "–" in worded("data", "tokens", tmp_path / "rows.jsonl", "--from", "text").out
