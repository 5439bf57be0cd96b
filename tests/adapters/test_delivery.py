"""Splitting, pacing and the note beneath an answer: the laws that both chat platforms rely on."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.delivery import SMALLEST_LIMIT, Footnote, Pacer, SourceLink, person_line, rating_labels, sources_line, split_text
from bot.messages import Answer, AnswerKind, Source
from bot.texts import translate

LINES = st.one_of(
    st.text(alphabet="ab é\t👍", max_size=90),
    st.sampled_from(["```", "```python", "````", "~~~", "~~~ text", "   ```", "", "", "x" * 500, "word " * 60, "- item", "``` `"]),
)
TEXTS = st.lists(LINES, max_size=40).map("\n".join)
LIMITS = st.integers(SMALLEST_LIMIT, 600)


def open_fence(text: str) -> str | None:
    """Return the marker of the code block that *text* leaves open (an independent reading of CommonMark)."""
    marker: str | None = None
    for line in text.split("\n"):
        found = re.fullmatch(r"[ \t]*(`{3,8}|~{3,8})([^`]*)", line)
        if not found:
            continue
        if marker is None:
            marker = found[1]
        elif found[1].startswith(marker) and not found[2].strip():
            marker = None
    return marker


def bare(text: str) -> str:
    """Return *text* without fence lines and white space."""
    return "".join("".join(line.split()) for line in text.split("\n") if not re.fullmatch(r"[ \t]*(`{3,8}|~{3,8})[^`]*", line))


@given(TEXTS, LIMITS)
def test_split_keeps_limit_and_balance(text: str, limit: int) -> None:
    """A platform refuses longer or blank messages, and an open fence would swallow what follows it."""
    parts = split_text(text, limit)

    assert all(0 < len(part) <= limit and part.strip() for part in parts)
    assert all(open_fence(part) is None for part in parts)


@given(TEXTS, LIMITS)
def test_split_loses_nothing(text: str, limit: int) -> None:
    """Every word of an answer must reach the person, in order and once."""
    assert "".join(map(bare, split_text(text, limit))) == bare(text)


@given(st.text(alphabet="ab é.\n ", max_size=2000), LIMITS)
def test_split_without_code_joins_to_the_text(text: str, limit: int) -> None:
    """Where there is no code the parts are plain cuts: nothing is added, at most blank parts are left out."""
    joined = "".join(split_text(text, limit))

    assert "".join(joined.split()) == "".join(text.split())
    if not re.search(r"\s{100}", text):
        assert joined == text or joined == text.rstrip()


@given(st.text(max_size=SMALLEST_LIMIT // 2))
def test_short_text_stays_whole(text: str) -> None:
    """Most answers are one message, word for word."""
    if open_fence(text) is None:
        assert split_text(text, SMALLEST_LIMIT) == ([text] if text.strip() else [])


def test_split_prefers_paragraphs_then_lines_then_words() -> None:
    """A reader should meet a cut where the writer paused."""
    paragraph = "word " * 30
    lines = "\n".join(["a line of some words"] * 30)

    assert split_text(f"{paragraph}\n\n{paragraph}\n{paragraph}", 400)[0] == f"{paragraph}\n\n{paragraph}\n"
    assert split_text(f"{paragraph}\n\n{paragraph}x\n\n{paragraph}", 350)[0] == f"{paragraph}\n\n{paragraph}x\n\n"
    assert all(part.rstrip("\n").endswith("a line of some words") for part in split_text(lines, 200))
    assert all(part.endswith("word ") for part in split_text("word " * 200, 203))
    assert [len(part) for part in split_text("x" * 500, 200)] == [200, 200, 100]


def test_split_reopens_a_code_block_in_its_language() -> None:
    """The second half of a listing must be highlighted like the first."""
    code = "print('a line of code')\n" * 20

    parts = split_text(f"See:\n```python\n{code}```\nDone.", 300)

    assert len(parts) == 2
    assert parts[0].endswith("\n```")
    assert parts[1].startswith("```python\nprint(")
    assert parts[1].endswith("```\nDone.")


def test_an_unfinished_code_block_is_closed() -> None:
    """A model that stops in a listing must not turn the sources beneath it into code."""
    assert split_text("```\ncode", 200) == ["```\ncode\n```"]


def test_a_limit_without_room_for_repairs_is_a_mistake() -> None:
    """A limit too small for a fence could only be a programming error, and would never end."""
    with pytest.raises(ValueError, match="199"):
        split_text("text", SMALLEST_LIMIT - 1)


class Virtual:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@given(st.floats(0.01, 5), st.lists(st.floats(0, 10), min_size=1, max_size=12))
def test_turns_are_apart_and_in_order(interval_s: float, pauses: list[float]) -> None:
    """All answers of a workspace share one budget: together they must never exceed it, and none may be overtaken."""

    async def play() -> list[tuple[int, float]]:
        time = Virtual()
        pacer = Pacer(interval_s=interval_s, clock=time.clock, sleep=time.sleep)
        turns: list[tuple[int, float]] = []

        async def caller(number: int) -> None:
            await pacer.turn()
            turns.append((number, time.now))

        async with asyncio.TaskGroup() as group:
            for number, pause in enumerate(pauses):
                group.create_task(caller(number))
                await asyncio.sleep(0)
                time.now += pause
        return turns

    turns = asyncio.run(play())

    assert [number for number, _ in turns] == list(range(len(pauses)))
    moments = [moment for _, moment in turns]
    assert all(later - earlier >= interval_s * 0.999 for earlier, later in pairwise(moments))


async def test_try_turn_never_waits_nor_overtakes() -> None:
    """An answer under way may skip an edit, but must not push ahead of one that waits to finish."""
    time = Virtual()
    pacer = Pacer(interval_s=1, clock=time.clock, sleep=time.sleep)

    assert pacer.try_turn()
    assert not pacer.try_turn()
    time.now = 1.0
    assert pacer.try_turn()
    waiting = asyncio.create_task(pacer.turn())
    await asyncio.sleep(0)
    time.now = 3.0
    assert not pacer.try_turn()
    await waiting


async def test_hold_moves_even_a_waiting_turn() -> None:
    """After Retry-After nothing may be sent early, not even by those who already wait."""
    time = Virtual()
    pacer = Pacer(interval_s=1, clock=time.clock, sleep=time.sleep)
    await pacer.turn()
    waiting = asyncio.create_task(pacer.turn())
    await asyncio.sleep(0)

    pacer.hold(30)
    await waiting

    assert time.now >= 30


async def test_a_cancelled_turn_leaves_the_line() -> None:
    """A cancelled answer must not hold up the others."""
    pacer = Pacer(interval_s=30)
    await pacer.turn()
    waiting = asyncio.create_task(pacer.turn())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert not pacer.try_turn()
    assert Pacer(interval_s=0).try_turn()


def answer(kind: AnswerKind, *sources: tuple[str, str], approved_at: datetime | None = None) -> Answer:
    found = tuple(Source(title, source, "p", 0.9) for title, source in sources)
    return Answer("E1", "text", kind, found, 0.9, "model", {}, approved_at=approved_at)


def test_sources_are_named_once_and_linked_only_to_the_web() -> None:
    """People check answers by their sources; a source must never become a link that runs something."""
    note = sources_line(
        "en",
        answer(
            "generated",
            ("Handbook", "hr/leave.md"),
            ("Handbook", "hr/leave.md"),
            ("Site", "https://example.com/a"),
            ("Odd", "javascript:alert(1)"),
            ("Worse", "https://example.com/a|b>"),
            ("Broken", "http://[x"),
            ("", "faq.csv"),
            ("Approved answer", "Approved answer: When is lunch?"),
        ),
    )

    assert note == Footnote(
        "",
        "Sources",
        (
            SourceLink("Handbook (hr/leave.md)", ""),
            SourceLink("Site", "https://example.com/a"),
            SourceLink("Odd (javascript:alert(1))", ""),
            SourceLink("Worse (https://example.com/a|b>)", ""),
            SourceLink("Broken (http://[x)", ""),
            SourceLink("faq.csv", ""),
            SourceLink("Approved answer: When is lunch?", ""),
        ),
    )


def test_a_long_name_of_a_source_is_cut_off() -> None:
    """An approved question may be a whole letter, and a page's title a paragraph: the answer must not drown beneath them."""
    letter = "Approved answer: Como devolvo o aparelho? " + "Já liguei três vezes. " * 300
    title = "Manual " + "de instalação " * 40
    note = sources_line("en", answer("declined", ("Approved answer", letter), (title, "https://example.com/a"), (title, "m.pdf")))
    approved, page, document = (link.title for link in note.sources)

    assert max(len(approved), len(page)) <= 120
    assert approved.startswith("Approved answer: Como devolvo o aparelho?")
    assert approved.endswith("…")
    assert document == f"{page} (m.pdf)"


def test_what_to_see_also_stands_apart_from_the_sources() -> None:
    """The answer rests on the sources alone."""
    other = Source("Travel", "travel.md", "p", 0.5, link="https://example.com/travel")
    note = sources_line("en", replace(answer("generated", ("Leave", "leave.md")), see_also=(other,)))

    assert (note.heading, note.sources) == ("Sources", (SourceLink("Leave (leave.md)", ""),))
    assert (note.also_heading, note.also) == ("See also", (SourceLink("Travel", "https://example.com/travel"),))


@pytest.mark.parametrize(("locale", "said"), [("en", " (as of Feb 10, 2024)"), ("pt-BR", " (dados de 10 de fev. de 2024)")])
def test_a_source_is_shown_with_its_day(locale: str, said: str) -> None:
    """A price in an old leaflet looks like one of today; what the reader may read on in is perhaps newer."""
    old = Source("Leaflet", "leaflet.md", "p", 0.9, dated="2024-02-10")
    note = sources_line(locale, replace(answer("quoted"), sources=(old,), see_also=(replace(old, source="b.md", dated=""),)))

    assert [link.day for link in (*note.sources, *note.also)] == [said, ""]


def test_a_day_that_is_none_is_not_shown() -> None:
    """An export with the 31st of February, imported long ago, must not keep an answer from anybody."""
    odd = Source("Leaflet", "leaflet.md", "p", 0.9, dated="2024-02-31")

    assert [link.day for link in sources_line("en", replace(answer("quoted"), sources=(odd,))).sources] == [""]


def test_the_question_that_is_answered_stands_beneath_in_one_short_line() -> None:
    """It is compared with one's own at a glance, so it must not be a page."""
    asked = replace(answer("verified"), answered_question="When is\nthe filter due?")

    assert sources_line("en", asked).question == "Written for the question: When is the filter due?"
    assert len(sources_line("en", replace(asked, answered_question="why " * 500)).question) < 240
    assert sources_line("en", answer("verified")).question == ""


def test_a_question_without_a_gap_is_shown_by_its_beginning() -> None:
    """A pasted address would otherwise be an ellipsis alone, which nobody can compare with their own."""
    link = "https://intranet.tauarim.example/" + "a" * 300
    asked = replace(answer("verified"), answered_question=link)

    assert sources_line("en", asked).question == f"Written for the question: {link[:199]}…"


def test_the_label_says_what_kind_of_answer_it_is() -> None:
    """An approved answer and a quotation deserve another trust than generated text."""
    assert sources_line("en", answer("verified")).label == "Approved by an expert"
    named = replace(answer("verified", approved_at=datetime(2026, 3, 9, tzinfo=UTC)), approved_by="Ana Prado")
    assert sources_line("en", named).label == "Approved by Ana Prado on Mar 9, 2026"
    assert sources_line("en", replace(named, approved_by="0123456789abcdef" * 2)).label == "Approved by an expert on Mar 9, 2026"
    assert (
        sources_line("en", answer("verified", approved_at=datetime(2026, 3, 9, tzinfo=UTC))).label == "Approved by an expert on Mar 9, 2026"
    )
    assert sources_line("en", answer("quoted")).label == "Quoted word for word from the source"
    assert sources_line("en", answer("generated")) == Footnote("", "", ())
    assert sources_line("en", answer("declined")).label == ""
    assert rating_labels("en") == ("Good answer", "Bad answer")


def test_a_declined_answer_names_what_comes_closest_and_a_person() -> None:
    """Whoever does not get an answer is not left alone; an address of ours wins over a path."""
    source = Source("Leave", "hr/leave.md", "p", 0.2, link="https://example.com/leave#x")
    note = sources_line("pt-BR", Answer("E1", "text", "declined", (source,), 0.1, "", {}, hand_off="help@example.com"))

    assert note == Footnote(
        "", translate("pt-BR", "Closest sources"), (SourceLink("Leave", "https://example.com/leave#x"),), "help@example.com"
    )
    assert person_line("en", "there") == "A person can help: there"
