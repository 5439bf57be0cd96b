"""Exports read back: everything comes back whole, and whatever is wrong is named by file and line."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured, Refused
from finetune.export_reading import read_export
from tests.finetune.exporting import example, exported, passage, turn, write_export

WHOLE = replace(
    example("Quanto custa o plano?", "R$ 1.200,50 por mês.\u2028Sem taxa.", language="pt", corrected=True, down=2, up=0),
    history=turn("Oi", "Olá!"),
    passages=(passage("O plano custa R$ 1.200,50.", heading="Preços"), passage("Atendemos das 8h às 18h.")),
    cluster="",
    split="",
)


def test_an_example_comes_back_as_it_was_exported(tmp_path: Path) -> None:
    """Training rests on exactly what was asked, shown and answered."""
    whole = replace(WHOLE, passages=tuple(replace(each, audience=WHOLE.audience) for each in WHOLE.passages))
    path = write_export(tmp_path, [exported(whole), exported(replace(whole, exchange_id="e2", system=""))])
    export = read_export(tmp_path)

    assert export.path == path
    assert export.examples == (whole, replace(whole, exchange_id="e2", line=2, system=""))
    assert len(export.manifest_sha256) == 64


def test_an_answer_approved_unasked_is_an_expert_s(tmp_path: Path) -> None:
    """Nobody is told what became of it, for nobody asked; it stands as a correction does."""
    row = exported(replace(WHOLE, corrected=False))
    row["metadata"] |= {"exchange_id": "", "approved_id": "A1", "kind": "verified"}
    write_export(tmp_path, [row])
    (found,) = read_export(tmp_path).examples

    assert (found.exchange_id, found.is_exchange, found.corrected, found.is_imported) == ("approved:A1", False, True, False)


def test_texts_of_many_rows_are_kept_once(tmp_path: Path) -> None:
    """Ten thousand rows share a system text and a few hundred passages; memory must not grow with the copies."""
    write_export(tmp_path, [exported(WHOLE), exported(WHOLE)])
    first, second = read_export(tmp_path).examples

    assert first.system is second.system
    assert first.passages[0] is second.passages[0]
    assert first.history[0].content is second.history[0].content


def test_an_older_export_gives_its_question_without_passages(tmp_path: Path) -> None:
    """Before passages stood in the metadata, the prompt alone told what was asked."""
    write_export(tmp_path, [exported(WHOLE, with_question=False)])
    (found,) = read_export(tmp_path).examples

    assert (found.question, found.passages) == (WHOLE.question, ())


def test_the_newest_manifest_counts(tmp_path: Path) -> None:
    """Exports may lie in folders of their own."""
    write_export(tmp_path, [exported(example("old?"))])
    write_export(tmp_path / "later", [exported(example("new?"))])
    os.utime(tmp_path / "manifest.json", (1, 1))

    assert read_export(tmp_path).examples[0].question == "new?"


def test_no_export_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    """The first round on a new home."""
    with pytest.raises(Refused, match=r"holds no export .*aprendiz export --out"):
        read_export(tmp_path)


def test_rows_that_changed_since_are_refused(tmp_path: Path) -> None:
    """A version's lineage names a manifest; its rows must be those."""
    path = write_export(tmp_path, [exported(WHOLE)])
    path.write_bytes(path.read_bytes().replace(b"taxa", b"juro"))

    with pytest.raises(Refused, match=r"not the file that manifest\.json names"):
        read_export(tmp_path)


def test_missing_rows_are_named(tmp_path: Path) -> None:
    """Someone cleaned up."""
    path = write_export(tmp_path, [exported(WHOLE)])
    path.unlink()

    with pytest.raises(Misconfigured, match=rf"{path.name} cannot be read \(No such file"):
        read_export(tmp_path)


@pytest.mark.parametrize("manifest", ["{", "[]", "{}", '{"file": "../x", "sha256": "0"}', '{"file": "x"}', '{"file": 1, "sha256": "0"}'])
def test_a_manifest_that_names_nothing_is_refused(tmp_path: Path, manifest: str) -> None:
    """Nor may it point elsewhere."""
    (tmp_path / "manifest.json").write_text(manifest)

    with pytest.raises(Refused, match=r"manifest\.json (is no JSON|names no file beside it)"):
        read_export(tmp_path)


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda row: row["metadata"].pop(key)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda row: row.pop("messages"), '"messages"'),
        (lambda row: row.pop("metadata"), '"metadata"'),
        (lambda row: row["messages"].clear(), '"messages"'),
        (lambda row: row["messages"].pop(), "not questions and answers in turn"),
        (lambda row: row["messages"].__delitem__(slice(1, None)), "not questions and answers in turn"),
        (lambda row: row["messages"][0].update(role="tool"), "no role that is known"),
        (lambda row: row["messages"][0].update(content=None), '"content" is no text'),
        (lambda row: row["messages"].__setitem__(0, "Hi"), "no role that is known"),
        (_without("exchange_id"), '"exchange_id" is no text'),
        (_without("up"), '"up" is no number'),
        (lambda row: row["metadata"].update(audience="everyone"), '"audience" is none of employees, customers, all'),
        (lambda row: row["metadata"].update(kind="guessed"), '"kind" is none of'),
        (lambda row: row["metadata"].update(passages=["text"]), "a passage is no object"),
        (lambda row: row["metadata"]["passages"][0].pop("text"), '"text" is no text'),
        (lambda row: row["metadata"].update(passages=3), '"passages" is no list'),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, spoil: Callable[[dict[str, Any]], None], problem: str) -> None:
    """A whole round must not fail on a KeyError."""
    row = exported(WHOLE)
    spoil(row)
    path = write_export(tmp_path, [exported(WHOLE), row])

    with pytest.raises(Refused) as refused:
        read_export(tmp_path)
    assert f"{path}, line 2: " in str(refused.value)
    assert problem in str(refused.value)


@pytest.mark.parametrize("line", ["{", "[]", "", b"\xff\xfe"])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str | bytes) -> None:
    """A torn write, or another file under that name."""
    write_export(tmp_path, [line])

    with pytest.raises(Refused, match="line 1: "):
        read_export(tmp_path)
