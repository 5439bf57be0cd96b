"""What polite people say around a question, in Portuguese and English: greetings, thanks, and the words that lead up to it."""

import re

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
