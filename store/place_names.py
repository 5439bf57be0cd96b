"""Places whose names differ between Portuguese and English: the name of each as it is compared, then how both write it."""

from functools import cache

from store.lexical import fold

# "_" stands between the words of a name, where there may be a space or a hyphen.
PLACES = """
lisbon: lisboa lisbon
london: londres london
paris: paris
rome: roma rome
milan: milão milan
venice: veneza venice
florence: florença florence
vienna: viena vienna
geneva: genebra geneva
zurich: zurique zurich
munich: munique munich
berlin: berlim berlin
hamburg: hamburgo hamburg
frankfurt: frankfurt francoforte
brussels: bruxelas brussels
copenhagen: copenhague copenhagen
stockholm: estocolmo stockholm
warsaw: varsóvia warsaw
prague: praga prague
athens: atenas athens
moscow: moscou moscovo moscow
seville: sevilha seville
tokyo: tóquio tokyo
beijing: pequim beijing
newyork: new_york nova_york nova_iorque newyork
brazil: brasil brazil
germany: alemanha germany
spain: espanha spain
france: frança france
italy: itália italy
england: inglaterra england
scotland: escócia scotland
ireland: irlanda ireland
uk: reino_unido united_kingdom uk
usa: estados_unidos united_states eua usa
switzerland: suíça switzerland
netherlands: holanda netherlands holland
belgium: bélgica belgium
denmark: dinamarca denmark
sweden: suécia sweden
norway: noruega norway
finland: finlândia finland
poland: polônia poland
greece: grécia greece
turkey: turquia
russia: rússia russia
ukraine: ucrânia ukraine
austria: áustria austria
japan: japão japan
india: índia india
egypt: egito egypt
southafrica: áfrica_do_sul south_africa southafrica
mozambique: moçambique mozambique
capeverde: cabo_verde cape_verde capeverde
uruguay: uruguai uruguay
paraguay: paraguai paraguay
ecuador: equador ecuador
colombia: colômbia colombia
europe: europa europe
africa: áfrica africa
asia: ásia asia
canaries: ilhas_canárias canary_islands canaries
balearics: ilhas_baleares balearic_islands balearics
azores: açores azores
"""


@cache
def places() -> dict[str, str]:
    """Return for each folded name, its words joined, the one it is compared by."""
    return {
        fold(written).replace("_", ""): name
        for name, _, names in (line.partition(":") for line in PLACES.split("\n"))
        for written in names.split()
    }
