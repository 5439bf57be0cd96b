"""Damaged files: the good rows are kept, and each bad line is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finetune.importing.made import imported, refused_in, said_in, write_lines, zendesk

GOOD = [
    zendesk(number, f"Question {number}: why does part {chr(64 + number) * 3} rattle?", f"Tighten screw {number}.") for number in (1, 2, 3)
]


def test_broken_lines_in_a_good_file(tmp_path: Path) -> None:
    """No JSON, NaN, a key twice, no UTF-8, and what is no ticket; behind a byte order mark."""
    bad = (b'{"id": 5, "subject"', b'{"id": NaN}', b'{"id": 1, "id": 2}', b'{"subject": "\xe9"}', b"[1]", b'{"id": 6, "comments": 7}')
    path = write_lines(tmp_path / "t.jsonl", [b"\xef\xbb\xbf" + json.dumps(GOOD[0]).encode(), *bad[:3], GOOD[1], *bad[3:], b"", GOOD[2]])

    imported([path], tmp_path / "out")

    assert refused_in(tmp_path / "out") == [
        ("t.jsonl", 2, "json"),
        ("t.jsonl", 3, "not_a_number"),
        ("t.jsonl", 4, "duplicate_key"),
        ("t.jsonl", 6, "encoding"),
        ("t.jsonl", 7, "bad_ticket"),
        ("t.jsonl", 8, "bad_ticket"),
    ]
    assert len(said_in(tmp_path / "out")) == 3


def test_stray_quotes_and_rows_of_other_widths(tmp_path: Path) -> None:
    """Reading goes on with the next line."""
    path = tmp_path / "t.csv"
    path.write_text('question,answer\nWhere is the key?,In the "box\n"Where is the door?,b\na,b,c\nWhere is the lamp?,There\n')

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [["Where is the key?", 'In the "box'], ["Where is the lamp?", "There"]]
    assert refused_in(tmp_path / "out") == [("t.csv", 3, "csv"), ("t.csv", 4, "columns")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_of_any_encoding(tmp_path: Path, encoding: str) -> None:
    """As office programs save it."""
    path = tmp_path / "t.csv"
    path.write_bytes("pergunta;resposta\r\nQual é o horário da manhã?;Às 8h, não antes.\r\n".encode(encoding))

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [["Qual é o horário da manhã?", "Às 8h, não antes."]]


def test_lines_of_two_encodings_and_a_damaged_one(tmp_path: Path) -> None:
    """Two exports put together; what is mostly UTF-8 is not read as something else."""
    lines = [b"pergunta;resposta", "Onde é a mesa?;Lá, à direita.".encode(), "Onde é o sofá?;Lá, à esquerda.".encode("cp1252")]
    path = write_lines(tmp_path / "t.csv", [*lines, "Não há pão, é?;Às vezes ".encode() + b"\xc3."])

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [["Onde é a mesa?", "Lá, à direita."], ["Onde é o sofá?", "Lá, à esquerda."]]
    assert refused_in(tmp_path / "out") == [("t.csv", 4, "encoding")]


def test_damaged_characters_are_mended(tmp_path: Path) -> None:
    """UTF-8 that somebody read as Windows-1252 and saved."""
    path = write_lines(tmp_path / "t.jsonl", [{"question": "Qual Ã© o horÃ¡rio?", "answer": "De manhÃ£ nÃ£o abrimos."}])

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [["Qual é o horário?", "De manhã não abrimos."]]


def test_files_that_cannot_be_read_leave_the_others(tmp_path: Path) -> None:
    """Empty, binary, unknown."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(b"%PDF-1.4 no")
    (tmp_path / "in" / "b.json").write_text("")
    (tmp_path / "in" / "c.bin").write_text("x")
    write_lines(tmp_path / "in" / "d.jsonl", GOOD)

    imported([tmp_path / "in"], tmp_path / "out")

    assert refused_in(tmp_path / "out") == [("a.pdf", None, "file"), ("b.json", None, "file"), ("c.bin", None, "file")]
    assert len(said_in(tmp_path / "out")) == 3


_MEASURED = """
import sys
from pathlib import Path
from tests.finetune.importing.made import imported
small, large = Path(sys.argv[1]), Path(sys.argv[2])
def peak():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
imported([small], small.parent / "out1")
before = peak()
imported([large], large.parent / "out2")
print((peak() - before) // 1024)
"""


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "txt"])
def test_a_line_of_a_hundred_megabytes_is_a_finding(tmp_path: Path, suffix: str) -> None:
    """And is never in memory as a whole."""
    good = {
        "jsonl": json.dumps(GOOD[0]),
        "json": f"[{json.dumps(GOOD[0])}",
        "csv": "question,answer\nWhere is the key?,There.",
        "txt": "user: Where is the key?\nassistant: There.",
    }[suffix]
    end = "]" if suffix == "json" else ""
    small, large = tmp_path / f"small.{suffix}", tmp_path / f"large.{suffix}"
    small.write_text(good + end)
    with large.open("w") as file:
        file.write(good + ("," if suffix == "json" else "") + "\n")
        file.write('{"id": 2, "subject": "' if suffix.startswith("json") else "")
        for _ in range(100):
            file.write("x" * (1 << 20))
        file.write(('"}' if suffix.startswith("json") else "") + end + "\n")

    command = [sys.executable, "-c", _MEASURED, str(small), str(large)]
    grown_mb = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert [(place, reason) for _, place, reason in refused_in(tmp_path / "out2")] == [
        ({"csv": 3, "txt": 3}.get(suffix, 2), "row_too_long")
    ]
    assert len(said_in(tmp_path / "out2")) == 1
    assert grown_mb < 60
