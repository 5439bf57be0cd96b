"""An answer as Discord's messages: parts, the note beneath, buttons. Nothing here waits."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, cast

import discord
from discord.utils import escape_markdown, escape_mentions

from adapters.delivery import is_address, person_line, rating_labels, sources_line, split_text
from adapters.discord.tables import without_tables
from bot.messages import Answer, RatingValue
from bot.texts import translate

LIMIT: Final = 2000  # characters of a message: https://docs.discord.com/developers/resources/message#create-message
MOST_PARTS: Final = 8  # more messages would flood a channel
FILE_NAME: Final = "answer.md"
_TITLE_LIMIT: Final = 150
_ROUND: Final = str.maketrans("[]", "()")  # brackets of a title would end its link and begin another
_RATING: Final = re.compile(r"aprendiz:(?P<value>up|down):(?P<exchange_id>\w{1,64})")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer; the last one of a whole answer carries the rating buttons, and `file` where the text became a file."""

    content: str
    rated: bool = False
    file: str = ""

    def attachment(self) -> discord.File:
        """Return the file anew: an upload reads it to its end."""
        return discord.File(io.BytesIO(self.file.encode()), FILE_NAME)


def waiting_part(ahead: int, locale: str) -> Part:
    """Return what is shown of an answer that others are before."""
    return Part(f"-# {translate(locale, '{ahead} before you', ahead=ahead)}")


def running_parts(text: str) -> tuple[Part, ...]:
    """Return what to show of an answer that is still being written; what is too long for messages waits for its end."""
    return tuple(Part(content) for content in split_text(_readable(text), LIMIT)[: MOST_PARTS - 1])


def failed_parts(text: str, sentence: str, locale: str, *, files: bool = True) -> tuple[Part, ...]:
    """Return what was shown of an answer, then the sentence that says why it ended; see `final_parts`."""
    contents = split_text(_readable(f"{text}\n\n{sentence}" if text.strip() else sentence), LIMIT)
    if len(contents) <= MOST_PARTS or not files:
        return tuple(map(Part, contents))
    return _with_file(contents, text, sentence, locale)


def final_parts(answer: Answer, locale: str, *, files: bool = True) -> tuple[Part, ...]:
    """
    Return the whole answer with the note beneath it and the buttons on its last part; nobody rates a courtesy.

    An answer of too many messages is a file, after its beginning; without *files* it is as many messages as it takes.
    """
    contents = split_text(_readable(answer.text), LIMIT)
    note = footnote(answer, locale)
    if len(contents) > MOST_PARTS and files:
        *earlier, last = _with_file(contents, answer.text, note, locale)
    else:
        together = f"{contents[-1]}\n{note}" if note else contents[-1]
        contents = [*contents[:-1], together] if len(together) <= LIMIT else [*contents, note]
        *earlier, last = map(Part, contents)
    return (*earlier, replace(last, rated=answer.kind != "courtesy"))


def _with_file(contents: Sequence[str], text: str, note: str, locale: str) -> tuple[Part, ...]:
    said = translate(locale, "This answer is too long for messages; all of it is in the file {name}.", name=FILE_NAME)
    end = f"{said}\n{note}".strip()
    last = (Part(end, file=text),) if len(end) <= LIMIT else (Part(said, file=text), Part(note))
    return (*map(Part, contents[: MOST_PARTS - 1]), *last)


def footnote(answer: Answer, locale: str) -> str:
    """Return kind and sources as small print, one line each; sources that no longer fit one message are left out."""
    note = sources_line(locale, answer)
    person = person_line(locale, _whom(note.person)) if note.person else ""
    sources, also = ([f"{_link(each.title, each.url)}{each.day}" for each in some] for some in (note.sources, note.also))
    lines = [_plain(note.label), _plain(note.question), person, note.heading, *sources, note.also_heading, *also]
    shown: list[str] = []
    for line in (f"-# {line}" for line in lines if line):
        if len("\n".join((*shown, line))) > LIMIT:
            break
        shown.append(line)
    return "\n".join(shown)


def nonce(exchange_id: str, part: int) -> str:
    """Return what makes posting a part idempotent: Discord gives back the existing message for some minutes (25 characters)."""
    return f"{exchange_id}-{part}"


class RatingButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=_RATING):
    """A vote on an answer: what it stands for is in its id, so that it works for messages of an earlier process."""

    def __init__(self, value: RatingValue, exchange_id: str, *, label: str | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.secondary,
                emoji="👍" if value == "up" else "👎",
                label=label,
                custom_id=f"aprendiz:{value}:{exchange_id}",
            )
        )
        self.value = value
        self.exchange_id = exchange_id

    @classmethod
    async def from_custom_id(cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: Any, /) -> Self:
        """See discord.py: makes the button anew from its id."""
        return cls(cast(RatingValue, match["value"]), match["exchange_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the vote to the client as the event `vote`."""
        interaction.client.dispatch("vote", interaction, self.exchange_id, self.value)


def rating_view(exchange_id: str, locale: str) -> discord.ui.View:
    """Return the two rating buttons of an answer."""
    good, bad = rating_labels(locale)
    return (
        discord.ui.View(timeout=None)
        .add_item(RatingButton("up", exchange_id, label=good))
        .add_item(RatingButton("down", exchange_id, label=bad))
    )


def exchange_rated(message: discord.Message) -> str | None:
    """Return the exchange that a message's rating buttons are for, None where it has none."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    ids = (child.custom_id or "" for row in rows for child in row.children)
    return next((match["exchange_id"] for each in ids if (match := _RATING.fullmatch(each))), None)


def _whom(to: str) -> str:
    """Return the operator's hand-off as a link or a channel; it comes from the settings, never from a model."""
    if not is_address(to):
        return f"<#{to}>"
    return f"<{to}>" if "://" in to else escape_markdown(to)


def _readable(markdown: str) -> str:
    """Return *markdown* so that it mentions nobody, and that Discord shows all of it."""
    return escape_mentions(without_tables(markdown))


def _plain(text: str) -> str:
    """Return *text* so that nothing in it is markup or a mention."""
    return escape_markdown(escape_mentions(text))


def _link(title: str, url: str) -> str:
    shown = _plain(" ".join(title.split())[:_TITLE_LIMIT].translate(_ROUND))
    return f"[{shown}](<{url}>)" if url else shown  # in angle brackets, an address gets no preview
