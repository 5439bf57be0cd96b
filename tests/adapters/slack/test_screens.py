"""
docs/slack-screens.md shows the exact blocks that the code gives, and Slack takes each of them.

`python -m tests.adapters.slack.test_screens` writes the page anew.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from slack_sdk.models.blocks import Block as SdkBlock

from adapters.chat import consent_question, consent_thanks, privacy_choice
from adapters.slack.asking import ANSWERED, COMING, UNREACHED, USAGE, NotAPersons, NotThere
from adapters.slack.blocks import Block, body, footer
from adapters.slack.consent import consent_blocks, privacy_blocks
from adapters.slack.files import FileOutOfReach, FilesNotRead, FileTooLarge, TooManyFiles
from adapters.slack.home import Linked, home_view
from adapters.slack.prompts import suggested
from adapters.slack.reasons import NO_LONGER_DOWN, notice_view, reason_view
from adapters.slack.roots import root_text
from bot.exchanges import Asked
from bot.messages import Answer, Place, Source
from bot.texts import translate
from tests.adapters.slack.test_blocks import HOSTILE
from tests.fakes.slack_blocks import are_blocks, problem_of_view, texts_of
from tests.fakes.slack_rules import pings_in

PAGE = Path(__file__).parents[3] / "docs" / "slack-screens.md"
EXCHANGE = "01JB0000000000000000000000"
ASKED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANSWER = Answer(
    EXCHANGE,
    "Replace the filter every **six months**.",
    "verified",
    (Source("Filters", "https://example.com/filters", "p1", 0.9), Source("Upkeep", "upkeep.pdf", "p2", 0.7)),
    0.9,
    "",
    {},
    approved_at=ASKED_AT,
)
RECENT = (
    Linked(
        Asked(EXCHANGE, "When is the filter replaced?", "generated", ASKED_AT, Place("slack", "mention", "slack:T1:C1:1.0"), "up"),
        "https://acme.slack.com/archives/C1/p1",
    ),
    Linked(Asked(EXCHANGE, "And the <pump>?", "quoted", ASKED_AT, Place("slack", "slash_command", "slack:T1:ask:1.2")), ""),
    Linked(
        Asked(
            EXCHANGE, "How long do I keep receipts?", "generated", ASKED_AT, Place("slack", "thread", "slack:T1:C1:1.3"), "down", fixed_in=3
        ),
        "",
    ),
)

_INTRODUCTION = """# What Slack shows

Every surface with the exact blocks, in English; people whose Slack speaks Portuguese get the same in Portuguese. The page is written by
`python -m tests.adapters.slack.test_screens` and a test keeps it equal to the code. `01JB0000000000000000000000` stands for an exchange.
"""


def messages(locale: str) -> dict[str, tuple[str, list[Block]]]:
    """Return each message of ours: title -> what it is, its blocks."""
    return {
        "An answer": (
            "Posted or streamed into the thread of the question: the text in parts of at most 11,000 characters, and beneath the last part "
            "what kind of answer it is, its sources, what to see also and the two buttons. 👍 and 👎 reactions count as the buttons do.",
            [*body(ANSWER.text), *footer(ANSWER, locale)],
        ),
        "The question about consent": (
            "Seen by the asker alone, beneath their first answer, once. Either button puts "
            f"“{consent_thanks(locale, granted=True)}” or “{consent_thanks(locale, granted=False)}” in its place.",
            consent_blocks(locale),
        ),
        "/privacy": (
            "Seen by whoever gives the command. Who has allowed sees only the button that withdraws, who has not only the one that allows.",
            privacy_blocks(locale, "unasked", "consent"),
        ),
    }


def views(locale: str) -> dict[str, tuple[str, Block]]:
    """Return each window of ours: title -> what it is, the view."""
    return {
        "Why was it bad?": (
            "Opens after a press of 👎, when the vote is stored already: whoever closes it loses nothing.",
            reason_view(locale, EXCHANGE),
        ),
        "A vote that is no longer down": (
            "Takes the form's place where the vote was changed before the form was sent; nothing is stored.",
            notice_view(locale, translate(locale, NO_LONGER_DOWN)),
        ),
        "App Home": (
            "The ten newest questions with the person's vote and a link to the answer, and what they decided about consent. Each reader's "
            "Slack writes the dates.",
            home_view(locale, RECENT, "granted", "consent"),
        ),
    }


def texts(locale: str) -> dict[str, str]:
    """Return what is said in plain sentences: when -> the words."""
    return {
        "`/ask` with a question, seen by the asker alone": translate(locale, COMING),
        "`/ask` alone": translate(locale, USAGE, command="/ask"),
        "`/ask` of somebody who takes no direct messages from apps": translate(locale, UNREACHED),
        "The message in the person's direct messages under which `/ask` is answered": root_text("When is the filter replaced?"),
        "“Answer this” on a message that was answered, seen by whoever chose it": translate(locale, ANSWERED),
        "“Answer this” where we are no member": translate(locale, NotThere.user_text),
        "“Answer this” on a bot's message or one of Slack's own": translate(locale, NotAPersons.user_text),
        "Files beyond the limit, seen by the asker alone as all about files": translate(locale, TooManyFiles.user_text, count=5),
        "Files where the operator reads none": translate(locale, FilesNotRead.user_text),
        "A file over the limit": translate(locale, FileTooLarge.user_text, name="plan.pdf", limit=1024),
        "A file that Slack does not give us": translate(locale, FileOutOfReach.user_text, name="plan.pdf"),
    }


def document() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for title, (text, blocks) in messages("en").items():
        parts.append(f"## {title}\n{text}\n\n{_code(blocks)}")
    for title, (text, view) in views("en").items():
        parts.append(f"## {title}\n{text}\n\n{_code(view)}")
    prompts = suggested("en", ())
    parts.append(
        "## Suggested prompts\nIn the agent view where nothing was asked yet; `[assistant] prompts` takes their place. `/ask` and "
        f"mentions need none.\n\n{_code(prompts)}"
    )
    rows = "\n".join(f"| {when} | {words} |" for when, words in texts("en").items())
    parts.append(f"## In one sentence\n| when | words |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def _code(shown: Any) -> str:
    return f"```json\n{json.dumps(shown, ensure_ascii=False, indent=2)}\n```\n"


def test_the_page_shows_what_the_code_gives() -> None:
    """A description of screens that has drifted from them is worse than none."""
    assert PAGE.read_text(encoding="utf-8") == document(), "write it anew: python -m tests.adapters.slack.test_screens"


@pytest.mark.parametrize("locale", ["en", "pt-BR"])
def test_slack_takes_every_message(locale: str) -> None:
    """In both languages: a translation may be longer than what a button holds."""
    for _, blocks in messages(locale).values():
        assert are_blocks(blocks)
        for block in blocks:
            parsed = SdkBlock.parse(block)
            assert parsed is not None
            parsed.validate_json()


@pytest.mark.parametrize("locale", ["en", "pt-BR"])
def test_slack_takes_every_view(locale: str) -> None:
    """By the documented rules and by the SDK's own classes."""
    for _, view in views(locale).values():
        assert problem_of_view(view) == ""
        for block in view["blocks"]:
            parsed = SdkBlock.parse(block)
            assert parsed is not None
            parsed.validate_json()


@pytest.mark.parametrize("locale", ["en", "pt-BR"])
def test_no_text_of_ours_is_cut(locale: str) -> None:
    """What Slack limits is cut to fit; our own words fit without."""
    shown = json.dumps([messages(locale), views(locale), suggested(locale, ())], ensure_ascii=False)

    assert "…" not in shown
    assert consent_question(locale).text in shown
    assert json.dumps(privacy_choice(locale, "unasked", "consent").text, ensure_ascii=False)[1:-1] in shown


@given(HOSTILE)
def test_nothing_a_person_asked_notifies_anyone(words: list[str]) -> None:
    """A question is shown again, in App Home and under `/ask`: it must mention nobody and disguise no link there."""
    question = "".join(words)
    asked = Asked(EXCHANGE, question, "generated", ASKED_AT, Place("slack", "mention", "slack:T1:C1:1.0"))
    links = ("", "https://acme.slack.com/archives/C1/p1?thread_ts=1&cid=C1")
    view = home_view("en", [Linked(asked, link) for link in links], "unasked", "consent")

    assert problem_of_view(view) == ""
    assert pings_in(root_text(question), *(text for block in view["blocks"] for text in texts_of(block))) == []


def test_app_home_tells_which_version_fixed_an_answer() -> None:
    """Who voted down is told what came of it."""
    view = json.dumps(home_view("en", RECENT, "granted", "consent"), ensure_ascii=False)

    assert view.count("fixed in version") == 1
    assert "How long do I keep receipts? 👎 · ✅ fixed in version 3" in view


def test_app_home_holds_ten_endless_questions() -> None:
    """Escaping lengthens a text: the view must fit what Slack takes all the same."""
    asked = Asked(EXCHANGE, "&" * 8_000, "generated", ASKED_AT, Place("slack", "mention", "slack:T1:C1:1.0"), "down")

    assert problem_of_view(home_view("en", [Linked(asked, "https://acme.slack.com/" + "a" * 900)] * 10, "refused", "consent")) == ""


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
