"""What a format can hold comes back from it: as a row, and through a file of every kind."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.formats.adapting import adapt
from finetune.formats.format import Format
from finetune.formats.reading import read_records
from finetune.formats.records import Record
from finetune.formats.registry import FORMATS, detect
from finetune.formats.strict_json import parse
from finetune.formats.writing import written
from tests.finetune.formats.made import any_record, records_of

formats = pytest.mark.parametrize("chosen", FORMATS.values(), ids=FORMATS.keys())


@formats
@given(data=st.data())
def test_a_row_gives_back_its_record(chosen: Format, data: st.DataObject) -> None:
    """Nothing is lost that the format holds, and the format is known by its row."""
    record = data.draw(records_of(chosen))
    row = json.loads(json.dumps(chosen.write(record)))
    told = detect([row])

    assert chosen.read(row) == record
    assert told is not None
    assert told.read(row) == record
    assert adapt(record, chosen).records == (record,)
    assert not adapt(record, chosen).losses


@formats
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv"])
@settings(max_examples=25, deadline=None)  # the disk may be busy
@given(data=st.data())
def test_a_file_gives_back_its_records(tmp_path_factory: pytest.TempPathFactory, chosen: Format, suffix: str, data: st.DataObject) -> None:
    """With line breaks, quotes, separators and byte order marks in the texts."""
    records = data.draw(st.lists(records_of(chosen), min_size=1, max_size=4))
    path = tmp_path_factory.mktemp("rows") / f"rows{suffix}"
    with written(path, chosen) as write:
        for record in records:
            write(record)

    assert list(read_records(path, chosen)) == records


@formats
@given(record=any_record, last=st.booleans())
def test_whatever_is_adapted_fits(chosen: Format, record: Record, last: bool) -> None:
    """Any record ends in rows that the format gives back as they are, or is left out with one reason."""
    adapted = adapt(record, chosen, turns="last" if last else "out")

    assert [chosen.read(json.loads(json.dumps(chosen.write(each)))) for each in adapted.records] == list(adapted.records)
    assert adapted.records or len(adapted.losses) == 1
    if adapted.records and not adapted.losses:
        assert adapted.records == (record,)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_strict_json_reads_what_json_writes(value: object) -> None:
    """Escaped or not."""
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False)) == value


def test_a_file_of_no_rows_is_an_empty_array(tmp_path: Path) -> None:
    """And is read as one."""
    path = tmp_path / "rows.json"
    with written(path, FORMATS["text"]):
        pass

    assert json.loads(path.read_text()) == []
    assert list(read_records(path, FORMATS["text"])) == []
