"""Greetings and thanks: what people say around an answer, in Portuguese and English."""

import re

from store.personal_data import bare
from store.readers.people import People

_LONGEST = 300
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")
_WORD = re.compile(r"[^\W\d_]+")
_PHRASES = re.compile(
    r"\b(?:de nada|por nada|nao ha de que|tudo (?:bem|bom|certo|joia)|ate (?:mais|logo|breve|amanha)|sem problemas?|bom trabalho"
    r"|a disposicao|qualquer duvida|tenham? uma? (?:bom|boa|otim[oa]|excelente) \w+"
    r"|no (?:problem|worries)|you ?(?:['’]| a)?re welcome|not at all|got it|my pleasure|anytime"
    r"|have an? (?:nice|great|good) \w+|how are you(?: doing)?|any(?:thing| other questions?) else|let (?:me|us) know"
    r"|glad (?:i|we|it) (?:could help|helped))\b"
)
_COURTEOUS = """
oi ola bom boa obrigado obrigada obrigadao obg brigado brigada valeu vlw grato grata agradeco disponha imagina ok okay blz beleza
perfeito perfeita otimo otima show legal maravilha combinado entendi entendido abraco abracos abs att
hi hello hey thanks thank thx ty great perfect awesome cool nice excellent good welcome cheers bye
"""
# Words that stand beside those, and alone are answers: "Which of them?" "All."
_BESIDE = """
dia tarde noite semana muito muita mesmo pessoal gente galera time todos todas a o as os e voce voces seu sua sr sra pela pelo ajuda
retorno atencao equipe dear you so much very many morning afternoon evening day night team all everyone folks lot for your the help
and it that this
"""
_COURTEOUS_WORDS = frozenset(_COURTEOUS.split())
_WORDS = _COURTEOUS_WORDS | frozenset(_BESIDE.split())
_NAME = r"(?:\[PERSON_\d+\]|[A-ZÀ-ÖØ-Þ][\w'’.-]{1,30})"
_ALL = r"pessoal|gente|galera|time|equipe|tod[oa]s|team|all|everyone|folks|there|senhora?|sra?\.?|mrs?\.?|ms\.?"
_GREETING = re.compile(
    r"\s*(?i:ol[áa]|oi+e?|bom dia|boa tarde|boa noite|prezad[oa]s?|car[oa]s?|hi|hello|hey|dear|good (?:morning|afternoon|evening))(?!\w)"
    rf",?(?:[ ](?:(?i:{_ALL})|{_NAME})){{0,4}}[ ]*(?:[,!.:;]+|[–—-](?=\s)|\n)\s*"
    r"(?:(?i:tudo (?:bem|bom|certo|joia)|como vai|how are you(?: doing)?)(?: com voc[êe]s?)?[ ]*[?!.,]+\s*)?"
)


def is_courtesy(text: str, people: People) -> bool:
    """Tell whether *text* says nothing but a greeting or thanks to somebody of *people*, or has no words and no numbers (emoji, "+1")."""
    if len(text) > _LONGEST:
        return False
    plain = bare(people.without_names(_PLACEHOLDER.sub(" ", text)))
    left = _PHRASES.sub(" ", plain)
    words = set(_WORD.findall(left))
    if any(character.isdigit() for character in left) and left.strip() != "+1":
        return False
    return not words or (words <= _WORDS and (bool(words & _COURTEOUS_WORDS) or left != plain))


def without_greeting(text: str) -> str:
    """Return *text* without the greeting, with or without a name, that it begins with; a text of a greeting alone stays."""
    greeting = _GREETING.match(text)
    return (text[greeting.end() :] if greeting else "") or text
