"""Links that only lead to another page: "Back to overview" says nothing of its own page, and as a passage it is like any short question."""

import re

_ELSEWHERE = r"\s[^.!?\n]{1,60}"
_LEADS_ON = re.compile(
    rf"\W*(?:(?:(?:go )?back to|voltar (?:para|a|ao|à)|retornar (?:para|a|ao|à)){_ELSEWHERE}|back|voltar"
    rf"|return to (?:the )?(?:top|home|index|menu)|(?:next|previous)(?: page| section)?(?::{_ELSEWHERE})?"
    r"|próxim[oa]|anterior|(?:página|seção) (?:anterior|seguinte))\W*",
    re.IGNORECASE,
)


def leads_on(words: str) -> bool:
    """Tell whether the *words* of a link that stands alone only lead back, or on: Back to Slack page, Voltar ao início, Next: Booking."""
    return bool(_LEADS_ON.fullmatch(words))
