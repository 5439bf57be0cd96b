"""What polite people say around a question, for training: whoever greets asks the same."""

import random
import re
from typing import Final

_FRAMED: Final = 0.6  # of the questions to which a frame can be put
_GREETED: Final = 0.6
_THANKED: Final = 0.5
_BEFORE: Final = {
    "pt": "oi,|bom dia!|Olá, tudo bem?|por favor,|uma dúvida:|pessoal,|Boa tarde!|boa noite, gente.|opa,|Prezados,",
    "en": "hi,|hello,|Good morning!|please,|quick question:|hey all,|Good afternoon,|Hi there!|sorry to bother you,",
}
_BEHIND: Final = {
    "pt": "por favor|pfv|obrigado!|Obrigada.|Desde já agradeço.|valeu!|fico no aguardo|Alguém sabe?|Obrigada pela ajuda!",
    "en": "please|pls|thanks!|Thank you.|Thanks in advance!|cheers|Many thanks.|Anyone know?|Thank you for your help!",
}
_FRAMES: Final = {
    "pt": "Poderia me informar|gostaria de saber|queria saber|Você pode me dizer|Vocês poderiam me dizer|preciso saber|sabe me dizer",
    "en": "Could you tell me|I'd like to know|could you let me know|Can you tell me|I was wondering|Do you know|I need to know",
}
_FRAMEABLE: Final = {  # the words that a question begins with, to which a frame can be put
    "pt": r"(?:qual|quais|quando|onde|como|quem|quant[oa]s?|(?:até|de|com|por|em|a partir de) (?:que|qual|quem|quant[oa]s?))\b",
    "en": r"(?:what|which|when|where|how|who|whose)\b",
}


def politely(question: str, language: str, rng: random.Random) -> str:
    """Return *question*, in the *language* pt or en, with what polite people say before it, behind it, or both."""
    said = question
    if rng.random() < _FRAMED and re.match(_FRAMEABLE[language], said, re.IGNORECASE):
        said = f"{_one_of(_FRAMES[language], rng)} {_begun_small(said)}"
    if rng.random() < _GREETED:
        greeting = _one_of(_BEFORE[language], rng)
        said = f"{greeting} {said if greeting[-1] in '.!?' else _begun_small(said)}"
    return f"{said} {_one_of(_BEHIND[language], rng)}" if said == question or rng.random() < _THANKED else said


def _one_of(listed: str, rng: random.Random) -> str:
    return rng.choice(listed.split("|"))


def _begun_small(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"
