"""Operators' files of questions: what can be read, and one sentence for what cannot."""

import csv
from pathlib import Path

import pytest

from bot.errors import BadRequest
from store.labelled import CATEGORY, EXPECT, Labelled, read_examples, read_labelled, read_questions

GOOD = {
    "e.jsonl": '{"question": "Where is it?", "category": "place"}\n\n{"pergunta": "Quando?", "categoria": " tempo "}\n',
    "e.csv": "\ufeffid,question,category\n1,Where is it?,place\n\n2,Quando?,tempo\n",
    "e.tsv": "categoria\tpergunta\nplace\tWhere is it?\ntempo\tQuando?\n",
    "semicolon.csv": "Pergunta;Categoria\nWhere  is it?;place\nQuando?;tempo\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_examples_are_read_from_what_offices_write(name: str, tmp_path: Path) -> None:
    """Columns in any order and either language, with a byte order mark, with semicolons."""
    (tmp_path / name).write_text(GOOD[name], encoding="utf-8")

    assert [(each.question, each.label) for each in read_examples(tmp_path / name)] == [("Where is it?", "place"), ("Quando?", "tempo")]


def test_excels_own_first_line_names_what_parts_the_cells(tmp_path: Path) -> None:
    """Excel takes it for no row, and so do we; the lines are still counted as an editor shows them."""
    (tmp_path / "e.csv").write_text("sep=;\npergunta;categoria\nOnde, por favor, é a recepção?;prédio\n", encoding="utf-8")

    assert read_examples(tmp_path / "e.csv") == (Labelled("Onde, por favor, é a recepção?", "prédio", 3),)


def test_empty_cells_at_the_end_of_a_row_are_no_cells(tmp_path: Path) -> None:
    """Spreadsheets fill rows up to the widest of the sheet."""
    (tmp_path / "e.csv").write_text("question;category\nWhere is it?;place;; \n")

    assert read_examples(tmp_path / "e.csv") == (Labelled("Where is it?", "place", 2),)


def test_a_question_of_several_lines_stands_where_it_begins(tmp_path: Path) -> None:
    """A sentence about it must lead an editor to its beginning."""
    (tmp_path / "e.csv").write_text('question,category\n"Where\nis it?",place\n')

    assert read_examples(tmp_path / "e.csv") == (Labelled("Where is it?", "place", 2),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(encoding: str, tmp_path: Path) -> None:
    """In Brazil, what is saved as CSV has Windows-1252 and semicolons."""
    (tmp_path / "e.csv").write_bytes("pergunta;categoria\r\nOnde é a recepção?;prédio\r\n".encode(encoding))

    assert read_examples(tmp_path / "e.csv") == (Labelled("Onde é a recepção?", "prédio", 2),)


def test_an_example_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    """It would vouch for its own copy when it is left out."""
    (tmp_path / "e.csv").write_text("question,category\nWhere is it?,place\nwhere is it,place\n")

    assert read_examples(tmp_path / "e.csv") == (Labelled("Where is it?", "place", 2),)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("e.jsonl", b"", "holds no question: write one a line"),
        ("e.csv", b"question,category\n", "holds no question"),
        ("e.csv", b"", "holds no question"),
        ("e.csv", b"text,label\na,b\n", 'the first line names no column "question": write question,category there'),
        ("e.csv", b"question,category\nWhere?\n", 'line 2: the "category" of the question is missing'),
        ("e.csv", b'question,category\n"Where?,a\n', "line 2: the row is damaged"),
        ("e.csv", b"question,category\n ,a\n", 'line 2: the "question" is missing or empty'),
        ("e.jsonl", b'{"question": "Where?"}', 'line 1: the "category" of the question is missing'),
        ("e.jsonl", b'"Where?"', 'line 1: the "category" of the question is missing'),
        ("e.jsonl", b'{"category": "a"}', 'line 1: the "question" is missing or empty'),
        ("e.jsonl", b'\n{"question": 3, "category": "a"}', 'line 2: "question" must be a text in quotes'),
        ("e.jsonl", b'{"question": "Where?", "category": ["a"]}', 'line 1: "category" must be a text in quotes'),
        ("e.jsonl", b"[1]", "line 1: must be a JSON object, such as"),
        ("e.jsonl", b"{]", "line 1: no JSON at column 2"),
        ("e.jsonl", b"[" * 100_000, "line 1: the JSON is nested too deeply"),
        ("e.jsonl", b'{"question": "Where?", "category": "\x00\x01"}', "e.jsonl: it holds binary data, not text"),
        ("e.csv", "\ufeffquestion".encode("utf-16") + b"a", "e.csv: its text is damaged or not utf-16; save it again as UTF-8"),
        (
            "e.csv",
            b"question,category\nWhere?,a\nWhen?,a\nWHERE,b\n",
            "line 4: this question is an example of 'b' here and of 'a' in line 2",
        ),
        (
            "e.csv",
            "pergunta,categoria\nOnde fica?,prédio\nComo peço férias, por favor?,Férias\n".encode(),
            'line 3: the row has 3 cells, the first line 2: put the "question" in quotation marks',
        ),
        (
            "e.csv",
            "pergunta,categoria\nComo peço férias?,Férias\nOnde fica?,prédio\nPosso vender?,ferias\n".encode(),
            "line 4: the category is written 'ferias' here and 'Férias' in line 2: write it in one way",
        ),
        ("e.xlsx", b"PK\x03\x04\x14\x00\x06\x00", "e.xlsx is an Excel workbook or another packed file, no text: save it as CSV"),
        ("e.csv", b"question,category\n" + b"why " * 40_000 + b",a\n", "line 2: a cell has more than 131,072 characters: shorten it"),
        (
            "e.csv",
            b'question,category\nWhen?,a\n"Where?,a\n' + b"And when does it open?,a\n" * 6_000,
            r"line 3: the row is damaged \(.*\): close its quotation marks",
        ),
        ("examples", b"question,category\nWhere?,a\n", "correct it there, or name a table .csv and plain questions .txt"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    """What, where, and what to do."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BadRequest, match=problem):
        read_examples(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It may vanish between the look at the command line and the reading."""
    with pytest.raises(BadRequest, match=r"gone\.csv cannot be read \(No such file or directory\)"):
        read_questions(tmp_path / "gone.csv")


def test_questions_need_no_label(tmp_path: Path) -> None:
    """Plain lines, bare strings, tables: what people have."""
    (tmp_path / "q.txt").write_text("Where?\n\n  When? \n")
    (tmp_path / "q.jsonl").write_text('"Where?"\n{"question": "When?"}\n')
    (tmp_path / "q.csv").write_text("question\nWhere?\nWhen?\n")

    for name in ("q.txt", "q.jsonl", "q.csv"):
        assert [(each.question, each.label) for each in read_questions(tmp_path / name)] == [("Where?", ""), ("When?", "")]


def test_what_is_expected_has_a_key_of_its_own(tmp_path: Path) -> None:
    """A file of expectations is no file of categories."""
    (tmp_path / "x.jsonl").write_text('{"question": "Where?", "expect": "map.md"}\n')

    assert read_labelled(tmp_path / "x.jsonl", EXPECT) == (Labelled("Where?", "map.md", 1),)
    with pytest.raises(BadRequest, match='the "category" of the question is missing'):
        read_labelled(tmp_path / "x.jsonl", CATEGORY)


def test_a_longer_cell_is_refused_whatever_the_process_may_read(tmp_path: Path) -> None:
    """Who converts large tables in the same process raises the limit of the csv module for all."""
    path = tmp_path / "e.csv"
    path.write_bytes(b"question,category\n" + b"why " * 40_000 + b",a\n")
    before = csv.field_size_limit(10**7)
    try:
        with pytest.raises(BadRequest, match="line 2: a cell has more than 131,072 characters: shorten it"):
            read_examples(path)
    finally:
        csv.field_size_limit(before)
