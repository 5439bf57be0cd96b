"""The book of answers: whole lines, found by content, whatever a kill left behind."""

from pathlib import Path

from finetune.asking import AnswerBook, Spoken, key_of


def test_answers_are_found_again(tmp_path: Path) -> None:
    """By what was asked, in another process too."""
    AnswerBook(tmp_path).keep(Spoken("k", "Óleo ISO 68.", 5), name="v1", arm="passages")

    assert AnswerBook(tmp_path).find("k") == Spoken("k", "Óleo ISO 68.", 5)
    assert AnswerBook(tmp_path).find("other") is None


def test_a_line_that_was_cut_off_is_passed_over_and_ended(tmp_path: Path) -> None:
    """What follows it must stay readable."""
    AnswerBook(tmp_path).keep(Spoken("k1"), name="v1", arm="passages")
    path = tmp_path / "answers-v1-passages.jsonl"
    path.write_bytes(path.read_bytes() + b'{"key": "k2", "te')
    AnswerBook(tmp_path).keep(Spoken("k3"), name="v1", arm="passages")
    book = AnswerBook(tmp_path)

    assert [book.find(key) is not None for key in ("k1", "k2", "k3")] == [True, False, True]


def test_names_become_file_names(tmp_path: Path) -> None:
    """A path given as a contender must not lead out of the folder."""
    AnswerBook(tmp_path).keep(Spoken("k"), name="../other/v1.gguf", arm="alone")

    assert [path.name for path in tmp_path.iterdir()] == ["answers-.._other_v1.gguf-alone.jsonl"]


def test_earlier_evaluations_are_read_too(tmp_path: Path) -> None:
    """However deep their folders lie."""
    AnswerBook(tmp_path / "rounds" / "r1" / "evaluation").keep(Spoken("k"), name="base", arm="alone")

    assert AnswerBook(tmp_path / "new", earlier=(tmp_path / "rounds",)).find("k") is not None


def test_the_key_is_all_that_was_asked() -> None:
    """Another limit, penalty or file is another question."""
    assert key_of(("a", ""), [["user", "x"]], 48, 1.1) != key_of(("a", ""), [["user", "x"]], 49, 1.1)
