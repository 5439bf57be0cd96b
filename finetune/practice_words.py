"""Made-up words for practice facts: names, codes, prices, hours. None is a real person's, place's or product's but by chance."""

import random
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Final

_SYLLABLES: Final = tuple(consonant + vowel for consonant in "bcdfjlmnprstvz" for vowel in "aeiou")
_ENDINGS: Final = ("", "", "l", "m", "n", "r", "s")
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXZ"
# What codes look like: L a letter, 0 a digit.
_CODES: Final = ("L0", "L00", "L000", "L-00", "L-000", "LL0000", "LL-00", "LLL-000", "L00-0")
_CENTS: Final = ("00", "25", "40", "50", "90")

_LISTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "first": ("Agnes", "Barry", "Celia", "Dennis", "Edith", "Fergus", "Greta", "Harold", "Iris", "Kenneth", "Lydia", "Oscar"),
        "site": ("branch", "store", "depot", "office", "hall", "workshop", "clinic", "ward", "kiosk", "terminal"),
        "ware": ("plan", "model", "kit", "bundle", "course", "filter", "pass", "ticket", "cover", "printer"),
        "team": ("finance", "legal", "purchasing", "marketing", "maintenance", "reception", "logistics", "payroll", "IT", "security"),
        "staff": ("managers", "interns", "drivers", "trainers", "technicians", "nurses", "supervisors", "analysts", "buyers"),
        "colour": ("blue", "green", "red", "yellow", "white", "black", "purple", "orange"),
        "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "month": ("January", "February", "March", "April", "May", "June", "July", "September", "October", "November", "December"),
        "part": ("the intake valve", "the mains lead", "the lid sensor", "the left bearing", "the second pump", "the drain hose"),
        "act": ("unplug it and ring maintenance", "tighten the lower screw", "let it cool for ten minutes", "open a ticket"),
        "button": ("Accept", "Restart", "Combine", "Export", "Release", "Forward", "Archive", "Copy"),
        "spot": ("on the ground floor", "on the second floor", "in the basement", "in wing B", "beside the canteen"),
    },
    "pt": {
        "first": ("Aurora", "Benício", "Célia", "Dário", "Estela", "Fábio", "Glória", "Heitor", "Iara", "Joel", "Lúcia", "Otávio"),
        "site": ("unidade", "loja", "filial", "sala", "portaria", "agência", "oficina", "clínica", "cantina", "estação"),
        "ware": ("plano", "modelo", "kit", "pacote", "curso", "filtro", "cartão", "bilhete", "seguro", "aparelho"),
        "team": ("finanças", "contratos", "compras", "comunicação", "manutenção", "recepção", "transportes", "pessoal", "informática"),
        "staff": ("gerentes", "estagiários", "motoristas", "instrutores", "técnicos", "enfermeiros", "supervisores", "vendedores"),
        "colour": ("azul", "verde", "vermelha", "amarela", "branca", "preta", "roxa", "laranja"),
        "day": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
        "month": ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "dezembro"),
        "part": ("a válvula de admissão", "o cabo da rede", "o sensor da tampa", "a segunda bomba", "a mangueira de dreno"),
        "act": ("tire da tomada e chame a manutenção", "aperte o parafuso de baixo", "deixe esfriar dez minutos", "abra um chamado"),
        "button": ("Aceitar", "Reiniciar", "Juntar", "Exportar", "Liberar", "Encaminhar", "Arquivar", "Copiar"),
        "spot": ("no térreo", "no segundo andar", "no subsolo", "na ala B", "ao lado do refeitório", "atrás dos elevadores"),
    },
}


def filled(text: str, language: str, rng: random.Random) -> dict[str, str]:
    """Return a made-up value for each slot of *text*, in the order in which they stand there."""
    slots = dict.fromkeys(slot for _, slot, _, _ in Formatter().parse(text) if slot)
    return {slot: _MAKERS[slot](rng, language) for slot in slots}


def like(value: str, slot: str, language: str, rng: random.Random) -> str:
    """Return another value for *slot* that is easily taken for *value*: a code with one digit changed, else one of the same kind."""
    digits = [at for at, letter in enumerate(value) if letter.isdigit()]
    if digits and slot in ("code", "ware"):
        at = rng.choice(digits)
        return value[:at] + rng.choice([digit for digit in "123456789" if digit != value[at]]) + value[at + 1 :]
    return next(found for found in iter(lambda: _MAKERS[slot](rng, language), None) if found != value)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3))).capitalize() + rng.choice(_ENDINGS)


def _code(rng: random.Random, _language: str = "") -> str:
    drawn = {"L": _LETTERS, "0": "0123456789"}
    return "".join(rng.choice(drawn.get(letter, letter)) for letter in rng.choice(_CODES))


def _listed(name: str) -> Callable[[random.Random, str], str]:
    return lambda rng, language: rng.choice(_LISTS[language][name])


def _number(low: int, high: int) -> Callable[[random.Random, str], str]:
    return lambda rng, _language: str(rng.randint(low, high))


def _price(rng: random.Random, language: str) -> str:
    whole, cents = rng.randint(3, 950), rng.choice(_CENTS) if rng.random() < 0.5 else ""
    if language == "pt":
        return f"R$ {whole},{cents}" if cents else f"R$ {whole}"
    return f"{rng.choice('£$€')}{whole}{'.' if cents else ''}{cents}"


def _hour(rng: random.Random, language: str) -> str:
    hour, minutes = rng.randint(6, 22), rng.choice(("00", "10", "15", "30", "40", "45"))
    if language == "pt":
        return f"{hour}h" if minutes == "00" else f"{hour}h{minutes}"
    if minutes == "00" and rng.random() < 0.5:
        return f"{hour - 12 if hour > 12 else hour} {'am' if hour < 12 else 'pm'}"
    return f"{hour:02}:{minutes}"


def _date(rng: random.Random, language: str) -> str:
    day, month = rng.randint(1, 28), rng.choice(_LISTS[language]["month"])
    return f"{day} de {month}" if language == "pt" else f"{day} {month}"


def _phone(rng: random.Random, language: str) -> str:
    area, number = rng.randint(100, 999), rng.randint(1000, 9999)
    return f"0800 {area} {number}" if language == "pt" else f"01{area} {number}{rng.randint(10, 99)}"


_MAKERS: Final[Mapping[str, Callable[[random.Random, str], str]]] = {
    "code": _code,
    "ware": lambda rng, language: f"{rng.choice(_LISTS[language]['ware'])} {rng.choice((_word(rng), _code(rng)))}",
    "place": lambda rng, language: (
        f"{rng.choice(_LISTS[language]['site'])} {_word(rng)}"
        if language == "pt"
        else f"{_word(rng)} {rng.choice(_LISTS[language]['site'])}"
    ),
    "town": lambda rng, _language: _word(rng),
    "system": lambda rng, _language: _word(rng),
    "person": lambda rng, language: f"{rng.choice(_LISTS[language]['first'])} {_word(rng)}",
    "mail": lambda rng, _language: f"{_word(rng).lower()}@{_word(rng).lower()}.example",
    "site": lambda rng, _language: f"{_word(rng).lower()}.{_word(rng).lower()}.example",
    "price": _price,
    "hour": _hour,
    "date": _date,
    "phone": _phone,
    "percent": lambda rng, _language: f"{rng.randint(2, 60)}%",
    "few": _number(2, 12),
    "many": _number(13, 90),
    "extension": _number(100, 9999),
    **{name: _listed(name) for name in ("team", "staff", "colour", "day", "part", "act", "button", "spot")},
}
