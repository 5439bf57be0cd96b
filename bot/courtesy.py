"""What is answered to a message that asks nothing: a greeting, thanks, a word of assent."""

from datetime import datetime
from typing import Final, Literal

from bot.exchanges import Exchange, Rights
from bot.messages import Answer, Question
from bot.texts import N_, translate

Courtesy = Literal["greeting", "thanks", "assent"]

_REPLIES: Final[dict[Courtesy, str]] = {
    "greeting": N_("Hello! What would you like to know?"),
    "thanks": N_("You are welcome! If anything else comes up, just ask."),
    "assent": N_("All right! If anything else comes up, just ask."),
}


def reply_to(courtesy: Courtesy, language: str) -> str:
    """Return the sentence that answers *courtesy* in *language* (ISO 639-1)."""
    return translate(language, _REPLIES[courtesy])


def exchange_of(question: Question, reply: str, *, system: str, language: str, rights: Rights, at: datetime) -> Exchange:
    """Return what to keep of a message that asked nothing and was answered by *reply*, which rests on nothing."""
    return Exchange(
        question=question,
        answer=reply,
        kind="courtesy",
        system_text=system,
        prompt=question.text,
        history=(),
        passages=(),
        confidence=0.0,
        language=language,
        rights=rights,
        answered_at=at,
    )


def answer_of(exchange: Exchange, *, total_s: float) -> Answer:
    """Return *exchange* as people see it, answered within *total_s* seconds."""
    return Answer(
        exchange_id=exchange.question.exchange_id,
        text=exchange.answer,
        kind="courtesy",
        sources=(),
        confidence=exchange.confidence,
        model="",
        timings={"total_s": round(total_s, 4)},
    )
