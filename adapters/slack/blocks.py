"""Answers as Slack shows them: Block Kit, mrkdwn and Markdown. Pure translation; nothing a model wrote is trusted."""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from adapters.delivery import Footnote, SourceLink, is_address, person_line, rating_labels, sources_line
from bot.messages import Answer

# Plain JSON: the SDK's classes check every attribute at every call, which costs a tenth of an answer; tests hold these against them.
Block: TypeAlias = dict[str, Any]

# A markdown block holds 12,000 characters (https://docs.slack.dev/reference/block-kit/blocks/markdown-block), and all blocks of a message
# fail together near 13,200; the sources and buttons beneath need the rest.
PART_CHARACTERS: Final = 11_000
RATING_ACTION: Final = "aprendiz_rating"
CONSENT_ACTION: Final = "aprendiz_consent"
PRIVACY_ACTION: Final = "aprendiz_privacy"
REASON_VIEW: Final = "aprendiz_reason"
ANSWER_SHORTCUT: Final = "aprendiz_answer_this"
EVENT_TYPE: Final = "aprendiz_answer"

# https://docs.slack.dev/reference/block-kit/blocks/section-block, …/block-elements/button-element, …/composition-objects/option-object
SECTION_CHARACTERS: Final = 3_000
BUTTON_CHARACTERS: Final = 75

_NOTIFICATION_CHARACTERS = 1_000
_TEXT_CHARACTERS = 2_000  # of a text object
_SOURCES_CHARACTERS = 1_900
_TITLE_CHARACTERS = 80
_URL_CHARACTERS = 300
_INVISIBLE = "\u200b"  # zero-width space: breaks Slack's syntax and is not seen, in code too, where an entity would be

# What Slack reads as a mention or as a link in disguise: <!here>, <!subteam^S1>, <!date^…>, <@U1>, <#C1>, <https://address|label>.
_PING = re.compile(r"<(?=!(?:channel|here|everyone|subteam|date)|@\w|#\w|[^\s<>|]{1,300}\|)", re.IGNORECASE)
_MARKUP = re.compile(r"[*_~`]")
_UNDECIDED = re.compile(r"<[^\s<>|]{0,300}\Z")


def escape(text: str) -> str:
    """Return *text* for mrkdwn (https://docs.slack.dev/messaging/formatting-message-text#escaping)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def harmless(markdown: str) -> str:
    """Return *markdown* so that it mentions nobody and disguises no link when Slack renders it."""
    return _PING.sub(f"<{_INVISIBLE}", markdown)


def settled(text: str) -> str:
    """
    Return the harmless form of as much of *text* as no further character can change.

    A mention may arrive in two pieces (`<!chan`, `nel>`), each harmless alone: its beginning is held back.
    """
    undecided = _UNDECIDED.search(text)
    return harmless(text[: undecided.start()] if undecided else text)


def notification(markdown: str) -> str:
    """Return what phones and screen readers get in place of the blocks."""
    return escape(markdown[:_NOTIFICATION_CHARACTERS])


def body(markdown: str) -> list[Block]:
    """Return the text of a message, already harmless, as a block."""
    return [{"type": "markdown", "text": markdown}]


def footer(answer: Answer, locale: str) -> list[Block]:
    """Return what stands beneath *answer*: what kind it is, its sources, the rating buttons; nothing beneath a courtesy."""
    note = sources_line(locale, answer)
    lines = [_bold(note.label)] if note.label else []
    lines += [_mrkdwn(escape(note.question))] if note.question else []
    lines += [_mrkdwn(line) for line in _listed(note)]
    if note.person:
        lines.append(_mrkdwn(person_line(locale, _whom(note.person))))
    context = {"type": "context", "elements": lines}
    rating = () if answer.kind == "courtesy" else (_rating(answer.exchange_id, locale),)
    return [*([context] if lines else []), *rating]


def cut(text: str, limit: int) -> str:
    """Return *text* in at most *limit* characters; an ellipsis stands for what is left out."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def one_line(text: str, limit: int) -> str:
    """Return *text* as a single line of at most *limit* characters, which escaping may lengthen, for mrkdwn."""
    return escape(cut(" ".join(text.split()), limit))


def plain_text(text: str, limit: int) -> Block:
    """Return a text object in which nothing is markup (https://docs.slack.dev/reference/block-kit/composition-objects/text-object)."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def section(mrkdwn: str) -> Block:
    """Return a paragraph of *mrkdwn*, escaped already; Slack makes no links and mentions of its own in it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(mrkdwn, SECTION_CHARACTERS), "verbatim": True}}


def button(action: str, value: str, text: str, *, primary: bool = False) -> Block:
    """Return a button; its action's id ends in its *value*, because Slack refuses two alike in one block."""
    style = {"style": "primary"} if primary else {}
    return {"type": "button", "action_id": f"{action}:{value}", "value": value, "text": plain_text(text, BUTTON_CHARACTERS), **style}


def decision(text: str, *buttons: Block) -> list[Block]:
    """Return a text of our own with *buttons* beneath it."""
    return [section(escape(text)), {"type": "actions", "elements": list(buttons)}]


def metadata(exchange_id: str, part: int) -> dict[str, Any]:
    """Return what marks a message as part *part* of an answer, invisibly, so that it is found again after a crash."""
    return {"event_type": EVENT_TYPE, "event_payload": {"exchange_id": exchange_id, "part": part}}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def _bold(text: str) -> Block:
    """Return *text* as a bold line; plain where it holds what mrkdwn reads as markup, for which that has no escape."""
    return plain_text(text, _TEXT_CHARACTERS) if _MARKUP.search(text) else _mrkdwn(f"*{escape(text)}*")


def _listed(note: Footnote) -> list[str]:
    """Return the sources and what to see also, a line each; of the latter as many as still fit one text object with the sources."""
    lines = [_line(note.heading, note.sources, _SOURCES_CHARACTERS)] if note.sources else []
    room = _SOURCES_CHARACTERS - sum(map(len, lines))
    also = _line(note.also_heading, note.also, room) if note.also else ""
    return [*lines, also] if 0 < len(also) <= room else lines


def _line(heading: str, sources: Sequence[SourceLink], room: int) -> str:
    """Return the first of *sources*, and as many others as there is *room* for, in characters."""
    first, *others = (_source(source) for source in sources)
    line = f"{escape(heading)}: {first}"
    for source in others:
        if len(line) + len(source) > room:
            break
        line = f"{line} · {source}"
    return line


def _source(source: SourceLink) -> str:
    shown, url = escape(" ".join(source.title.split())[:_TITLE_CHARACTERS]), source.url
    linked = f"<{escape(url)}|{shown.replace('|', '¦')}>" if url and len(url) <= _URL_CHARACTERS else shown
    return f"{linked}{escape(source.day)}"


def _whom(to: str) -> str:
    """Return the operator's hand-off as a link or a channel; it comes from the settings, never from a model."""
    if not is_address(to):
        return f"<#{to}>"
    return f"<{escape(to)}>" if "://" in to else f"<mailto:{escape(to)}|{escape(to)}>"


def _rating(exchange_id: str, locale: str) -> Block:
    good, bad = rating_labels(locale)
    buttons = {
        "type": "feedback_buttons",
        "action_id": RATING_ACTION,
        "positive_button": {"text": {"type": "plain_text", "text": good}, "value": f"up:{exchange_id}"},
        "negative_button": {"text": {"type": "plain_text", "text": bad}, "value": f"down:{exchange_id}"},
    }
    # No block_id: Slack gives a new one, as every update of a message needs.
    return {"type": "context_actions", "elements": [buttons]}
