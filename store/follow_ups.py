"""Questions that need those before them in their thread: "and on Saturdays?"."""

import re
from collections.abc import Sequence

from store.lexical import terms_of

# Words that point back wherever they stand, at the end, or at the beginning of a question; as written but for case: "é" is no "e".
_POINTERS = frozenset({"it", "they", "them", "ele", "ela", "eles", "elas", "isso", "isto", "disso", "nisso", "dele", "dela"})
_LAST = frozenset({"this", "that", "these", "those", "esse", "essa", "este", "esta", "esses", "essas"})
# What is said to the answer before the next question begins.
_REPLY = (
    r"(?:ok(?:ay)?|certo|t[aá]|sim|n[aã]o|legal|entendi|ent[aã]o|beleza|blz|(?:muito )?obrigad[oa]|valeu|vlw|perfeito|[oó]timo|ah+|hm+|"
    r"(?:many )?thanks?(?: you)?|thx|great|right|i see|yes|no|so|well|cool|perfect|got it)\b\W+"
)
_FIRST = re.compile(
    rf"\W*(?:{_REPLY}){{0,3}}(?:(?:and|but|also|mas|também|(?:what|how) about)\s"
    r"|e\s+(?!(?:poss[ií]vel|permitido|necess[aá]rio|obrigat[oó]rio|proibido|verdade)\b)|(?:and|e)\W*$)",  # e for é
    re.IGNORECASE,
)
# "It" that stands for nothing said before: is it possible to, how long does it take to, what time is it.
_IDLE = re.compile(
    r"\b(?:is|was|would|will|does|do|did|can|may)\s+it\s+(?:be\s+|ever\s+)?(?:\w+\s+){1,3}?(?:to|that|for)\s+\w|\btime is it\b",
    re.IGNORECASE,
)
# Behind these a pronoun may stand for what the question itself named before them.
_CLAUSE = re.compile(r"\b(?:if|when|once|after|before|because|and|se|quando|caso|depois|porque|e|quem)\b|,", re.IGNORECASE)
_ANTECEDENT = 2  # terms
# A subject alone, behind an article or what leads to it: "e para o raio-x?", "and the nurse?", "what about year 2?".
_INSTEAD = re.compile(
    rf"\W*(?:{_REPLY}){{0,3}}"
    r"(?:(?:and|but|also|(?:what|how) about)\s+(?:(?:for|with|in|at|on|to|from|about|of)\s+)?(?:(?:the|a|an|my|your|our)\s+)?"
    r"|(?:e|mas|também)\s+(?:(?:se\s+for|para|pra|pro|com|sem|por|n[oa]s?|d[oa]s?|de|em|aos?|às?|os?|as?|uma?|meu|minha)\s+){1,3})"
    r"(?P<subject>[^?!.,;]+?)\W*$",
    re.IGNORECASE,
)
# No subjects: when, how big, and what is asked of one.
_WHEN = frozenset(
    terms_of(
        "segunda terça quarta quinta sexta sábado domingo feira feriado dia semana fim mês ano manhã tarde noite hoje amanhã natal horário "
        "hora depois antes monday tuesday wednesday thursday friday saturday sunday weekend weekday holiday day week month today tomorrow "
        "morning afternoon evening night christmas after before"
    )
)
_UNITS = frozenset(terms_of("mm cm m km kg g l ml litro litre liter metro metre meter polegada inch w v"))
_ASPECTS = frozenset(
    terms_of(
        "quanto quanta custa custam custo preço valor sai fica quando prazo tempo onde como qual quais grátis graça gratuito paga pago "
        "pagar precisa preciso até demora leva how much many long cost price when where which what free pay need take time soon"
    )
)
_RAW_WORD = re.compile(r"\w+")
_SHORT = 3  # terms
_THREAD = 3  # questions looked back


def is_follow_up(question: str) -> bool:
    """Tell whether *question* may need the one before it: it leans back, or has hardly a word of its own."""
    return leans_back(question) or len(set(terms_of(question))) <= _SHORT


def leans_back(question: str) -> bool:
    """Tell whether *question* points to something said before: "and on Saturdays?", "quanto isso custa?"."""
    words = _words(question)
    return bool(_FIRST.match(question)) or (bool(words) and words[-1] in _LAST) or not _POINTERS.isdisjoint(_words(_open(question)))


def named_anew(question: str) -> frozenset[str]:
    """
    Return the terms by which *question* puts another subject in the place of the one before: "and with the dermatologist?".

    None where it says more than that, or only another day or time.
    """
    found = _INSTEAD.match(question)
    if not found:
        return frozenset()
    subject = found["subject"]
    return subject_of(subject) if len(subject.split()) <= _SHORT else frozenset()


def subject_of(question: str) -> frozenset[str]:
    """Return the terms of *question* but for days, sizes and what is asked: how much, until when."""
    return frozenset(terms_of(question)) - _WHEN - _UNITS - _ASPECTS


def has_no_subject(question: str) -> bool:
    """Tell whether *question* only asks for an aspect of what was spoken of: "how much is it?", "até quando?"."""
    return frozenset(terms_of(question)) <= _ASPECTS


def _words(text: str) -> list[str]:
    return [word if word == "IT" else word.casefold() for word in _RAW_WORD.findall(text)]  # the IT department is no pronoun


def _open(question: str) -> str:
    """Return *question* up to where it goes on about what it has named itself."""
    plain = _IDLE.sub(" ", question)
    begun = (plain[: cut.start()] for cut in _CLAUSE.finditer(plain))
    return next((part for part in begun if len(set(terms_of(part))) >= _ANTECEDENT), plain)


def led_up(earlier: Sequence[str]) -> list[str]:
    """Return the last questions of a thread, back to the one that named the subject."""
    found: list[str] = []
    for question in reversed(earlier[-_THREAD:]):
        found.insert(0, question)
        if not leans_back(question):
            break
    return found
