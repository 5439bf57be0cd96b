"""What polite people say around a question, in Portuguese and English: greetings, thanks, and the words that lead up to it."""

import re
from typing import Final

from bot.courtesy import Courtesy
from bot.placeholders import PLACEHOLDER
from store.lexical import fold

# All patterns are for folded text: no case, no accents.

_FOR = (
    "(?:atencao|ajuda|atendimento|gentileza|informac(?:ao|oes)|orientacao|retorno|resposta|paciencia|forca|"
    "help|time|patience|attention|reply|answer|assistance)"
)
_THANKS = (
    r"(?:(?:muito|muitissimo|mto|fico(?: muito)?|desde ja|ja) ){0,2}"
    r"(?:obrigad[oa]s?|obg|grat[oa]s?|agradecid[oa]s?|agradeco|agradecemos|valeu|vlw)(?: (?:muito|mesmo|desde ja)){0,2}"
    rf"(?: (?:pel[oa]s?|[ao]s?)(?: sua)? {_FOR})?|desde ja,? (?:muito )?(?:obrigad[oa]|agradeco)|"
    r"(?:(?:many|with|warm) )?(?:thanks?|thx|tks|tnx)(?: you)?(?: (?:so|very) much| a lot| kindly)?(?: in advance)?"
    rf"(?:,? for (?:your|any|the) {_FOR})?|cheers|ta"
)
_SURELY_THANKS = r"(?:(?:muito )?obrigad[oa]s?|obg|vlw|thanks?(?: you)?|thx|tks|tnx)"
_FAREWELL = (
    r"(?:(?:kind|best|warm) )?regards|(?:yours )?(?:sincerely|truly|faithfully)|yours|cordialmente|atenciosamente|att|abs|"
    r"(?:um )?abracos?|fico no aguardo|aguardo(?: (?:o )?retorno)?"
)
_CALLED = (  # after a greeting
    r"(?:,? (?:all|there|team|everyone|folks|guys|dear(?: [a-z]+)?|sirs?|madam|pessoal(?: d[aeo]s? [a-z]+)?|gente|galera|turma|"
    r"equipe(?: d[aeo]s? [a-z]+)?|amig[oa]s?|doutora?|dra?|professora?|moc[oa]|senhora?))?"
)
_NAME = r"[a-z]+(?: [a-z]+){0,2}"
_SIGNED = rf"(?:, *|,? *\n\s*){_NAME}"  # behind a comma or on a line of its own: "thanks no cash" is more than thanks
_LEADING_UP = (
    r"gostaria(?:mos)? de (?:saber|entender|perguntar)|quer(?:ia|iamos|emos) (?:saber|entender|perguntar)|quero saber|"
    r"i(?:'d| would) like to (?:know|ask)|(?:i was|we were) wondering|sorry to (?:bother|trouble) you|quick question|"
    r"(?:so )?uma duvida(?= *[:,.!])|tenho uma duvida(?= *[:,.!])|"
    r"(?:nao sei|nao lembro|i don'?t know|not sure)(?= (?:como|onde|quando|quem|qual|how|where|when|who|which|what))|"
    r"(?:could|can|would|will) you (?:please |kindly ){0,2}(?:tell|let) (?:me|us)(?: know)?|(?:tell|let) me(?: know)?|"
    r"(?:voce |voces )?(?:pode|poderia|podem|poderiam)(?: por (?:favor|gentileza))? (?:me |nos )?(?:dizer|informar)|"
    r"(?:voce |voces )?(?:pode|poderia|podem|poderiam) me (?:explicar|passar|ajudar)|"
    r"me (?:diz|diga|informa|informe|explica)|sabem? (?:me )?dizer"
)
COURTESIES = re.compile(
    rf"\b(?:(?:bo[am] (?:dia|tarde|noite)|good (?:morning|afternoon|evening|day)|ola|oi|opa|hello|hi|hey){_CALLED}|prezad[oa]s?|"
    r"dear (?:all|team|sirs?|madam|colleagues)|(?:tudo|td) (?:bem|bom|certo)(?= *[?,.!])|how are you(?: doing)?(?= *[?,.!])|"
    rf"por favor|por gentileza|pfvr?|pls|plz|please|{_LEADING_UP})\b"
    rf"|(?<=[.!?\n])\W*(?:(?:{_THANKS})(?:{_SIGNED})?|(?:{_FAREWELL})(?:{_SIGNED}| {_NAME})?)[\s.!,;)]*$"
    rf"|(?:^|(?<=[.!?,;\n]))\W*(?:{_THANKS})(?= *(?:[.!?,;\n]|$))"
    rf"|(?:^|(?<=[.!?,;\n]))\W*{_SURELY_THANKS}\b|\b{_SURELY_THANKS}\W*$"
    r"|,? *\b(?:nao e|ne|nao|certo|right|isn'?t it|don'?t you|doesn'?t it|can'?t i)\W*$"
)

# What a message may be made of besides that asks nothing at all. In a question these words may say something: "how good is the view?".
_THANKED_FOR = (
    r"(?:for (?:everything|that|this|all (?:of )?(?:this|that|your help)|(?:the|your) (?:info|information|explanation|quick reply)|"
    r"explaining|clarifying|helping(?: me)?|answering)|por (?:tudo|isso|ajudar|responder|explicar|esclarecer)|"
    r"pel[oa]s? (?:explicac(?:ao|oes)|esclarecimentos?|dicas?|info|ajudas?|respostas?))"
)
_THANKFUL = re.compile(
    rf"\b(?!ta\b)(?:(?:{_THANKS}|(?:muito )?o?brigad(?:ao|inh[oa]|[oa])|gratidao|valeu+|thank u|ty|tysm|"
    rf"(?:much )?appreciated|i appreciate (?:it|that))(?: {_THANKED_FOR})?|"
    r"(?:(?:me|isso(?: me)?|voce me|vc me|ja) )?ajudou(?: (?:muito|bastante|demais|mto))?|(?:ja )?resolveu|"
    r"(?:that|this|it)(?: really)? (?:helped|helps|worked|works)(?: me)?(?: a lot)?|"
    r"(?:that (?:was|is) |that's )?(?:very|really|so|super) helpful|you(?: have|'ve)? been (?:very |really )?helpful)\b"
)
_GREETING = re.compile(
    r"\b(?:(?:oi+e?|ola+|opa+|e ?ai|hi+|hello+|hey+|howdy|greetings|bo[am] (?:dia|tarde|noite)|good (?:morning|afternoon|evening|day))"
    rf"{_CALLED}(?: a tod[oa]s)?|(?:tudo|td) (?:bem|bom|joia)(?: (?:com|por) (?:voces?|vcs?|ai))?|"
    r"como (?:vai|vao|(?:voces?|vcs?) (?:esta[o]?|ta))|how are (?:you|things)(?: doing)?(?: today)?|how(?: is|'s) it going|"
    r"nice to meet you|(?:tenho |so )?uma (?:duvida|pergunta)|posso (?:fazer|tirar) uma (?:duvida|pergunta)|"
    r"i have a question|quick question)\b"
)
_ASSENT = re.compile(
    r"\b(?:ok+|okay|okey|certo|certinho|perfeit[oa]|otim[oa]|excelente|maravilha|beleza|blz|(?:muito|que) (?:bom|legal)|"
    r"(?:legal|show|top)(?= *!)|(?:ah,? )?entendi(?:do)?|combinado|(?:esta|ta|tudo) (?:bom|certo|otimo)|ta|de nada|igualmente|"
    r"era (?:so )?isso|(?:e )?so isso(?: por enquanto)?|bo[am] (?:semana|descanso|trabalho|(?:fim|final) de semana|feriado)|"
    r"tchau+|ate (?:logo|mais|breve|amanha)|perfect|great|excellent|awesome|cool|nice|wonderful|all ?right|got it|understood|i see|"
    r"noted|all good|sounds good|that(?: is|'s) all|bye+|goodbye|good night|see you(?: later| soon| tomorrow)?|you too|"
    r"(?:have a )?(?:nice|good|great) (?:day|week|weekend|evening))\b"
)
# In the order in which they count: who greets and thanks is thanked.
_PIECES: Final[dict[Courtesy, re.Pattern[str]]] = {"thanks": _THANKFUL, "greeting": _GREETING, "assent": _ASSENT}
_SIGNS = re.compile(r"[^\w\s.,;:!?'()-]|:[a-z0-9_+-]+:")  # emoji, also as Slack spells them
_LONGEST: Final = 300  # characters; who only greets or thanks says less


def courtesy_of(message: str) -> Courtesy | None:
    """Tell what kind of courtesy *message* (redacted) is; None where anything else is left of it, or where courtesies ask: "ok?"."""
    if len(message) > _LONGEST:
        return None
    rest = _SIGNS.sub(" ", fold(PLACEHOLDER.sub(" ", message)).replace("’", "'")).strip()
    kinds: list[Courtesy] = [kind for kind, pattern in _PIECES.items() if pattern.search(rest)]
    if not kinds or ("?" in rest and "greeting" not in kinds):
        return None
    for kind in kinds:
        rest = _PIECES[kind].sub(" ", rest)
    return None if re.search(r"\w", COURTESIES.sub(" ", rest)) else kinds[0]
