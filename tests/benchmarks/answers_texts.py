"""Texts such as a company's manuals hold, in Portuguese and English: made from a seed, with names, codes and numbers that vary."""

import random

_PLACES = {
    "en": "kitchen warehouse cellar reception workshop laboratory office garage loading-bay archive canteen roof yard server-room entrance",
    "pt": "cozinha armazém porão recepção oficina laboratório escritório garagem doca arquivo refeitório telhado pátio servidores portaria",
}
_THINGS = {
    "en": (
        "filter pump invoice contract badge printer boiler ladder truck pallet order refund ticket password laptop sensor valve battery "
        "certificate permit voucher calendar report budget meeting shift uniform helmet alarm elevator heater router licence payroll"
    ),
    "pt": (
        "filtro bomba fatura contrato crachá impressora caldeira escada caminhão palete pedido reembolso chamado senha notebook sensor "
        "válvula bateria certificado alvará vale calendário relatório orçamento reunião turno uniforme capacete alarme elevador aquecedor"
    ),
}
_DEEDS = {
    "en": "check replace order clean return sign renew approve report cancel calibrate archive unlock inspect test store label count",
    "pt": "verificar trocar pedir limpar devolver assinar renovar aprovar relatar cancelar calibrar arquivar liberar testar guardar",
}
_SENTENCES = {
    "en": (
        "To {deed} the {thing} {code}, ask {name} at the {place} at least {number} days before.",
        "The {thing} of the {place} costs {number} euros and is valid until the {day}th.",
        "{name} keeps the key of the {place}; without it nobody may {deed} a {thing}.",
        "If the {thing} {code} shows error {error}, {deed} it and call extension {extension}.",
        "Every {thing} that leaves the {place} needs the form {code}, signed by {name}.",
        "Please {deed} the {thing} every {number} weeks and write it into the list of the {place}.",
    ),
    "pt": (
        "Para {deed} o item {thing} {code}, fale com {name} na área {place} com {number} dias de antecedência.",
        "O item {thing} da área {place} custa {number} reais e vale até o dia {day}.",
        "A chave da área {place} fica com {name}; sem ela ninguém pode {deed} o item {thing}.",
        "Se {thing} {code} mostrar o erro {error}, tente {deed} e ligue para o ramal {extension}.",
        "Todo item {thing} que sai da área {place} precisa do formulário {code}, assinado por {name}.",
        "É preciso {deed} o item {thing} a cada {number} semanas e anotar na lista da área {place}.",
    ),
}
_QUESTIONS = {
    "en": ("Who can {deed} the {thing} {code}?", "How much is the {thing} of the {place}?", "What does error {error} of the {thing} mean?",
           "Where do I {deed} a {thing}, and does {name} have to sign?"),
    "pt": ("Quem pode {deed} o item {thing} {code}?", "Quanto custa {thing} na área {place}?", "O que significa o erro {error} em {thing}?",
           "Onde posso {deed} {thing}, e {name} precisa assinar?"),
}  # fmt: skip
_SYLLABLES = "ba be bo da de do fa fi ga go la le lo ma me mi na ne no pa pe ra re ri sa se so ta te to va ve vi xa zo"


def a_text(rng: random.Random) -> tuple[str, str, str]:
    """Return a heading, a text of two to four sentences, and its language."""
    language = rng.choice(("en", "pt"))
    heading = f"{rng.choice(_THINGS[language].split()).capitalize()}: {rng.choice(_PLACES[language].split())}"
    return heading, " ".join(_filled(rng, language, rng.choice(_SENTENCES[language])) for _ in range(rng.randint(2, 4))), language


def a_question(rng: random.Random) -> str:
    """Return a question about something of the kind that the texts speak of."""
    language = rng.choice(("en", "pt"))
    return _filled(rng, language, rng.choice(_QUESTIONS[language]))


def _filled(rng: random.Random, language: str, sentence: str) -> str:
    return sentence.format(
        deed=rng.choice(_DEEDS[language].split()),
        thing=rng.choice(_THINGS[language].split()),
        place=rng.choice(_PLACES[language].split()),
        name="".join(rng.choices(_SYLLABLES.split(), k=3)).capitalize(),
        code=f"{rng.choice('ABCDEFGH')}{rng.choice('KLMNPRTX')}-{rng.randint(100, 999)}",
        error=f"E{rng.randint(1, 400)}",
        number=rng.randint(2, 900),
        day=rng.randint(1, 28),
        extension=rng.randint(1000, 9999),
    )
