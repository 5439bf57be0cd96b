"""`aprendiz classify`: questions into the operator's categories."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz

EXAMPLES = """question,category
When does the shop open?,hours
When does the shop close?,hours
When is the shop open on weekdays?,hours
Is there a discount for a contract?,prices
How much of a discount for a contract is there?,prices
How much does a contract cost?,prices
"""
UNRELATED = "Quem venceu aquela copa?"


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "examples.csv"
    path.write_text(EXAMPLES)
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"question": "When does the shop open on weekdays?", "category": "hours"}\n'
        '{"question": "How much discount is there for a contract?", "category": "prices"}\n'
        f'{{"question": "{UNRELATED}", "category": "prices"}}\n'
    )
    return path


def test_questions_are_sorted_by_what_they_mean(aprendiz: Aprendiz, examples: Path, tmp_path: Path) -> None:
    """In other words and another language than the examples; what is about something else is left."""
    (tmp_path / "q.txt").write_text("A que horas a loja abre?\nQuanto custa o contrato anual?\nWho won the World Cup in 1998?\n")
    lines = aprendiz("classify", tmp_path / "q.txt", "--examples", examples, "--json").lines

    assert [line["category"] for line in lines] == ["hours", "prices", None]
    assert set(lines[0]) == {"question", "category", "nearest", "confidence"}
    assert lines[2]["confidence"] < 0.5 < lines[0]["confidence"]


def test_people_read_category_and_confidence(worded: Aprendiz, examples: Path, questions: Path) -> None:
    """With how many there are of each, and how the sorting was chosen."""
    ran = worded("classify", questions, "--examples", examples)

    assert "When does the shop open on weekdays? hours" in " ".join(ran.out.split())
    assert f"{UNRELATED} unsure (" in " ".join(ran.out.split())
    assert "Sorted by the " in ran.out
    assert "Of the 6 examples the others sort" in ran.out
    assert "Expected" not in ran.out


def test_a_check_shows_what_is_taken_for_what(worded: Aprendiz, examples: Path, questions: Path) -> None:
    """A row for each category with its accuracy, and for programs the same as the last line."""
    ran = worded("classify", questions, "--examples", examples, "--check")
    *lines, last = worded("classify", questions, "--examples", examples, "--check", "--json").lines

    assert [" ".join(line.split()) for line in ran.out.splitlines() if line.startswith(("1 ", "2 "))][:2] == [
        "1 hours 1 · · 100%",
        "2 prices · 1 1 50%",
    ]
    assert "2 of 3 right (67%), 1 left as unsure." in ran.out
    assert [line["expected"] for line in lines] == ["hours", "prices", "prices"]
    assert last["check"]["accuracy"] == pytest.approx(2 / 3)
    assert last["check"]["categories"][1] == {
        "category": "prices",
        "questions": 2,
        "right": 1,
        "unsure": 1,
        "accuracy": 0.5,
        "taken_for": {"prices": 1},
    }
    assert last["check"]["left_one_out"] is False


def test_examples_are_checked_with_each_other(worded: Aprendiz, examples: Path) -> None:
    """Before anything is sorted, an operator sees whether the examples tell the categories apart."""
    (line,) = worded("classify", "--examples", examples, "--check", "--json").lines
    ran = worded("classify", "--examples", examples, "--check")

    assert (line["check"]["left_one_out"], line["check"]["questions"]) == (True, 6)
    assert "of 6 right" in ran.out
    assert "Confidence" not in ran.out


def test_without_a_file_it_sorts_what_an_audience_asked(worded: Aprendiz, shelf: Path, examples: Path) -> None:
    """Newest first; what employees asked is not the customers' to see."""
    lines = worded("classify", "--examples", examples, "--audience", "customers", "--limit", "2", "--json").lines
    everything = worded("classify", "--examples", examples, "--audience", "customers", "--json")

    assert [line["question"] for line in lines] == ["Is there a discount?", "When does your shop open?"]
    assert len(everything.lines) == 3
    assert "Finance" not in everything.out


def test_a_batch_gives_a_line_for_a_line(worded: Aprendiz, examples: Path, tmp_path: Path) -> None:
    """In order and complete, whatever a line holds."""
    (tmp_path / "in.jsonl").write_text('"When does the shop open?"\n{"text": 1}\n{"question": "How much does a contract cost?"}\n" "\n')
    first, second, third, blank = worded("classify", "--batch", tmp_path / "in.jsonl", "--examples", examples).lines

    assert (first["category"], third["category"]) == ("hours", "prices")
    assert list(second) == ["error"]
    assert blank == {"error": "Please write your question in words."}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (EXAMPLES + "Where?,place\n", "bad.csv, line 8: the category 'place' has one example only: give it another"),
        ("question,category\nWhere?,place\nWhere is it?,place\n", "only the category 'place' among the examples"),
        ("question,category\nWhere?,\n", 'line 2: the "category" of the question is missing'),
        ("", "holds no question"),
    ],
)
def test_bad_examples_are_one_sentence(aprendiz: Aprendiz, tmp_path: Path, content: str, problem: str) -> None:
    """What is wrong, and what to do, before anything is loaded."""
    (tmp_path / "bad.csv").write_text(content)
    ran = aprendiz("classify", "--examples", tmp_path / "bad.csv", "--check")

    assert ran.code == 1
    assert problem in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("bad.csv", "question,category\nOnde?,local\n", "há só a categoria 'local' entre os exemplos: dê alguns exemplos"),
        ("bad.csv", EXAMPLES + "Onde?,local\n", "bad.csv, linha 8: a categoria 'local' tem só um exemplo: dê outro"),
        ("bad.csv", "question,category\nOnde?,\n", 'linha 2: falta "category" da pergunta'),
        ("bad.csv", f"question,category\n{'a' * 131_073},b\n", "linha 2: uma célula tem mais de 131072 caracteres"),
        ("bad.csv", "", "bad.csv não contém nenhuma pergunta"),
        ("bad.jsonl", "[]\n", 'precisa ser um objeto JSON, como {"question": "…", "category": "…"}'),
        ("bad.csv", "\0\1\2", "bad.csv: "),
    ],
)
def test_bad_examples_are_told_in_portuguese(
    aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, problem: str
) -> None:
    """Who works with Portuguese texts reads what is wrong with them in Portuguese."""
    monkeypatch.setenv("APRENDIZ_LANGUAGE", "pt_BR")
    (tmp_path / name).write_text(content)
    ran = aprendiz("classify", "--examples", tmp_path / name, "--check")

    assert ran.code == 1
    assert problem in ran.err


def test_a_category_without_an_example_is_named(aprendiz: Aprendiz, examples: Path, tmp_path: Path) -> None:
    """A typing mistake in a label must not count as a mistake of the sorting."""
    (tmp_path / "q.csv").write_text("question,category\nWhen?,horus\n")
    ran = aprendiz("classify", tmp_path / "q.csv", "--examples", examples, "--check")

    assert (ran.code, ran.err) == (1, f"{tmp_path / 'q.csv'}, line 2: {examples} has no example of 'horus': add some\n")


def test_wrong_usage_is_named(aprendiz: Aprendiz, examples: Path, questions: Path) -> None:
    """Examples are needed, and a batch stands alone."""
    assert aprendiz("classify", questions).code == 2
    assert aprendiz("classify", "--examples", examples, "--batch", questions, "--check").code == 2
    assert aprendiz("classify", questions, "--examples", examples, "--minimum", "1.5").code == 2
    assert aprendiz("classify", questions, "--examples", examples, "--minimum", "nan").code == 2


def test_nothing_asked_is_a_refusal(aprendiz: Aprendiz, examples: Path) -> None:
    """A new home has no questions yet; and hardly anybody asks as all, which is a kind of material."""
    everybody = aprendiz("classify", "--examples", examples, "--audience", "all")

    assert aprendiz("classify", "--examples", examples).err == "Nothing was asked yet.\n"
    assert everybody.err == "Nothing was asked as all: name --audience employees or --audience customers.\n"


def test_a_category_called_unsure_is_counted_apart(worded: Aprendiz, tmp_path: Path) -> None:
    """What nobody could sort is no member of it."""
    (tmp_path / "e.csv").write_text(EXAMPLES.replace(",prices", ",unsure"))
    (tmp_path / "q.txt").write_text(f"How much does a contract cost?\nIs there a discount for a contract?\n{UNRELATED}\n")
    lines = worded("classify", tmp_path / "q.txt", "--examples", tmp_path / "e.csv").out.splitlines()

    assert [" ".join(line.split()) for line in lines if line.split()[1:] in (["1"], ["2"])] == ["unsure 2", "(unsure) 1"]


def test_a_pasted_mail_does_not_fill_the_screen(worded: Aprendiz, examples: Path, tmp_path: Path) -> None:
    """Its beginning tells which one it is; programs get all of it."""
    mail = "When does the shop open on weekdays? " + "Yesterday I stood before a closed door and waited. " * 60
    (tmp_path / "q.txt").write_text(f"{mail}\n")
    shown = worded("classify", tmp_path / "q.txt", "--examples", examples).out

    assert " …" in shown
    assert len(shown) < 1500
    assert worded("classify", tmp_path / "q.txt", "--examples", examples, "--json").json["question"] == mail.strip()


def test_many_categories_are_compared_line_by_line(worded: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix of so many columns is wider than a terminal; what counts is what is taken for what."""
    names = [f"Departamento {number} da empresa" for number in range(30)]
    rows = [
        f"dúvida comum da equipe {number % 7} caso {number * 3 + each},{name}" for number, name in enumerate(names) for each in range(3)
    ]
    (tmp_path / "e.csv").write_text("\n".join(["pergunta,categoria", *rows]))
    monkeypatch.setattr("adapters.cli.output._UNFOLDED", 80)
    lines = worded("classify", "--examples", tmp_path / "e.csv", "--check", "--minimum", "0").out.splitlines()

    assert lines[0].split() == ["Expected", "Questions", "Unsure", "Accuracy"]
    assert any(line.startswith("Departamento ") and " → Departamento " in line and line.endswith((": 1", ": 2", ": 3")) for line in lines)
    assert all(len(line) <= 80 for line in lines if "Departamento" in line)
