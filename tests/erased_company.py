"""A company in which several people asked, rated, corrected and trained; and a raw search of all files for what one of them left."""

import asyncio
import gzip
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import update

from adapters.compose import Services
from adapters.rounds import rounds_on
from bot.identifiers import new_id
from bot.messages import Answer, Incoming, Place
from bot.ratings import Correction, Rating
from finetune.rounds import Outcome
from store.attachments import Attachments
from store.schema import exchanges
from tests.adapters.composing import GUIDE, written
from tests.adapters.round_home import ANSWER, questions, recipe_of

PEOPLE: Final = ("ana", "bea", "caio")
KINDS: Final = ("code", "thread", "file", "comment", "private", "open", "name")


def user_of(person: str) -> str:
    """Return the person's id on the platform."""
    return f"UZQ{person.upper()}77"


def token(person: str, kind: str) -> str:
    """Return a word that nobody else says."""
    return f"zqx{person}{kind}"


def tokens(person: str) -> tuple[str, ...]:
    """Return all words that only that person says, their id and the channel of their direct messages among them."""
    return (*(token(person, kind) for kind in KINDS), user_of(person), f"DZQ{person.upper()}")


@dataclass(slots=True)
class Traffic:
    """Asks through the engine, as the platforms' adapters do."""

    services: Services
    folder: Path

    async def run(self) -> None:
        """Let everybody do everything once, export, and train a round."""
        await self.services.knowledge.add([await written(self.folder / "guide.md", GUIDE)], audience="employees", max_file_mb=1)
        asked: dict[str, list[str]] = {person: [] for person in PEOPLE}
        for number, question in enumerate(questions()):
            person = PEOPLE[number % len(PEOPLE)]
            asked[person].append(await self.asked(person, f"{question[:-1]} by the {token(person, 'code')}{number}?"))
        rated = await self.asked("dora", "How often is the air filter replaced?")
        for number, person in enumerate(PEOPLE):
            await self._everything(person, beside=PEOPLE[(number + 1) % len(PEOPLE)], rates=rated)
        for ids in asked.values():
            for exchange_id in ids:
                await self._correct(exchange_id)
        await self.drain()
        await self.services.exporter.export(self.services.export_directory)

    async def train(self) -> Outcome:
        """Run a round on what was corrected."""
        rounds = await rounds_on(self.services)
        recipe = await asyncio.to_thread(recipe_of, self.folder)
        return await rounds.run("employees", recipe, report=lambda _step, _done, _total: None)

    async def drain(self) -> None:
        """Carry all that waits into the index."""
        while await self.services.outbox.drain():
            pass

    async def asked(self, person: str, text: str, *, place: Place | None = None, file: str = "", answered: bool = True) -> str:
        """Ask, read the answer, and return the exchange's id."""
        engine, now = self.services.engine, datetime.now(UTC)
        where = place or Place("slack", "mention", f"slack:{new_id(now)}", "T1", "C1")
        name = f"Dr. {token(person, 'name')}"
        question = await engine.accept(
            Incoming(
                f"{text} Signed {name}",
                user_of(person),
                where,
                (f"slack:{where.channel}:{user_of(person)}:{new_id(now)}",),
                now,
                names=(name,),
                address=json.dumps({"user": user_of(person)}),
                message_ref=new_id(now),
            )
        )
        assert question is not None
        if answered:
            attachments = Attachments(self.services.redactor, self.services.pseudonyms, 100)
            files = await attachments.read("notes.txt", file.encode()) if file else ()
            async with aclosing(engine.answer(question, attachments=files)) as events:
                assert any([isinstance(event, Answer) async for event in events])
        return question.exchange_id

    async def _everything(self, person: str, *, beside: str, rates: str) -> None:
        now = datetime.now(UTC)
        thread = Place("slack", "thread", f"slack:T1:C2:{person}", "T1", "C2")
        begun = await self.asked(person, f"Where is the {token(person, 'thread')} kept?", place=thread)
        followed = await self.asked(beside, "And who may take it from there?", place=thread)
        await self._retell(followed, person)
        for exchange_id in (begun, followed):
            await self._rate(beside, exchange_id)
        filed = await self.asked(
            person, "What do my notes say?", file=f"The notes of {token(person, 'file')} say that it rains on the shed."
        )
        await self._rate(beside, filed)
        direct = Place("slack", "direct_message", f"slack:T1:DZQ{person.upper()}:{new_id(now)}", "T1", f"DZQ{person.upper()}", private=True)
        await self._correct(await self.asked(person, f"May the {token(person, 'private')} be sold?", place=direct))
        await self.asked(person, f"Is the {token(person, 'open')} open?", answered=False)
        await self._rate(person, rates, comment=f"They of {token(person, 'comment')} know better.")
        await self.services.feedback.set_consent("slack", user_of(person), granted=True)

    async def _retell(self, exchange_id: str, person: str) -> None:
        """Let an answer to somebody else say what only *person* can have told the model: a tiny one says nothing sensible of its own."""
        said = f"Whoever keeps the {token(person, 'thread')} may take it."
        change = update(exchanges).where(exchanges.c.exchange_id == exchange_id).values(answer=said)
        await self.services.database.write(lambda connection: connection.execute(change))

    async def _rate(self, person: str, exchange_id: str, comment: str = "") -> None:
        value, reason = ("down", "other") if comment else ("up", "")
        rating = Rating(exchange_id, user_of(person), "slack", value, "button", datetime.now(UTC), reason, comment)  # type: ignore[arg-type]
        await self.services.feedback.rate(rating)

    async def _correct(self, exchange_id: str) -> None:
        await self._rate("expert", exchange_id, comment="No.")
        await self.services.feedback.correct(Correction(exchange_id, ANSWER, "UEXPERT", "slack", datetime.now(UTC)))


def found_under(home: Path, words: Sequence[str]) -> dict[str, set[str]]:
    """Return in which files under *home* each of *words* can be read: as it is, in UTF-16, compressed, or in a database's rows."""
    found: dict[str, set[str]] = {word: set() for word in words}
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        for content in _contents(path):
            lowered = content.lower()
            for word in words:
                forms = {word.lower().encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
                if any(form in lowered for form in forms):
                    found[word].add(str(path.relative_to(home)))
    return {word: places for word, places in found.items() if places}


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    with suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(content)
    with suppress(zlib.error):
        yield zlib.decompress(content)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if content.startswith(b"SQLite format 3"):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        with suppress(sqlite3.Error):  # of a virtual table whose module is not here
            yield "\n".join(connection.iterdump()).encode()
        connection.close()
