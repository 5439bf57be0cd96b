"""`aprendiz export`: a rated answer becomes a training row."""

import json
from pathlib import Path

from tests.adapters.cli.conftest import QUESTION, Aprendiz


def test_an_up_voted_answer_is_exported(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """The point of it all: the question, as the model saw it, and the answer that was liked."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    aprendiz("conversations", "rate", listed["exchange_id"], "up")
    report = aprendiz("export", "--out", tmp_path / "rows", "--json").json

    (row,) = [json.loads(line) for line in Path(report["path"]).read_text().splitlines()]
    assert report["rows"] == 1
    assert row["messages"][-1] == {"role": "assistant", "content": listed["answer"]}
    assert QUESTION in row["messages"][-2]["content"]
    assert Path(report["manifest"]).parent == tmp_path / "rows"


def test_what_is_left_out_is_explained(asked: Path, aprendiz: Aprendiz) -> None:
    """No rows without a reason would look like a fault."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    ran = aprendiz("export", "--explain")
    explained = aprendiz("export", "--explain", "--json").json

    assert ran.out.startswith("0 rows: ")
    assert listed["exchange_id"] in ran.out
    assert str(asked / "exports") in ran.out
    assert sum(explained["refusals"].values()) == 1
    assert [listed["exchange_id"]] in list(explained["examples"].values())


def test_an_empty_ledger_exports_no_rows(aprendiz: Aprendiz) -> None:
    """The scheduled job meets this on its first night."""
    ran = aprendiz("export")

    assert ran.code == 0
    assert ran.out.startswith("0 rows.")
