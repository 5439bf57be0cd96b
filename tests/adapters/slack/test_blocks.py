"""Answers as Block Kit: within Slack's limits, rated by their exchange, harmless whatever the model wrote."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block, ContextActionsBlock, FeedbackButtonsElement, MarkdownBlock

from adapters.slack.blocks import PART_CHARACTERS, body, escape, footer, harmless, metadata, notification, settled
from bot.messages import Answer, Source
from tests.fakes.slack_rules import check_blocks, check_metadata, pings_in

ENDLESS = tuple(Source(f"{'&' * 300}{number}", f"https://example.com/{number}?{'&' * 200}", "p", 0.5) for number in range(40))
HOSTILE = st.lists(st.sampled_from(["<", "!", "channel", "@U1", "#C1", "here>", ">", "|", "https://a.b", " ", "a", "date^1"]), max_size=30)


def answer(*sources: Source) -> Answer:
    return Answer("0" * 20, "text", "verified", sources, 1.0, "m", {}, approved_at=datetime(2026, 1, 2, tzinfo=UTC))


def test_the_blocks_are_what_the_sdk_and_slack_accept() -> None:
    """Plain dictionaries are quick; that they are right is for the SDK's own classes, and Slack's limits, to say."""
    blocks = [*body("x" * PART_CHARACTERS), *footer(answer(*ENDLESS), "pt-BR")]

    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
        assert parsed.to_dict() == block
    assert isinstance(Block.parse(blocks[0]), MarkdownBlock)
    actions = Block.parse(blocks[-1])
    assert isinstance(actions, ContextActionsBlock)
    assert isinstance(actions.elements[0], FeedbackButtonsElement)
    check_blocks(blocks)
    check_metadata(metadata("0" * 20, 1))


def test_the_footer_names_kind_and_sources_and_carries_the_exchange() -> None:
    """A vote must find its exchange by the button alone, after any restart; sources must be checkable."""
    context, actions = footer(answer(Source("A|b <x>", "https://example.com/a", "p", 1.0), Source("T", "t.md", "p", 1.0)), "en")

    assert [element["text"] for element in context["elements"]] == [
        "*Approved by an expert on Jan 2, 2026*",
        "Sources: <https://example.com/a|A¦b &lt;x&gt;> · T (t.md)",
    ]
    buttons = actions["elements"][0]
    assert (buttons["positive_button"]["value"], buttons["negative_button"]["value"]) == (f"up:{'0' * 20}", f"down:{'0' * 20}")
    assert [block["type"] for block in footer(Answer("E", "t", "generated", (), 0, "m", {}), "en")] == ["context_actions"]


def test_the_day_of_a_source_stands_behind_its_link() -> None:
    """It is no part of the name that is opened."""
    sources = Source("Rates", "https://example.com/a", "p", 1.0, dated="2024-02-10"), Source("T", "t.md", "p", 1.0, dated="2026-01-02")
    context, _ = footer(answer(*sources), "en")

    assert context["elements"][1]["text"] == "Sources: <https://example.com/a|Rates> (as of Feb 10, 2024) · T (t.md) (as of Jan 2, 2026)"


def test_nothing_stands_beneath_a_courtesy() -> None:
    """Nobody is asked whether "you are welcome" was a good answer."""
    assert footer(Answer("E", "You are welcome!", "courtesy", (), 0, "", {}), "en") == []


def test_what_to_see_also_takes_no_room_from_the_sources() -> None:
    """Slack refuses the whole message for one character too many."""
    other = Source("Travel", "https://example.com/travel", "p", 1.0)
    context, _ = footer(replace(answer(Source("T", "t.md", "p", 1.0)), see_also=(other,)), "en")
    full, *_ = footer(replace(answer(*ENDLESS), see_also=(other,)), "en")

    assert [each["text"] for each in context["elements"][1:]] == ["Sources: T (t.md)", "See also: <https://example.com/travel|Travel>"]
    assert sum(len(each["text"]) for each in full["elements"][1:]) <= 1_900


@pytest.mark.parametrize("name", ["A*B Desk", "_Ana_", "Legal ~ HR", "`ops`"])
def test_a_name_with_markup_is_shown_as_it_is(name: str) -> None:
    """An asterisk in a name would end the bold line in its middle, and mrkdwn has no way to write one."""
    context, _ = footer(replace(answer(), approved_by=name), "en")

    assert context["elements"] == [{"type": "plain_text", "text": f"Approved by {name} on Jan 2, 2026", "emoji": False}]
    check_blocks([context])


def test_the_question_that_is_answered_is_harmless() -> None:
    """An expert corrects what anybody asked: their words are a stranger's."""
    context, _ = footer(replace(answer(), answered_question="<!channel> When is it due?"), "en")

    assert context["elements"][1]["text"] == "Written for the question: &lt;!channel&gt; When is it due?"
    assert pings_in(context["elements"][1]["text"]) == []


@given(HOSTILE)
def test_nothing_a_model_writes_notifies_anyone(words: list[str]) -> None:
    """Model output is a stranger's text: no mention, no disguised link may survive in it; and nothing else may change."""
    text = "".join(words)

    assert pings_in(harmless(text)) == []
    assert harmless(text).replace("\u200b", "") == text
    assert "<" not in escape(text)
    assert pings_in(notification(text)) == []


@given(HOSTILE, st.lists(st.integers(0, 100)))
def test_what_is_shown_piece_by_piece_is_the_whole(words: list[str], cuts: list[int]) -> None:
    """What was streamed cannot be taken back: wherever the pieces are cut, each is a beginning of the harmless whole."""
    text = "".join(words)

    assert all(harmless(text).startswith(settled(text[:cut])) for cut in cuts)
    assert all(settled(text[: cut + 1]).startswith(settled(text[:cut])) for cut in cuts)


def test_plain_code_is_left_alone() -> None:
    """HTML, generics and comparisons are what technical answers are made of."""
    code = "```\n<!DOCTYPE html>\n<!-- note -->\nList<String> a = b < c && d > e;\n```\nSee <https://example.com>."

    assert harmless(code) == code
    assert settled(code + " <br") == code + " "


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ("C0HELP", "<#C0HELP>"),
        ("https://example.com/a?b&c", "<https://example.com/a?b&amp;c>"),
        ("help@example.com", "<mailto:help@example.com|help@example.com>"),
    ],
)
def test_a_person_is_named_as_slack_links_them(to: str, shown: str) -> None:
    """The operator's channel is a mention; what a model writes never is."""
    declined = Answer("0" * 20, "text", "declined", (Source("T", "t.md", "p", 0.1),), 0.1, "", {}, hand_off=to)
    blocks = footer(declined, "en")

    assert [element["text"] for element in blocks[0]["elements"]] == ["Closest sources: T (t.md)", f"A person can help: {shown}"]
    check_blocks(blocks)
