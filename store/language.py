"""Which language a text is in: a trained model for texts of any length, and a vote of common words for short questions."""

import math
import re
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

CANDIDATES = ("en", "pt", "es")

# Words that are common in one of these languages and mean nothing, or are rare, in the other two.
_COMMON = {
    "en": """
        a about after all and any are as at be been before but by can cannot could did do does doesn't don't for from
        get had has have how i i'm if in into is isn't it its may me more my need new not of off on or our out please
        should so some than that the their them then there these they this to today up us use was we were what when
        where which who whose why will with without would you your hello hi hey thanks error code card password price
        fee help due date
    """,
    "pt": """
        a ao aos as à às até com como da das de dela dele do dos e ela ele em então era esta este está estão eu faço
        faz fazer foi fui há isso isto já lhe mais mas me meu meus minha minhas muito na nas não no nos nós o obrigada
        obrigado olá onde os ou para pela pelo pode podem pode-se por porque posso pra preciso qual quais quando
        quanto quantos quantas que quem quero se sem ser seu seus sua são só tem temos tenho têm um uma vocês você oi
        tudo bem dia boa bom ontem hoje amanhã depois erro código cartão senha preço prazo sábado domingo abre usa
        desde ajuda
    """,
    "es": """
        a al algo con cómo como cuál cuáles cuándo cuánto cuántos de del dónde el ella ellos en eres es esta este está
        están fue gracias ha hacer hago hay hola la las lo los más me mi mis muy necesito no nosotros o para pero por
        porque pregunta puede pueden puedo que qué quién quiero se ser si sin sobre son su sus también tengo tiene
        tienen un una unos usted y ya yo hola código sábado domingo abre usa desde error tarjeta contraseña precio
        plazo ayuda
    """,
}
_NONE: frozenset[str] = frozenset()
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_ONLY = {
    language: words - frozenset().union(*(other for name, other in _WORDS.items() if name != language))
    for language, words in _WORDS.items()
}
_LETTERS = {"pt": re.compile("[ãõçâêô]"), "es": re.compile("[ñ¿¡]")}
_PRIOR = {"es": -1.0}  # Portuguese and Spanish share many short sentences; the askers here write the former
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w-])")  # no code such as E07 or FH-300
# A common word multiplies a language's odds by e, one that no other candidate has by e squared.
_SURE = math.log(2)  # the best must be twice as likely as the next
_LEAST = 1e-6  # how unlikely the model may call a language
_READ_CHARACTERS = 2000


def identify(text: str, candidates: Sequence[str] = CANDIDATES) -> str:
    """
    Return the language of *text*, one of *candidates* (ISO 639-1), or an empty string where it could be more than one.

    The first call loads the model (about a second, from disk): make it off the event loop.
    """
    text = text[:_READ_CHARACTERS]
    words = _WORD.findall(text)
    if not text.isupper():
        words = [word for word in words if len(word) == 1 or not word.isupper()]  # DAS is an abbreviation, das a word
    if not words:
        return ""
    written = " ".join(words).lower()
    spelled, low = written.split(), text.lower()
    votes = sorted(((_votes(language, spelled, low), language) for language in candidates), reverse=True)
    if len(votes) > 1 and votes[0][0] - votes[1][0] > _SURE - math.log(_LEAST):
        return votes[0][1]  # whatever the model says; of a passage in prose, at a tenth of the cost
    likely = dict(_identifier().rank(written))
    scores = sorted(((vote + math.log(max(likely.get(language, 0.0), _LEAST)), language) for vote, language in votes), reverse=True)
    if len(scores) > 1 and scores[0][0] - scores[1][0] < _SURE:
        return ""
    return scores[0][1]


def _votes(language: str, words: Sequence[str], text: str) -> float:
    common, only, letters = _WORDS.get(language, _NONE), _ONLY.get(language, _NONE), _LETTERS.get(language)
    votes = sum(map(common.__contains__, words)) + sum(map(only.__contains__, words))
    return votes + _PRIOR.get(language, 0.0) + (2 if letters and letters.search(text) else 0)


@cache
def _identifier() -> LanguageIdentifier:
    # Never restricted with set_languages: that would change the object that threads share.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
