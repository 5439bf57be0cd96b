"""Files of rows as people have them: every kind, broken in every way."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadRequest
from finetune.findings import Finding
from finetune.formats import elements as elements_module
from finetune.formats.reading import Row, format_of, read_records, read_rows
from finetune.formats.records import Conversation, Origin, Preference, Text, Thumb, Turn
from finetune.formats.registry import FORMATS

GOOD = b'{"text": "x"}'
LONG = 9 << 20  # bytes: beyond what a row may have


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def told(path: Path) -> list[tuple[int, Any]]:
    """Return the rows of *path* with their lines, a code in the place of each finding."""
    return [(each.line, each.code if isinstance(each, Finding) else each.value) for each in read_rows(path)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{broken", "json"),
        (b'{"text": NaN}', "not_a_number"),
        (b'{"text": -Infinity}', "not_a_number"),
        (b'{"text": 1e999}', "not_a_number"),
        (b'{"text": "a", "text": "b"}', "duplicate_key"),
        (b'{"text": {"a": 1, "b": 2, "a": 3}}', "duplicate_key"),
        (b'{"text": "\xe9"}', "encoding"),
        (b'{"text": "\\ud83d"}', "surrogate"),
        (b"[" * 100_000, "json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "json"),
        (b'{"text": "' + b"a" * LONG + b'"}', "row_too_long"),
        (b"\xef\xbb\xbf" + GOOD, "json"),
        (GOOD + GOOD, "json"),
    ],
    ids=lambda value: ascii(value[:12]),
)
def test_a_broken_line_is_named_and_the_others_kept(tmp_path: Path, line: bytes, code: str) -> None:
    """Whatever is wrong with it."""
    path = write(tmp_path / "rows.jsonl", GOOD + b"\n\n" + line + b"\r\n" + GOOD)

    assert told(path) == [(1, {"text": "x"}), (3, code), (4, {"text": "x"})]


def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    """A hundred megabytes are passed over, not read."""
    import tracemalloc

    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"[" * (1 << 20))
        file.write(b"\n" + GOOD + b"\n")

    tracemalloc.start()
    found = told(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [(1, "row_too_long"), (2, {"text": "x"})]
    assert peak < 40 << 20


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path, suffix: str) -> None:
    """As Windows programs write it."""
    data = b"text\nx\n" if suffix == ".csv" else GOOD
    path = write(tmp_path / f"rows{suffix}", b"\xef\xbb\xbf" + data)

    assert [value for _, value in told(path)] == [{"text": "x"}]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_utf_16_is_said_once(tmp_path: Path, suffix: str) -> None:
    """Not once for every line."""
    path = write(tmp_path / f"rows{suffix}", "text\na\nb\nc\n".encode("utf-16"))

    assert told(path) == [(1, "encoding")]


def test_rows_of_an_array_are_named_by_their_lines(tmp_path: Path) -> None:
    """A broken one costs only itself."""
    path = write(tmp_path / "rows.json", b'\n[\n  {"text":\n "a"},\n {"text": },\n [1, ], {"text": "]}\\""}, 7\n]\n')

    assert told(path) == [(3, {"text": "a"}), (5, "json"), (6, "json"), (6, {"text": ']}"'}), (6, 7)]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"[]", []),
        (b" \n ", []),
        (b'{"text": "a"}', [(1, {"text": "a"})]),
        (b'{"text": "a"}\n{"text":\n"b"}{"text": "c"}', [(1, {"text": "a"}), (2, {"text": "b"}), (3, {"text": "c"})]),
        (b'[{"text": "a"},\n]', [(1, {"text": "a"}), (2, "json")]),
        (b'[{"text": "a"},\n{"text": "b"', [(1, {"text": "a"}), (2, "cut_off")]),
        (b'[{"text": "a"},\n{"text": "b', [(1, {"text": "a"}), (2, "cut_off")]),
        (b'[{"text": "a"}', [(1, {"text": "a"}), (1, "json")]),
        (b'[{"text": "a"},\n', [(1, {"text": "a"}), (2, "json"), (2, "json")]),
        (b'[{"text": "a"}]\n]', [(1, {"text": "a"}), (2, "json")]),
        (b'[{"text": "a"}, , {"text": "b"}]', [(1, {"text": "a"}), (1, "json"), (1, {"text": "b"})]),
        (b'[{"text": ]}, {"text": "b"}]', [(1, "json"), (1, {"text": "b"})]),
        (b'[{"text": "' + b"a" * LONG + b'"},\n{"text": "b"}]', [(1, "row_too_long"), (2, {"text": "b"})]),
        (b'}{"text": "b"}', [(1, "json")]),
    ],
    ids=lambda value: ascii(value[:24]),
)
def test_json_files_end_in_many_ways(tmp_path: Path, data: bytes, found: list[Any]) -> None:
    """Empty, one value after the other, cut off, with too much."""
    assert told(write(tmp_path / "rows.json", data)) == found


@settings(deadline=None)  # the disk may be busy
@given(
    rows=st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text()), min_size=1), max_size=5),
    size=st.integers(1, 20),
    indent=st.none() | st.integers(0, 2),
)
def test_it_does_not_matter_where_chunks_end(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], size: int, indent: int | None
) -> None:
    """Between a backslash and its quote, within a character, in white space."""
    path = tmp_path_factory.mktemp("rows") / "rows.json"
    path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements_module, "_CHUNK_BYTES", size)
        assert [row.value for row in read_rows(path) if isinstance(row, Row)] == rows


def test_an_array_of_messages_is_one_conversation(tmp_path: Path) -> None:
    """As older guides show it; an array of such arrays is several."""
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    one = write(tmp_path / "one.json", json.dumps(messages).encode())
    two = write(tmp_path / "two.json", json.dumps([messages, messages]).encode())
    conversation = Conversation((Turn("user", "a"), Turn("assistant", "b")))

    assert format_of(one).name == format_of(two).name == "roles"
    assert list(read_records(one, FORMATS["roles"])) == [conversation]
    assert list(read_records(two, FORMATS["roles"])) == [conversation, conversation]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_stray_quote_costs_its_line_only(tmp_path: Path, separator: str) -> None:
    """The rows below it would else be swallowed."""
    lines = ["question,answer,id", 'a,"b\nc",1', 'd,"e,2', "f,g,3", 'h,"i" j,4', "k,l", ",,", 'm,5" pipe,6', '"n","o","7"']
    path = write(tmp_path / "rows.csv", "\n".join(lines).replace(",", separator).encode())
    found = told(path)

    assert found == [
        (2, {"question": "a", "answer": "b\nc", "id": "1"}),
        (4, "csv"),
        (5, {"question": "f", "answer": "g", "id": "3"}),
        (6, "csv"),
        (7, "columns"),
        (9, {"question": "m", "answer": '5" pipe', "id": "6"}),
        (10, {"question": "n", "answer": "o", "id": "7"}),
    ]


def test_a_quote_that_is_never_closed_is_found_at_the_end(tmp_path: Path) -> None:
    """And a line in another encoding within a row ends that row."""
    path = write(tmp_path / "rows.csv", b'question,answer\na,"b\n\xe9,c\nd,e\nf,"g')

    assert told(path) == [(2, "csv"), (3, "encoding"), (4, {"question": "d", "answer": "e"}), (5, "csv")]


def test_a_header_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    """Nobody could tell the columns apart."""
    assert told(write(tmp_path / "rows.csv", b"text,text\na,b\n")) == [(1, "duplicate_key")]


def test_columns_of_a_table_become_metadata(tmp_path: Path) -> None:
    """Those that the format does not know and that say something; thumbs as programs and people write them."""
    path = write(tmp_path / "rows.csv", b'prompt,completion,label,id,metadata\na,b,TRUE,7,\nc,d,0,,"{""k"": [1]}"\ne,f,maybe,8,\n')
    chosen = format_of(path)
    found = list(read_records(path, chosen))

    assert chosen.name == "thumbs"
    assert found[:2] == [Thumb((Turn("user", "a"),), "b", True, {"id": "7"}), Thumb((Turn("user", "c"),), "d", False, {"k": [1]})]
    assert isinstance(found[2], Finding)


def test_a_record_knows_where_it_was_read(tmp_path: Path) -> None:
    """The file's name and the line."""
    path = write(tmp_path / "rows.jsonl", b"\n" + GOOD)
    (record,) = read_records(path, FORMATS["text"])

    assert record == Text("x")
    assert isinstance(record, Text)
    assert record.origin == Origin("rows.jsonl", 2)


def test_the_format_is_that_of_most_rows(tmp_path: Path) -> None:
    """The others are findings."""
    path = write(tmp_path / "rows.jsonl", b'{"text": "a"}\n{"question": "b", "answer": "c"}\n{"text": "d"}\n')
    chosen = format_of(path)

    assert chosen.name == "text"
    assert [type(each) for each in read_records(path, chosen)] == [Text, Finding, Text]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("rows.jsonl", b'{"a": 1}', "no format that is known"),
        ("rows.jsonl", b"\n\n", "holds no row"),
        ("rows.xlsx", b"", "neither .jsonl nor .json nor .csv"),
        ("none/rows.jsonl", None, "cannot be read"),
    ],
)
def test_a_file_without_a_format_is_refused(tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
    """In a sentence that names the file."""
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(BadRequest, match=message):
        format_of(path)


def _read(name: str, row: Any) -> Any:
    return FORMATS[name].read(row)


def test_other_spellings_of_the_same(tmp_path: Path) -> None:
    """Alpaca's rows, ShareGPT's system key, TRL's preference without a prompt, collections of summaries."""
    turn = {"role": "user", "content": "q"}

    assert _read("instruction", {"instruction": "do", "input": "", "output": "o"}).messages == (Turn("user", "do"), Turn("assistant", "o"))
    assert _read("conversations", {"system": "s", "conversations": [{"from": "human", "value": "q"}]}).messages[0] == Turn("system", "s")
    assert _read("conversations", {"conversations": [turn]}).messages == (Turn("user", "q"),)
    assert _read(
        "preference-chat",
        {"chosen": [turn, {"role": "assistant", "content": "a"}], "rejected": [turn, {"role": "assistant", "content": "b"}]},
    ) == (Preference((Turn("user", "q"),), "a", "b"))
    assert _read("summary", {"article": "d", "summary": "s", "id": 1}).metadata == {"id": 1}
    assert _read("messages", {"messages": [turn | {"name": None}], "id": 1, "metadata": {"k": 2}}).metadata == {"id": 1, "k": 2}


def _bad_rows() -> Iterator[tuple[str, Any, str]]:
    user, answer = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
    yield "messages", [], "messages"
    yield "messages", {}, "messages"
    yield "messages", {"messages": []}, "messages"
    yield "messages", {"messages": ["q"]}, "role"
    yield "messages", {"messages": [{"role": "tool", "content": "q"}]}, "role"
    yield "messages", {"messages": [{"role": "user", "content": None}]}, "content"
    yield "messages", {"messages": [user | {"weight": 1}]}, "weight"
    yield "messages", {"messages": [answer | {"weight": 0.5}]}, "weight"
    yield "messages", {"messages": [answer | {"tool_calls": [1]}]}, "unknown_key"
    yield "messages", {"messages": [user], "a": 1, "metadata": {"a": 2}}, "duplicate_key"
    yield "roles", {"x": 1}, "format"
    yield "conversations", {"conversations": 1}, "messages"
    yield "conversations", {"conversations": [{"from": "cat", "value": "q"}]}, "role"
    yield "conversations", {"conversations": ["q"]}, "role"
    yield "conversations", {"conversations": [{"from": "gpt"}]}, "content"
    yield "conversations", {"conversations": [{"from": "gpt", "value": "a", "loss": 1}]}, "unknown_key"
    yield "prompt-completion", {"prompt": "q"}, "missing"
    yield "prompt-completion", {"completion": "q"}, "missing"
    yield "prompt-completion", {"prompt": 1, "completion": "a"}, "messages"
    yield "question-answer", {"question": "q", "answer": 1}, "value"
    yield "preference-openai", {"input": "q"}, "missing"
    yield "preference-openai", {"input": {"messages": [user], "tools": [1]}}, "value"
    yield (
        "preference-openai",
        {"input": {"messages": [user]}, "preferred_output": [answer, answer], "non_preferred_output": [answer]},
        "answers",
    )
    yield "preference-chat", {"chosen": [user], "rejected": [user]}, "missing"
    yield "preference-chat", {"chosen": [user, user], "rejected": [user, answer]}, "answers"
    yield "preference-chat", {"prompt": [user], "chosen": [user], "rejected": [answer]}, "answers"
    yield "thumbs", {"prompt": "q", "completion": "a"}, "missing"
    yield "thumbs", {"prompt": "q", "completion": "a", "label": "good"}, "value"


@pytest.mark.parametrize(("name", "row", "code"), [*_bad_rows()])
def test_a_row_of_another_shape_is_a_finding(name: str, row: Any, code: str, tmp_path: Path) -> None:
    """With a sentence that can be formatted."""
    path = write(tmp_path / "rows.jsonl", json.dumps(row).encode())
    (finding,) = read_records(path, FORMATS[name])

    assert isinstance(finding, Finding)
    assert (finding.line, finding.code) == (1, code)
    assert finding.sentence().startswith("line 1: ")
