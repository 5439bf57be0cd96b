"""Files without personal data: what a row is, what its fields tell, and that nothing is half written."""

import json
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bot.errors import BadRequest, Refused
from finetune.redacting import FileRedacted, redact_file
from store.redaction import PatternRedactor


@cache
def _redactor() -> PatternRedactor:
    return PatternRedactor()


def _redacted(path: Path, text: str) -> tuple[str, FileRedacted]:
    path.write_bytes(text.encode())
    done = redact_file(path, path.with_name(f"out{path.suffix}"), _redactor())
    return path.with_name(f"out{path.suffix}").read_bytes().decode(), done


def test_a_row_is_a_conversation(tmp_path: Path) -> None:
    """The same number is the same placeholder within a row, and begins anew with the next; a broken line is left out and named."""
    rows = [{"messages": [{"content": "cel (11) 98765-4321"}, {"content": "11987654321?"}]}, {"q": "a@b.com"}]
    written, done = _redacted(tmp_path / "in.jsonl", "\n".join(["\ufeff" + json.dumps(rows[0]), "{broken", json.dumps(rows[1])]))

    assert [json.loads(line) for line in written.splitlines()] == [
        {"messages": [{"content": "cel [PHONE_1]"}, {"content": "[PHONE_1]?"}]},
        {"q": "[EMAIL_1]"},
    ]
    assert (done.rows, done.rows_with, done.broken, done.counts) == (2, 2, 1, {"PHONE": 2, "EMAIL": 1})
    assert [finding.line for finding in done.findings] == [2]


def test_a_fields_name_tells_what_it_holds(tmp_path: Path) -> None:
    """Exports have bare numbers and names in columns; numbers that name things, and other values, stay as they are."""
    row = {
        "telefone": 1133334444,
        "nome": "Tião",
        "obs": "o Tião ligou",
        "senha": "girassol",
        "order": 1133335555,
        "n": 1.5,
        "ok": True,
        "no": None,
    }
    written, _ = _redacted(tmp_path / "in.jsonl", json.dumps(row))

    assert json.loads(written) == {
        "telefone": "[PHONE_1]",
        "nome": "[PERSON_1]",
        "obs": "o [PERSON_1] ligou",
        "senha": "[SECRET_1]",
        "order": 1133335555,
        "n": 1.5,
        "ok": True,
        "no": None,
    }


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"telefone": "5551234"}, {"telefone": "[PHONE_1]"}),
        ({"phone": 5551234, "note": "5551234"}, {"phone": "[PHONE_1]", "note": "[PHONE_1]"}),
        ({"user_password": "k9!", "senha": "k9!"}, {"user_password": "[SECRET_1]", "senha": "[SECRET_1]"}),
        ({"telefone": "-", "senha": "?", "has_password": "no"}, {"telefone": "-", "senha": "?", "has_password": "no"}),
        ({"telefone": "0800 555 1234", "tel": "190"}, {"telefone": "0800 555 1234", "tel": "190"}),
    ],
)
def test_what_stands_alone_in_a_field_is_one_however_short(tmp_path: Path, row: dict[str, object], wanted: dict[str, object]) -> None:
    """Nobody would tell a phone number from 5551234 in a text; the company's own stay."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(row))
    redact_file(source, target, PatternRedactor(exceptions=["0800 555 1234"]))

    assert json.loads(target.read_text()) == wanted


def test_a_table_keeps_its_form(tmp_path: Path) -> None:
    """Header, separator and order."""
    written, _ = _redacted(tmp_path / "in.csv", 'nome;telefone;obs\nZefa;33334444;"a Zefa; CPF 529.982.247-25"\n')

    assert written == 'nome;telefone;obs\n[PERSON_1];[PHONE_1];"a [PERSON_1]; CPF [CPF_1]"\n'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"tickets": [{"a@b.com": "c@d.com"}]}', {"tickets": [{"[EMAIL_1]": "[EMAIL_2]"}]}),
        ('[{"role": "user", "content": "tel 3333-4444"}, {"role": "assistant", "content": "3333-4444?"}]',
         [{"role": "user", "content": "tel [PHONE_1]"}, {"role": "assistant", "content": "[PHONE_1]?"}]),
        ('[["a@b.com"], {"x": 1}]', [["[EMAIL_1]"], {"x": 1}]),
        ("[]", []),
    ],
)  # fmt: skip
def test_a_json_file_keeps_its_form(tmp_path: Path, text: str, value: object) -> None:
    """An object stays one, an array an array; a lone conversation is one conversation."""
    written, _ = _redacted(tmp_path / "in.json", text)

    assert json.loads(written) == value


def test_a_text_is_one_conversation_however_long(tmp_path: Path) -> None:
    """Placeholders of an earlier redaction keep their numbers, those before them in the file included."""
    filler = "nada a dizer aqui\n" * 2000 + "\n"
    written, done = _redacted(tmp_path / "in.txt", f"sou o João Reis, cel 98765-4321\r\n\n{filler * 4}o João, 98765-4321 e [PHONE_1]")

    assert written == f"sou o [PERSON_1], cel [PHONE_2]\r\n\n{filler * 4}o [PERSON_1], [PHONE_2] e [PHONE_1]"
    assert done.counts == {"PERSON": 2, "PHONE": 2}


@pytest.mark.parametrize(
    ("source", "target", "told"), [("a.txt", "b.csv", "another kind"), ("a.txt", "a.txt", "is read"), ("a.doc", "a.doc", "called")]
)
def test_names_that_say_nothing_are_refused(tmp_path: Path, source: str, target: str, told: str) -> None:
    """Before anything is written."""
    (tmp_path / source).write_text("x")

    with pytest.raises(BadRequest, match=told):
        redact_file(tmp_path / source, tmp_path / target, _redactor())
    assert sorted(each.name for each in tmp_path.iterdir()) == [source]


def test_what_is_no_text_leaves_nothing_behind(tmp_path: Path) -> None:
    """Half a file under its name would be taken for a whole one."""
    (tmp_path / "a.txt").write_bytes(b"CPF 529.982.247-25\n" + b"\xff\xfe")

    with pytest.raises(BadRequest, match="no UTF-8"):
        redact_file(tmp_path / "a.txt", tmp_path / "b.txt", _redactor())
    assert not (tmp_path / "b.txt").exists()


def test_a_file_of_which_nothing_can_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    """An empty file would be taken for a clean one."""
    (tmp_path / "a.jsonl").write_bytes('{"question": "Ana?"}\n'.encode("utf-16"))
    with pytest.raises(Refused, match=r"no row of .*a\.jsonl can be read \(line 1: no UTF-8 at byte 1"):
        redact_file(tmp_path / "a.jsonl", tmp_path / "b.jsonl", PatternRedactor())

    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_killed_run_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    """What it left beside it is written over by the next one, which begins anew."""
    (tmp_path / "a.jsonl").write_text('{"question": "Call 11 98765-4321"}\n' * 3000)
    code = "import sys, pathlib, os, signal; from finetune.redacting import redact_file; from store.redaction import PatternRedactor; "
    code += "a, b = map(pathlib.Path, sys.argv[1:]); killed = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
    code += "redact_file(a, b, PatternRedactor(), progress=killed)"
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")], check=False)
    left = sorted(each.name for each in tmp_path.iterdir())
    done = redact_file(tmp_path / "a.jsonl", tmp_path / "b.jsonl", PatternRedactor())

    assert (ended.returncode, left) == (-signal.SIGKILL, [".b.jsonl.draft", "a.jsonl"])
    assert (done.rows, sorted(each.name for each in tmp_path.iterdir())) == (3000, ["a.jsonl", "b.jsonl"])
