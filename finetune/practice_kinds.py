"""The kinds of facts that practice rows are made of: what companies write down, in Portuguese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: `text` answers each of the `questions`; the slot `key`, which all have, tells facts of the kind apart."""

    key: str
    text: str
    questions: tuple[str, ...]


KINDS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "en": (
        Kind(
            "code",
            "Fault {code} points to {part}: {act}.",
            ("What is the meaning of fault {code}?", "My machine shows {code}. What should I do?", "It stops again and again with {code}."),
        ),
        Kind(
            "code",
            "Warning {code} comes up when {part} sits loose; press {button} to clear it.",
            ("Why do I get warning {code}?", "How do I make {code} go away?", "{code} is blinking, is that bad?"),
        ),
        Kind(
            "code",
            "Spare part {code} belongs to the {ware} and costs {price}.",
            ("Which device takes spare part {code}?", "What do I pay for a {code}?", "I need a new {code}, how much is one?"),
        ),
        Kind(
            "code",
            "Spare part {code} is to be renewed every {few} months.",
            ("How often is {code} renewed?", "What is the service life of {code}?", "We fitted {code} last winter. Is it due again?"),
        ),
        Kind(
            "code",
            "Form {code} goes to {person} no later than {date}.",
            ("To whom do I give form {code}?", "Until which date is {code} accepted?", "I have filled in {code}, where does it go?"),
        ),
        Kind(
            "ware",
            "The {ware} is {price} a month, {few} users included.",
            ("What does the {ware} cost?", "What will I be charged for the {ware}?", "We are thinking of the {ware}. Is it expensive?"),
        ),
        Kind(
            "ware",
            "The {ware} weighs {many} kg and is under warranty for {few} years.",
            ("What is the weight of the {ware}?", "How long is the {ware} under warranty?", "Can I carry the {ware} alone?"),
        ),
        Kind(
            "ware",
            "Whoever pays for the {ware} before day {few} of the month saves {percent}.",
            ("Is there a rebate on the {ware}?", "How do I get the {ware} cheaper?", "What do early payers save on the {ware}?"),
        ),
        Kind(
            "ware",
            "The {ware} can be returned within {many} days; call {phone} first.",
            ("Can I send back the {ware}?", "How long may I keep the {ware} on trial?", "I no longer want the {ware}. Whom do I call?"),
        ),
        Kind(
            "place",
            "The {place} is open from {hour} on working days and stays shut on public holidays.",
            ("When does the {place} open?", "From when on can I visit the {place}?", "I am early, is there anyone at the {place}?"),
        ),
        Kind(
            "place",
            "On Saturdays the {place} shuts at {hour}.",
            (
                "Until when is the {place} open on Saturdays?",
                "How late may I come to the {place} on a Saturday?",
                "When is the {place} done?",
            ),
        ),
        Kind(
            "place",
            "The {place} is {spot}; a {colour} badge opens its door.",
            ("Where do I find the {place}?", "Which badge lets me into the {place}?", "I have a meeting at the {place}. How do I get in?"),
        ),
        Kind(
            "place",
            "Renting the {place} for an evening costs {price}, of which {percent} is paid in advance.",
            ("What is the rent of the {place}?", "How much do I pay in advance for the {place}?", "May we have our party at the {place}?"),
        ),
        Kind(
            "team",
            "You reach {team} on extension {extension}.",
            ("What is the number of {team}?", "How can I ring {team}?", "I have to talk to someone from {team}."),
        ),
        Kind(
            "team",
            "Write to {team} at {mail}; an answer takes {few} working days.",
            ("How do I write to {team}?", "Which address does {team} have?", "I want something from {team}, how long will it take?"),
        ),
        Kind(
            "staff",
            "Leave for {staff} is {many} days a year, to be asked for {few} weeks before.",
            ("How much leave do {staff} have?", "When must {staff} ask for leave?", "I work with the {staff}. How many days can I take?"),
        ),
        Kind(
            "staff",
            "On trips {staff} may spend up to {price} a day.",
            (
                "What can {staff} spend on a trip?",
                "Is there a daily limit for {staff} who travel?",
                "We {staff} go to a fair. What is paid?",
            ),
        ),
        Kind(
            "town",
            "{person} is in charge of {town}.",
            ("Who is in charge of {town}?", "Whom do I turn to in {town}?", "I have a customer in {town}. Who takes care of that?"),
        ),
        Kind(
            "town",
            "Parcels to {town} take {few} working days, and postage is {price}.",
            ("When do parcels arrive in {town}?", "What is the postage to {town}?", "Can you send it to {town}, and how fast?"),
        ),
        Kind(
            "system",
            "Passwords of {system} last {many} days; renew yours at {site}.",
            ("How long does a {system} password last?", "Where do I renew my {system} password?", "{system} will not let me in any more."),
        ),
        Kind(
            "system",
            "To enter leave in {system}, choose menu {few} and type {code}.",
            ("How do I enter leave in {system}?", "What do I type for leave in {system}?", "Where in {system} are my days off?"),
        ),
        Kind(
            "system",
            "The course on {system} is held by {person} on {date}.",
            ("When is the course on {system}?", "Who teaches {system}?", "I have never used {system}. Can I learn it somewhere?"),
        ),
        Kind(
            "colour",
            "A {colour} lamp at the front says that {part} has to be checked.",
            ("What does the {colour} lamp stand for?", "The {colour} lamp is on. What now?", "Why does it shine {colour}?"),
        ),
        Kind(
            "day",
            "On {day}s the van comes at {hour}.",
            (
                "When does the van come on {day}s?",
                "At what time is {day}'s van?",
                "I have a parcel for the van on {day}. How late can I be?",
            ),
        ),
    ),
    "pt": (
        Kind(
            "code",
            "A falha {code} vem de um problema: {part}; {act}.",
            ("Qual o significado da falha {code}?", "Minha máquina mostra {code}. O que devo fazer?", "Ela para toda hora com {code}."),
        ),
        Kind(
            "code",
            "O aviso {code} surge quando {part} está frouxo; aperte {button} para apagá-lo.",
            ("Por que recebo o aviso {code}?", "Como faço o {code} sumir?", "Está piscando {code}, é grave?"),
        ),
        Kind(
            "code",
            "O componente {code} pertence ao {ware} e sai por {price}.",
            ("Em que aparelho vai o componente {code}?", "Quanto pago por um {code}?", "Preciso de um {code} novo, qual é o valor?"),
        ),
        Kind(
            "code",
            "O componente {code} é renovado a cada {few} meses.",
            ("Com que frequência se renova o {code}?", "Qual a vida útil do {code}?", "Pusemos o {code} no inverno. Já venceu?"),
        ),
        Kind(
            "code",
            "A ficha {code} vai para {person}, no máximo em {date}.",
            ("Para quem vai a ficha {code}?", "Até que data aceitam a {code}?", "Já preenchi a {code}, entrego onde?"),
        ),
        Kind(
            "ware",
            "O {ware} sai por {price} ao mês, com {few} usuários.",
            ("Qual é o valor do {ware}?", "Quanto me cobram pelo {ware}?", "Estamos pensando no {ware}. É caro?"),
        ),
        Kind(
            "ware",
            "O {ware} tem {many} kg e garantia por {few} anos.",
            ("Qual é o peso do {ware}?", "Por quanto tempo o {ware} está na garantia?", "Consigo carregar o {ware} sem ajuda?"),
        ),
        Kind(
            "ware",
            "Quem paga o {ware} antes do dia {few} do mês economiza {percent}.",
            ("O {ware} tem abatimento?", "Como consigo o {ware} mais barato?", "Quanto poupa no {ware} quem paga cedo?"),
        ),
        Kind(
            "ware",
            "O {ware} pode ser devolvido em até {many} dias; ligue antes para {phone}.",
            ("Posso devolver o {ware}?", "Quanto tempo posso testar o {ware}?", "Não quero mais o {ware}. Para onde ligo?"),
        ),
        Kind(
            "place",
            "A {place} abre às {hour} nos dias úteis e não funciona em feriados.",
            ("A que horas abre a {place}?", "A partir de quando posso ir à {place}?", "Cheguei cedo, já tem alguém na {place}?"),
        ),
        Kind(
            "place",
            "Aos sábados a {place} encerra às {hour}.",
            ("Até quando a {place} abre aos sábados?", "No sábado, posso chegar à {place} até que horas?", "Quando encerra a {place}?"),
        ),
        Kind(
            "place",
            "A {place} fica {spot}; o crachá de cor {colour} abre a porta.",
            ("Onde encontro a {place}?", "Que crachá serve na {place}?", "Tenho reunião na {place}. Como entro?"),
        ),
        Kind(
            "place",
            "O aluguel da {place} por uma noite é de {price}, com {percent} pagos antes.",
            ("Qual é o aluguel da {place}?", "Quanto se paga antes pela {place}?", "Podemos fazer nossa festa na {place}?"),
        ),
        Kind(
            "team",
            "Fala-se com a equipe de {team} pelo ramal {extension}.",
            ("Qual é o número da equipe de {team}?", "Como telefono para {team}?", "Tenho que falar com alguém de {team}."),
        ),
        Kind(
            "team",
            "Escreva à equipe de {team} em {mail}; a resposta leva {few} dias úteis.",
            ("Como escrevo para {team}?", "Que endereço tem a equipe de {team}?", "Quero algo de {team}, demora quanto?"),
        ),
        Kind(
            "staff",
            "As férias dos {staff} são de {many} dias por ano, pedidas {few} semanas antes.",
            (
                "Quantos dias de férias têm os {staff}?",
                "Quando os {staff} devem pedir férias?",
                "Trabalho com os {staff}. Quanto posso tirar?",
            ),
        ),
        Kind(
            "staff",
            "Em viagem, os {staff} podem gastar até {price} por dia.",
            (
                "Quanto podem gastar os {staff} em viagem?",
                "Há limite diário para {staff} que viajam?",
                "Nós, {staff}, vamos a uma feira. O que é pago?",
            ),
        ),
        Kind(
            "town",
            "{person} responde por {town}.",
            ("Quem responde por {town}?", "Em {town}, com quem falo?", "Tenho um cliente em {town}. Quem cuida disso?"),
        ),
        Kind(
            "town",
            "Encomendas para {town} levam {few} dias úteis, com frete de {price}.",
            ("Quando chegam as encomendas em {town}?", "Qual é o frete até {town}?", "Dá para mandar para {town}, e com que rapidez?"),
        ),
        Kind(
            "system",
            "As senhas do {system} valem por {many} dias; renove a sua em {site}.",
            ("Por quanto tempo vale a senha do {system}?", "Onde renovo minha senha do {system}?", "O {system} não me deixa mais entrar."),
        ),
        Kind(
            "system",
            "Para lançar férias no {system}, escolha o menu {few} e digite {code}.",
            ("Como se lançam férias no {system}?", "O que digito para férias no {system}?", "Onde ficam minhas folgas no {system}?"),
        ),
        Kind(
            "system",
            "O curso de {system} é dado por {person} em {date}.",
            ("Quando é o curso de {system}?", "Quem ensina {system}?", "Nunca usei o {system}. Posso aprender em algum lugar?"),
        ),
        Kind(
            "colour",
            "A lâmpada {colour} na frente avisa que é preciso conferir: {part}.",
            ("O que indica a lâmpada {colour}?", "A lâmpada {colour} está acesa. E agora?", "Por que há uma luz {colour}?"),
        ),
        Kind(
            "day",
            "O furgão de {day} vem às {hour}.",
            (
                "Quando vem o furgão de {day}?",
                "A que horas é o furgão na {day}?",
                "Tenho um pacote para {day}. Até que horas o furgão espera?",
            ),
        ),
    ),
}
