"""Orders to a model in what people read: documents of strangers plant them, and a small model repeats them as if they were knowledge."""

import re
from typing import Final

from bot.numerals import fold

_AROUND: Final = r"(?:[\w'-]+[ ,]+){0,5}"
_MINE: Final = (
    r"(?:previous|prior|above|earlier|preceding|your|system|all|any|anterior(?:es)?|acima|previ[ao]s|suas?|seus?|tod[ao]s|sistema)"
)
_RULES: Final = r"(?:instruc(?:tions?|ao|oes)|rules?|regras?|prompts?|guidelines?|diretrizes|orders?|ordens|guardrails)"
# All for folded text.
_ORDERS: Final = (
    rf"(?<!not )(?<!never )(?<!don't )(?<!nao )(?<!nunca )\b(?:ignor[ea]m?|disregard|forget|override|desconsider[ea]m?|esqueca)\s+{_AROUND}"
    rf"(?:{_MINE}\s+{_AROUND}{_RULES}|{_RULES}\s+{_AROUND}{_MINE})\b",
    r"\b(?:reveal|repeat|print|show|output|revele|repita|mostre|imprima)\s+(?:me\s+)?(?:your|the|seu|sua|suas|o|as)\s+"
    r"(?:(?:system|initial|hidden|secret)\s+)?(?:prompt|instructions|instrucoes)\b",
    r"\b(?:you are|voce e) (?:now|agora) (?:dan\b|in (?:developer|debug) mode|em modo desenvolvedor|an? (?:unrestricted|unfiltered)\b)",
    r"\b(?:if you are|as|se voce (?:e|for)|como) (?:an? |uma? )?(?:ai|ia|llm|(?:large )?language model|chatbot|modelo de linguagem)"
    r"\b[^.!?\n]{0,60}\b(?:you must|say|reply|answer|respond|tell|diga|responda|deve)\b",
    r"\b(?:note|message|instructions?|nota|mensagem|aviso|instruc(?:ao|oes)) (?:to|for|para|a|ao|as?) (?:the |any |o |a |qualquer )?"
    r"(?:ai|ia|llm|assistants?|assistentes?|chatbots?|language models?|modelos? de linguagem)\b\s*:",
)
_ORDER: Final = re.compile("|".join(_ORDERS))


def gives_orders(text: str) -> bool:
    """Tell whether *text* tells a model what to do ("ignore your rules", "ignore as instruções acima"), in Portuguese or English."""
    return bool(_ORDER.search(fold(text)))
