"""What was said, made a row: without boilerplate, checked, with what it is folded and clustered by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.placeholders import PLACEHOLDER
from finetune.formats.records import Conversation, Turn
from finetune.formats.strict_json import write
from finetune.importing.cleaning import Clean
from finetune.importing.items import UNLEARNT, Refusal
from finetune.row_checks import faults_in
from store.cleaning.boilerplate import Keys, taken
from store.cleaning.dialogue import Said, clean_dialogue, clean_text
from store.clusters import cluster_of
from store.folding import Prepared, prepare
from store.language import identify
from store.linking import Marks, marks_of

TEXT: Final = "text"
_DAMAGE: Final = "damaged"


@dataclass(frozen=True, slots=True)
class Options:
    """What every row is given: a system text, and the rights to its source; empty where there is none."""

    system: str = ""
    rights: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A row as a line of JSON; `question_id` are the first 32 bits of the id of its (first) question, of a text of its words."""

    line: str
    question_id: int
    category: str
    language: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A question to be compared with others: of the batch's row at that place, which begins with it or comes to it later."""

    row: int
    first: bool


@dataclass(slots=True)
class Batch:
    """What became of some items, in their order; rows apart have a place in `folds`, and their questions in `entries` and `marks`."""

    outcomes: list[Ready | Refusal] = field(default_factory=list)
    folds: Prepared = field(default_factory=lambda: Prepared((), (), ()))
    entries: list[Entry] = field(default_factory=list)
    marks: Marks = field(default_factory=lambda: marks_of(()))
    redacted: Counter[str] = field(default_factory=Counter)
    rows_redacted: int = 0
    cleaned: Counter[str] = field(default_factory=Counter)
    boilerplate: Counter[str] = field(default_factory=Counter)  # lines that were taken, with the number of their rows


@dataclass(slots=True)
class Preparing:
    """Makes rows of what was cleaned, in this process; `rights` are those to its source."""

    rights: str

    def prepare(self, cleaned: Sequence[Clean | Refusal], boilerplate: Keys) -> Batch:
        """Return what becomes of items, without lines of *boilerplate* around their texts; the same wherever it is done."""
        batch = Batch()
        texts: list[str] = []
        questions: list[str] = []
        for each in cleaned:
            found = self._row(_without(each, boilerplate, batch), batch) if isinstance(each, Clean) else each
            if isinstance(found, Refusal):
                batch.outcomes.append(found)
                continue
            ready, asked, text = found
            for at, question in enumerate(asked):
                # Two people's numbers make no two questions of one; nor does the same question without a number.
                ways = dict.fromkeys((question, _without_placeholders(question)))
                batch.entries += [Entry(len(texts), first=at == 0)] * len(ways)
                questions += ways
            batch.outcomes.append(ready)
            texts.append(text)
        batch.folds, batch.marks = prepare(texts), marks_of(questions)
        return batch

    def _row(self, item: Clean, batch: Batch) -> tuple[Ready, list[str], str] | Refusal:
        batch.redacted += item.redacted
        batch.rows_redacted += bool(item.redacted)
        found = self._conversation(item) if item.text is None else self._text(item, item.text)
        if not isinstance(found, Refusal):
            batch.cleaned += item.changed
        return found

    def _text(self, item: Clean, text: str) -> tuple[Ready, list[str], str] | Refusal:
        if not text.strip():
            return Refusal(item.origin, "empty_text", {"key": TEXT})
        line = write({TEXT: text, "metadata": self._metadata(item)})
        return Ready(line, _id_of(text), item.category, item.language), [text], _folded_by([text])

    def _conversation(self, item: Clean) -> tuple[Ready, list[str], str] | Refusal:
        turns = _alternating(item.turns)
        if not turns:
            asked = any(turn.role == "user" for turn in item.turns)
            return Refusal(item.origin, "no_reply" if asked else "no_question")
        system = [Turn("system", item.system)] if item.system.strip() else []
        messages = [*system, *map(_turn, turns)]
        record = Conversation(tuple(messages))
        if fault := next((each for each in faults_in(record) if each[0] != _DAMAGE), None):
            return Refusal(item.origin, *fault)
        asked_all = [message.content for message in messages if message.role == "user"]
        line = write({"messages": _written(messages), "metadata": self._metadata(item)})
        ready = Ready(line, _id_of(asked_all[0]), item.category, item.language)
        return ready, asked_all, _folded_by([message.content for message in messages if message.role != "system"])

    def _metadata(self, item: Clean) -> dict[str, Any]:
        told = {"origin": dict(item.origin), "category": item.category, "language": item.language, "rights": self.rights}
        return {key: value for key, value in told.items() if value}


def _turn(said: Said) -> Turn:
    return Turn("user", said.text) if said.role == "user" else Turn("assistant", said.text, 0 if said.role == UNLEARNT else None)


def _without(item: Clean, boilerplate: Keys, batch: Batch) -> Clean:
    """Return *item* without the lines that stand around many; what is left is cleaned anew, as a greeting behind them."""
    if not boilerplate:
        return item
    texts = (item.text or "", *(turn.text for turn in item.turns))
    lines = dict.fromkeys(line for text in texts for line in taken(text, boilerplate))
    if not lines:
        return item
    batch.boilerplate.update(lines.keys())
    if item.text is not None:
        changed: Counter[Any] = Counter()
        text = clean_text(item.text, boilerplate=boilerplate, changed=changed)
        return replace(item, text=text, language=identify(text), changed=item.changed + changed)
    cleaned = clean_dialogue(item.turns, boilerplate=boilerplate)
    return replace(item, turns=cleaned.turns, language=cleaned.language, changed=item.changed + Counter[str](cleaned.changed))


def text_of(row: dict[str, Any]) -> str:
    """Return what a row is folded by, as `Preparing` does it."""
    return _folded_by([row[TEXT]] if TEXT in row else [each["content"] for each in row["messages"] if each["role"] != "system"])


def _folded_by(said: Sequence[str]) -> str:
    return _without_placeholders("\n".join(said))


def _without_placeholders(text: str) -> str:
    return PLACEHOLDER.sub(" ", text) if "[" in text else text


def _written(messages: Sequence[Turn]) -> list[dict[str, Any]]:
    return [{"role": each.role, "content": each.content, **({} if each.weight is None else {"weight": each.weight})} for each in messages]


def _alternating(turns: Sequence[Said]) -> list[Said]:
    """Return *turns* from the first question to the last answer, what one side says in a row as one; none where nothing is left."""
    joined: list[Said] = []
    for turn in turns:
        if not joined and turn.role != "user":
            continue
        if joined and joined[-1].role == turn.role:
            joined[-1] = Said(turn.role, f"{joined[-1].text}\n{turn.text}")
        elif joined and turn.role != "user" and joined[-1].role != "user":  # answers of two weights
            joined[-1] = Said("assistant", f"{joined[-1].text}\n{turn.text}")
        else:
            joined.append(turn)
    return joined if not joined or joined[-1].role != "user" else joined[:-1]


def _id_of(question: str) -> int:
    return int(cluster_of(question)[:8], 16)
