"""Portuguese typed without accents, as on a foreign keyboard: what the encoder reads gets them back."""

import re

from store.language import identify

_WORD = re.compile(r"[A-Za-z]+")
_MARKED = re.compile(r"[À-ž]")
_CUT = str.maketrans("áâãéêíóôõúüç", "aaaeeiooouuc")
# Words that are, without their accents, none or hardly any; what is a word of its own (e, esta, por) stays as it is.
_LISTED = (
    "não você vocês até já são só também após alguém ninguém aí há estão vão mês três será terá irá alô além através porém então "
    "sábado terça crédito débito endereço preço serviço começo número código horário país família água área difícil fácil móveis "
    "móvel ônibus mãe irmão mão pão pães cães cão caminhão cartão prédio depósito segurança criança polícia próprio própria "
    "próximo próxima último última único única rápido rápida mínimo mínima máximo máxima médico médica técnico técnica "
    "eletrônico eletrônica automático automática inglês português amanhã manhã vídeo saída índice trânsito público pública básico "
    "básica período página máquina lâmpada câmera ícone título relatório café avó avô pé chá bebê órgão sótão lençol função "
    "usuário cônjuge líquido elétrico elétrica química físico jurídico jurídica crônico válido válida inválido inválida"
)
_WORDS = {word.translate(_CUT): word for word in _LISTED.split()}
_ENDINGS = tuple(
    (re.compile(f"{ending.translate(_CUT)}$"), ending)
    for ending in (
        *("ções", "ção", "sões", "são", "ões", "ão", "ância", "âncias", "ência", "ências", "ável", "ível", "áveis", "íveis"),
        *("ório", "órios", "ário", "ários", "ança", "anças", "ença", "enças"),
    )
)
# Some of these are in nearly every Portuguese question, and hardly ever in an English one.
_TELLING = (
    "que qual quais quanto quantos quanta quantas quando quem onde como para por pra com um uma uns umas meu minha meus minhas posso pode "
    "tem tenho nao voces voce da das dos na nas nos no em pelo pela ate ja sao esta ou se eu de isso esse essa ao aos os quero preciso fica"
)
_HINTS = frozenset(_TELLING.split())
_SHORTEST = 5  # letters that a word must have to be told by its ending


def may_lack_accents(text: str) -> bool:
    """Tell at a glance whether *text* may be Portuguese without accents."""
    return not _MARKED.search(text) and not _HINTS.isdisjoint(_WORD.findall(text.lower()))


def with_accents(text: str) -> str:
    """
    Return a Portuguese *text* that has no accent with most of those it should have, any other as it is.

    Call it off the event loop: the language is told by a model.
    """
    return _WORD.sub(_accented, text) if may_lack_accents(text) and identify(text) == "pt" else text


def is_listed(word: str) -> bool:
    """Tell whether *word* is known to be one that lacks its accent, rather than guessed by its ending."""
    return word.lower() in _WORDS


def _accented(found: re.Match[str]) -> str:
    word = found.group()
    lower = word.lower()
    accented = _WORDS.get(lower) or (_by_ending(lower) if len(lower) >= _SHORTEST else lower)
    return accented.upper() if word.isupper() and len(word) > 1 else accented.capitalize() if word[0].isupper() else accented


def _by_ending(word: str) -> str:
    for plain, ending in _ENDINGS:
        if plain.search(word):
            return plain.sub(ending, word)
    return word
