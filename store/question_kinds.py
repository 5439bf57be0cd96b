"""What a question asks for, in Portuguese and English: a price, a time, a place, a person, a way."""

import re

from store.lexical import words_of

# All patterns are for folded text (no case, no accents), in which store/question_words.py and the sayings of store/concepts.py have put
# one word for what is said in several.
_SPANS = r"(?:segundos|minutos|horas|dias|semanas|mes|meses|anos|seconds|minutes|hours|days|weeks|months|years)"
_DAYS = r"(?:dias?|datas?|mes|meses|ano|semana|epoca|days?|dates?|month|year|week|season|weekday|time of year)"
_THINGS = r"(?!\w+ (?:jeito|forma|maneira|modo|lugar|local)\b)"

_KINDS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "who": r"\b(?:quem|who|whom|whose)\b",
        "where": r"\b(?:onde|aonde|cade|where|endereco|em que lugar|venue|ponto de encontro)\b|(?<!mail )\baddress\b",
        "when": r"(?:^|[.?!,:;] *)(?:e |and )?(?:desde |ate |para |since |until |by |em |at )?(?:quando|when)\b|(?:quando|when)\W*$|"
        r"\bate (?:quando|que)\b|\b(?:how early|how late|how far ahead|latest|antecedencia|deadline|em que casos|validade|valid)\b",
        "hour": r"\bwhat time\b|\b(?:que|qual) (?:horas?|horario)\b|\b(?:what|which) (?:\w+ )?hours\b|\b(?:horarios?|hours)\b",
        "day": rf"\b(?:que|qual|quais) {_DAYS}\b|\b(?:what|which) (?:\w+ )?{_DAYS}\b|\b(?:datas?|dates?)\b",
        "span": r"\b(?:quanto tempo|how long|how soon|how fast|how quickly|how much time|demora|prazo|deadline|time limit|"
        rf"antecedencia|notice|duracao|duration)\b|\b(?:quant[ao]s|how many) {_SPANS}\b",
        "often": rf"\bfrequencia|\ba cada quant|\bde quant[oa]s? em quant|\b(?:quantas vezes|how many times|how often)\b|"
        rf"\btod[ao] {_DAYS}\b|\bevery (?:day|week|month|year)\b",
        "age": r"\bidades?\b|\bage\b|\bquantos anos\b|\bhow (?:old|young)\b",
        "cost": r"\bquanto (?:custa|cobra|pago|vou pagar|devo)|\b(?:preco|custo|valor|price|cost|costs|custa|charge|fee|taxa|cobram|"
        r"mensalidade|tarifa|frete)\b|what (?:do|will|would) i (?:have to )?pay\b",
        "amount": rf"\bquant[ao]s (?!{_SPANS}|em\b|vezes\b|anos\b)|\bhow many (?!{_SPANS}|times\b)|\bhow much (?!time|notice)|"
        rf"\bquanto (?!tempo|antes|em\b)\b|quanto\W*$|\b(?:amount|allowance|dose|meta)\b",
        "limit": r"\b(?:limite|limit|maximum|minimum|maxim[ao]|minim[ao]|no max|at most|at least)\b",
        "measure": r"\bhow (?:deep|big|tall|heavy|wide|high|hot|cold|large|thick|far(?! ahead| in advance))\b|"
        r"\b(?:size|tamanho|medidas|dimensoes|temperatura|temperature|weight|peso|pesar|length|mileage)\b",
        "contact": r"\b(?:qual|what)(?:'?s| is)? (?:e )?(?:o |the )?(?:\w+ )?(?:numero|telefone|email|number|phone|extension)\b|"
        r"\bramal\b",
        "which": rf"(?:^|[.?!,:;] *)(?:(?:em|de|com|por|para|in|on|to|at|for) )?(?:que (?!horas)\w+|quais|which) {_THINGS}",
        "why": r"\b(?:why|motivo|reason)\b",
        "how": r"(?:^|[.?!,:;] *)(?:e )?(?:como|how (?:do|can|could|should|to|would|is|are|did|does))\b|"
        r"\bo que (?:eu )?(?:faco|devo|fazer|posso fazer|preciso fazer)\b|\bwhat (?:do|should|can|must) (?:i|we) do\b|"
        r"\bcomo (?:eu |posso |consigo |faco)|\bhow\W*$|\b(?:jeito|maneira|procedimento|passos|steps|process|the way to|do i do to)\b",
    }.items()
}
_NARROWER = _KINDS.keys() - {"which"}
# What is asked for by either: "how do I get in?" and "where is the door?", "when is it fed?" and "how often?".
_ALIKE = frozenset(
    frozenset(pair.split())
    for pair in (
        "how where",
        "when hour",
        "when day",
        "when span",
        "when often",
        "span often",
        "span age",
        "cost amount",
        "amount measure",
        "amount often",
        "limit amount",
        "limit span",
        "limit measure",
        "limit often",
        "limit cost",
        "limit age",
        "limit hour",
        "limit day",
        "limit when",
        "contact how",
        "contact where",
        "contact who",
        "contact which",
        "which where",
        "which who",
    )
)
ASKS_WHETHER = frozenset({"whether"})
_WHAT = frozenset({"what"})
_NOT_WHETHER = _KINDS.keys() - {"how", "cost"} | _WHAT  # what nobody says who asks whether something is so
_NEVER_WHETHER = frozenset({"who", "why", "often", "age", "measure"})  # what nobody asks for by asking whether something is so

# Words that a question begins with which asks whether something is so; all of them are English.
WHETHER = frozenset(words_of("is are am do does did can could may will would should has have must"))
_ASKS_WHETHER = re.compile(
    r"(?:^|[.?!,:;] *)(?:e |and |ou |but |then )?"
    r"(?:posso|pode|podemos|tem como|tem|ha|da (?:pra|para)|e (?:possivel|permitido|preciso|obrigatorio)|preciso|voces?|vcs?|"
    rf"{'|'.join(sorted(WHETHER))})\b"
)
_ASKS_WHAT = re.compile(r"(?:^|[.?!,:;] *)(?:what(?:'s| is| are)|o que e|qual|quais)\b")


def kinds_of(folded: str) -> frozenset[str]:
    """
    Return what the *folded* question asks for, as far as its words tell: more than one thing where they tell more.

    `what` is anything that has no kind of its own, `whether` that something is so; both stand alone, but for a question that begins so.
    """
    found = {kind for kind, pattern in _KINDS.items() if pattern.search(folded)}
    if found & _NARROWER:
        found.discard("which")
    if not found and _ASKS_WHAT.search(folded):
        found |= _WHAT
    if (_ASKS_WHETHER.match if found else _ASKS_WHETHER.search)(folded.lstrip(" ,.!")):
        found |= ASKS_WHETHER
    return frozenset(found)


def compatible(known: frozenset[str], asked: frozenset[str]) -> bool:
    """
    Tell whether what *asked* asks for may be what *known* asks for.

    Who asks "can I get it back?" may mean "how?"; but one who says where or when is not asking whether.
    """
    if not known or not asked or known & asked:
        return True
    if asked == ASKS_WHETHER:
        return not known <= _NEVER_WHETHER
    if known == ASKS_WHETHER:
        return not asked <= _NOT_WHETHER
    if "what" in known | asked:
        return True
    return any(pair & known and pair & asked for pair in _ALIKE)
