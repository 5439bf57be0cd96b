"""`aprendiz similar`: what is said more than once, and to whom it may be shown."""

import asyncio
from pathlib import Path

import pytest

from adapters.compose import open_records
from bot.settings import read_settings
from tests.adapters.cli.conftest import SECRET, SHELF, Aprendiz
from tests.store.ledger_rows import answer


def test_people_read_what_is_said_twice_and_where(shelf: Path, worded: Aprendiz) -> None:
    """Enough to decide which document goes."""
    ran = worded("similar")

    assert ran.code == 0
    assert "discounts-old.md 100% discounts.md (100%)" in " ".join(ran.out.split())
    assert "2 say the same (0.9" in ran.out
    assert "  0.92  discounts.md\n        Finance may grant" in ran.out
    assert "Texts compared: 4; groups of near-duplicates: 1; documents that are said elsewhere: 1." in ran.out


def test_programs_read_the_same_as_json(shelf: Path, aprendiz: Aprendiz) -> None:
    """Scripts are written against these names."""
    found = aprendiz("similar", "--json").json

    assert (found["audience"], found["threshold"], found["texts"], found["groups_found"]) == ("employees", 0.9, 4, 1)
    assert found["documents"] == [{"source": "discounts-old.md", "share": 1.0, "others": [{"source": "discounts.md", "share": 1.0}]}]
    assert [group["kind"] for group in found["groups"]] == ["same"]
    first, second = found["groups"][0]["members"]
    assert set(first) == {"id", "source", "title", "heading", "row", "page", "text", "similarity", "words", "numbers"}
    assert {first["source"], second["source"]} == {"discounts.md", "discounts-old.md"}
    assert 0.9 <= first["similarity"] == second["similarity"] < 1
    assert first["words"] < 1


def test_what_is_for_employees_does_not_show_for_others(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Neither in groups, nor to whoever asks with the very words."""
    (tmp_path / "in.jsonl").write_text(f'{{"text": "{SECRET}"}}\n"The shop is open from nine to six on weekdays!"\n')
    grouped = worded("similar", "--audience", "customers", "--threshold", "0.5", "--json")
    secret, public = worded("similar", "--audience", "customers", "--threshold", "0.5", "--batch", tmp_path / "in.jsonl").lines

    assert grouped.json["texts"] == 2
    assert "forty" not in grouped.out
    assert {hit["source"] for hit in secret["hits"]} <= {"prices.md", "hours.md"}
    assert [(hit["source"], hit["score"] > 0.9) for hit in public["hits"]] == [("hours.md", True)]


def test_questions_that_are_asked_again_are_grouped(shelf: Path, worded: Aprendiz) -> None:
    """Of the audience that was asked for alone."""
    found = worded("similar", "--questions", "--audience", "customers", "--threshold", "0.8", "--json").json

    assert found["texts"] == 3
    assert [{member["text"] for member in group["members"]} for group in found["groups"]] == [
        {"When does the shop open?", "When does your shop open?"}
    ]
    assert found["documents"] == []


def test_files_are_compared_without_an_import(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Two files of one name are two documents, and what cannot be read is named."""
    for folder, text in (("a", SECRET), ("b", f"{SECRET}\n\n{'Lunch is served at noon in the canteen downstairs. ' * 5}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.md").write_text(text)
    (tmp_path / "b" / "empty.md").write_text("")
    ran = worded("similar", tmp_path / "a" / "one.md", tmp_path / "b", "--json")

    assert [each["source"] for each in ran.json["documents"]] == [str(tmp_path / "a" / "one.md")]
    assert "empty.md: it is empty" in ran.err
    assert worded("knowledge", "list", "--json").out == ""


def test_a_long_list_is_cut_and_says_so(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """A footer on every page must not push all else out of sight."""
    for number in range(12):
        (tmp_path / f"{number}.md").write_text("Copyright of the Tauarim group.")
    (tmp_path / "x.csv").write_text("question,answer\nWhere?,At the desk.\nWhere,At the desk.\n")
    ran = worded("similar", "--limit", "1", *(tmp_path / f"{number}.md" for number in range(12)), tmp_path / "x.csv")

    assert "12 say the same (1.00)" in ran.out
    assert "… and 2 more" in ran.out
    assert "Groups shown: 1 of 2; --limit shows more." in ran.out
    assert "desk" not in ran.out


def test_a_word_without_an_end_is_shown_by_its_beginning(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """A pasted link or table of dots would otherwise be an ellipsis alone, which tells nobody which text it is."""
    link = "https://intranet.tauarim.example/?pasta=" + "a" * 300
    for name in ("um.txt", "dois.txt"):
        (tmp_path / name).write_text(link)

    assert f"\n        {link[:238]} …\n" in worded("similar", tmp_path / "um.txt", tmp_path / "dois.txt").out


def test_numbers_are_told_only_where_they_tell_texts_apart(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """What says the same with a number in words is no contradiction to look into; another number is."""
    (tmp_path / "troca.md").write_text("A loja troca o produto em até quinze dias depois da compra.\n")
    (tmp_path / "trocas.md").write_text("A loja troca o produto em até 15 dias depois da compra.\n")
    (tmp_path / "antes.md").write_text("A loja troca o produto em até 30 dias depois da compra.\n")

    def told(*names: str) -> list[tuple[str, list[list[str]]]]:
        found = worded("similar", *(tmp_path / name for name in names), "--threshold", "0.7", "--json").json
        return [(group["kind"], sorted(member["numbers"] for member in group["members"])) for group in found["groups"]]

    assert told("troca.md", "trocas.md") == [("same", [[], []])]
    assert told("trocas.md", "antes.md") == [("numbers", [["15"], ["30"]])]


def test_a_title_that_is_the_files_name_is_no_subject(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Copies are saved under other names, which say nothing of what they are about; a title that somebody wrote does."""
    text = "Guarde a nota fiscal e leve o produto ao balcão da loja."
    (tmp_path / "devolução de tintas.txt").write_text(text)
    (tmp_path / "devolução de ferramentas.txt").write_text(text)
    (tmp_path / "a.md").write_text(f"---\ntitle: Devolução de tintas\n---\n\n{text}\n")
    (tmp_path / "b.md").write_text(f"---\ntitle: Devolução de ferramentas\n---\n\n{text}\n")

    def kinds(suffix: str) -> list[str]:
        return [group["kind"] for group in worded("similar", *sorted(tmp_path.glob(f"*{suffix}")), "--json").json["groups"]]

    assert kinds(".txt") == ["same"]
    assert kinds(".md") == ["words"]


def test_two_sources_that_are_shown_alike_are_told_apart(home: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """The path says which of them can go."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hours.md").write_text(SHELF["all"]["hours.md"])
    asyncio.run(add_all(home, tmp_path / "a", tmp_path / "b"))
    found = worded("similar", "--json").json

    assert [each["source"] for each in found["documents"]] == [str(tmp_path / folder / "hours.md") for folder in "ab"]


async def add_all(home: Path, *folders: Path) -> None:
    """Import folders without an index."""
    async with open_records(await asyncio.to_thread(read_settings, home=home)) as records:
        await records.knowledge.add(folders, audience="employees", max_file_mb=1)


def test_nothing_to_compare_is_a_refusal(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """One sentence each, with what to do."""
    (tmp_path / "empty.md").write_text("")

    assert aprendiz("similar").err == "There are no documents for employees yet: aprendiz knowledge add PATH…\n"
    assert aprendiz("similar", "--questions").err == "Nothing was asked yet.\n"
    assert aprendiz("similar", tmp_path / "empty.md").err.endswith("None of these documents could be read.\n")
    assert [aprendiz("similar", *each).code for each in ((), ("--questions",), (tmp_path / "empty.md",))] == [1, 1, 1]


def test_an_audience_that_asked_nothing_is_told_who_did(home: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """That nothing was asked would be wrong: others did; and hardly anybody asks as all, which is a kind of material."""
    (tmp_path / "e.csv").write_text("question,category\nWhen?,a\nWhen is it?,a\nHow much?,b\nHow much is it?,b\n")
    everybody = "Nothing was asked as all: name --audience employees or --audience customers.\n"

    assert aprendiz("similar", "--questions", "--audience", "all").err == everybody
    assert aprendiz("classify", "--examples", tmp_path / "e.csv", "--audience", "all").err == everybody
    asyncio.run(ask_as_employee(home))
    for command in (("similar", "--questions"), ("classify", "--examples", tmp_path / "e.csv")):
        assert aprendiz(*command, "--audience", "customers").err == "Nothing was asked as customers: name --audience employees.\n"


async def ask_as_employee(home: Path) -> None:
    """Keep a question of an employee's."""
    async with open_records(await asyncio.to_thread(read_settings, home=home)) as records:
        await answer(records.database, "1" * 26, text="Where is the key?")


def test_wrong_usage_is_named(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """A threshold at which all is alike, two sources of text at once."""
    (tmp_path / "a.md").write_text("a")

    assert [
        aprendiz("similar", *each).code
        for each in (("--threshold", "0.2"), ("--limit", "0"), ("no-such-file",), (tmp_path / "a.md", "--questions"))
    ] == [2, 2, 2, 2]


@pytest.mark.parametrize("threshold", ["nan", "inf", "-inf", "-1", "0.49", "1.01", "0,9"])
def test_a_threshold_that_is_none_is_named(home: Path, aprendiz: Aprendiz, threshold: str) -> None:
    """NaN is within any limits by a comparison, and nothing is as similar as that."""
    ran = aprendiz("similar", "--threshold", threshold)

    assert ran.code == 2
    assert "Invalid value for '--threshold'" in ran.err
    assert not home.exists()
