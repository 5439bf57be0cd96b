"""The words that questions are put in, in Portuguese and English: what stands around a question, and what says nothing."""

import re

from store.lexical import words_of

# All patterns are for folded text: no case, no accents.

# As people type in a hurry, said in several words, or by a sign: the word that stands for it.
PHRASES = tuple(
    (re.compile(pattern), word)
    for word, pattern in {
        "quanto": r"\bqn?to\b",
        "quanta": r"\bqn?ta\b",
        "quantos": r"\bqn?to?s\b",
        "quantas": r"\bqn?tas\b",
        "quando": r"\bq(?:n?do|nd)\b",
        "quem": r"\bqm\b",
        "o que": r"\boq\b",
        "por que": r"\bpq\b",
        "depois": r"\bdps\b",
        "hoje": r"\bhj\b",
        "tambem": r"\btbm?\b",
        "todos": r"\btds\b",
        "tudo": r"\btd\b",
        "mesmo": r"\bmsm\b",
        "muito": r"\bmto\b",
        "sem ": r"\bs/ ?(?=\w)",
        "com ": r"\bc/ ?(?=\w)",
        "you": r"\bu\b(?= \w{3})",
        "your": r"\bur\b",
        "what": r"\bw[ao]t\b",
        "about": r"\babt\b",
        "appointment": r"\bappts?\b",
        "tomorrow": r"\btmrw?\b",
        "people": r"\bppl\b",
        "hours": r"\bhrs?\b",
        "before": r"\bb4\b(?= \w{3})",
        "without ": r"\bw/o ?",
        "with ": r"\bw/ ?(?=\w)",
        "how to": r"\bhow 2\b(?= [a-z])",
        "for": r"\b4\b(?= (?:an?|the|my|me|this|it)\b)",
        "gratis": r"\b(?:(?:sem|nao) (?:paga(?:r|m|mos)?(?: nada)?|custos?|cobranca|taxa)|de graca|without (?:paying|charge|a fee|cost)|"
        r"(?:do not|don'?t) pay|(?:at no|no) (?:cost|charge|fee))\b",
        "cost": r"\b(?:sai|fica|saem|ficam) por quanto\b|\b(?:de|por) quanto (?:e|sai|fica)\b|\bquanto (?:sai|fica|e|ta|esta|seria)\b|"
        r"\bhow much (?:is|are|would|for)\b",
        "m2": r"\bmetros? quadrados?\b|\bsquare met(?:er|re)s?\b|\bm²",
        "12": r"\b(?:uma|a|one|por|the|cada) (?:duzia|dozen)\b",
        "um ano": r"\b(?:12|doze|twelve) (?:meses|months)\b",
        "2 anos": r"\b(?:24|vinte e quatro|twenty[- ]four) (?:meses|months)\b",
        " years ": r"(?<=\d)[- ]years?[- ]olds?\b",
        "menor de 18": r"\bmenor(?:es)? de idade\b|\bunder ?age\b|\ba minor\b",
        "1 janeiro": r"\bnew year'?s day\b|\b(?:dia (?:de|do) )?ano[- ]novo\b|\bprimeiro de janeiro\b",
        "24 dezembro": r"\bvesperas? (?:de|do) natal\b|\b(?:christmas|xmas) eve\b",
        "31 dezembro": r"\bnew year'?s eve\b|\breveillon\b|\bvesperas? (?:de|do) ano[- ]novo\b",
        "weekday": r"\bmon(?:day)?s? ?(?:to|-|through|thru|till|until) ?fri(?:day)?s?\b|"
        r"\bsegundas?(?:[- ]feiras?)? ?(?:a|-|ate) ?sextas?(?:[- ]feiras?)?\b|\bdias? de semana\b|\bweek ?days\b",
        "sem gluten": r"\bgluten[- ]free\b",
        "sem lactose": r"\b(?:lactose|dairy)[- ]free\b",
        "sem acucar": r"\bsugar[- ]free\b",
        "quanto tempo demora": r"\bquanto tempo (?:leva|vai levar)\b|\bleva quanto tempo\b",
        "how long last": r"\bhow long (?:does|will|would|do) (?:it|that|this|they) take\b",
        "significa": r"\bquer(?:em)? dizer\b",
        "last": r"\bfinal(?! (?:d[aeo]s?|of)\b)(?= \w)",
        "why": r"\bpor ?que\b|\bhow come\b",
        "parcelar": r"\bdivid\w+ (?:\w+ ){0,3}em\b(?= \w+ (?:vezes|x\b|parcelas))",
        "4 andar": r"\bquarto andar\b",
        " reais ": r"\br\$",
        " dollars ": r"\bus\$|\$",
        " euros ": "€",
        " pounds ": "£",
        "manager": r"\breports? to\b|\bresponde a\b",
        "space": r"\bis there (?:any |some )?(?:room|space)\b|\b(?:room|space) left\b",
        "early": r"\bin time\b",
        "refund": r"\bmoney back\b|\bdinheiro de volta\b",
        "devolver": r"\bde volta\b",
        "ativar": r"\b(?:turn|switch)(?:ed|ing)? (?:\w+ ){0,3}?on\b",
        "desligar": r"\b(?:turn|switch)(?:ed|ing)? (?:\w+ ){0,3}?off\b",
        "acessar": r"\b(?:log|sign) ?in\b",
        "pickup": r"\bpick ?up\b",
        "wifi": r"\bwi-? ?fi\b",
        "email": r"\be-? ?mail",
        "noon": r"\bmeio[- ]dia\b",
        "midnight": r"\bmeia[- ]noite\b",
        "weekend": r"\b(?:fim|final|fins|finais) de semana\b|\b(?:sabados?|saturdays?) (?:e|and|or|ou|&) (?:domingos?|sundays?)\b",
        "dr": r"\bdr\.",
        "dra": r"\bdra\.",
        "sr": r"\bsr\.",
        "sra": r"\bsra\.",
        "usada": r"\bsecond[- ]?hand\b",
        "copia": r"\b(?:segunda|2a) vias?\b",
        "rh": r"\brecursos humanos\b|\bhuman resources\b",
        "breakfast": r"\bcafe da manha\b",
        "monday": r"\b2a?[- ]?feiras?\b",
        "tuesday": r"\b3a?[- ]?feiras?\b",
        "wednesday": r"\b4a?[- ]?feiras?\b",
        "thursday": r"\b5a?[- ]?feiras?\b",
        "friday": r"\b6a?[- ]?feiras?\b",
        " am ": r"(?<=\d) ?a\.m\b\.?",
        " pm ": r"(?<=\d) ?p\.m\b\.?",
    }.items()
)

# Apostrophes left out.
NEGATIONS = frozenset(
    words_of(
        "nao nunca nem sem jamais nenhum nenhuma exceto not never without cannot dont doesnt didnt cant isnt arent wont shouldnt "
        "wouldnt couldnt mustnt wasnt werent hasnt havent neither none except unless unable"
    )
)

# The unit in which a question asks for a time says nothing about its subject: "until what hour", "how many days".
ASKED_UNIT = re.compile(
    r"\b(?:q|que|qual|quais|what|which|quant[ao]s|how many) (?:[eo] |a |is |the )*"
    r"(?:segundos|minutos|horas?|dias?|datas?|semanas?|mes|meses|anos?|seconds|minutes|hours|days?|dates?|weeks?|months?|years?)"
    r"(?: (?:da|do|of the|in the) (?:semana|mes|ano|week|month|year))?\b"
)

WITHIN_NAMES = frozenset(words_of("de da do das dos e of"))
TITLES = frozenset(words_of("dr dra sr sra prof mr mrs ms dom dona doutor doutora doctor"))

# Words that carry no question's subject.
STOP_WORDS = frozenset(
    words_of(
        "a o as os um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para pra pro p com que e ou se "
        "eu ele ela eles elas dele dela voce voces vc vcs meu minha meus minhas seu sua seus suas nosso nossa me te lhe mim comigo isso "
        "deste desta desse dessa neste nesta nesse nessa sera serao "
        "este esta esse essa isto aquele aquela ao aos ja sim ser sou sao era foi ter tenho tem temos tinha ha haver estar estou estao "
        "estando estiver esta ta vou vai vao fazer faco faz fazem fazendo posso pode podem poderia poderiam podemos devo deve dever "
        "consigo consegue conseguir preciso precisa tipo qual quais quem como quando onde aonde quanto quanta quantos quantas ate la "
        "aqui ai mais muito so tambem mas entao agora possivel seria gostaria quero queria quer fica ficam ficou ficar encontro "
        "encontrar encontra acho achar tiver dar dao da deu algum alguma alguem acontece acontecer caso casos ver vem sobre nada cade "
        "cabe via aos the of to in on at for with and or if is are was were be been being am do does did doing can could should would "
        "will shall may might must i you he she it we they me my mine your our us him his her its their them this that these those what "
        "whats which who whom whose where why when how from by as has have had having there here about any some please tell know want "
        "like need needs an vez vezes times best melhor right able possible get getting give let go into out up s d ll re ve m t much "
        "many long often so just also then than too still now case happen happens find looking look see way ways way all im id ive one "
        "ok okay anything something someone somebody kind type steps amount high far come means mean want"
    )
)

# Function words of one language alone.
PORTUGUESE = frozenset(
    words_of(
        "o os um uma de da dos das em na nos nas pelo pela para pra com que e ou se eu voce voces vc vcs meu minha seu sua ao aos ser "
        "sao tem tenho esta estou vou vai fazer posso pode podem preciso qual quais quem como quando onde quanto quantos ate nao sem "
        "por"
    )
)
ENGLISH = frozenset(
    words_of(
        "the of to in on at for with and or if is are was be am does did can could should would will may must i you he she it we they "
        "my your our that this these what which who where why when how from by have has there not without"
    )
)

TO = frozenset({"to", "para", "pra", "p", "ate", "into", "rumo"})
FROM = frozenset({"de", "do", "da", "dos", "das", "desde", "from", "entre"})
ARTICLES = frozenset(words_of("a o as os the um uma an de do da"))
