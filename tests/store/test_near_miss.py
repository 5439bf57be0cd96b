"""Which questions are one, and which only look it."""

import math

import pytest

from store.near_miss import Likeness, Nearness, best_possible, differs, evidence_of, exchanged, reconcilable, together_of, weigh
from store.question_reading import Reading, read


def apart(known: str, asked: str) -> str | None:
    """Return in what two questions differ."""
    return differs(read(known), read(asked))


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("What does FC-12 mean?", "what's the meaning of fc12"),
        ("What does FC-12 mean?", "FC 12, what does that mean?"),
        ("Posso pagar em 10 vezes?", "dá para pagar em dez vezes?"),
        ("Custa R$ 1.200,50 ou mais?", "custa 1200,5 reais ou mais?"),
        ("Is it open at 3 pm?", "is it open at 15:00"),
        ("O que muda em 9 de abril?", "o que muda no dia 9/4?"),
        ("Is it open on 9 April?", "is it open on April 9th?"),
        ("Abre na segunda-feira?", "abre na 2ª feira?"),
        ("Preciso da segunda via?", "preciso da 2ª via?"),
        ("Are vinte e cinco boxes enough?", "are 25 boxes enough?"),
        ("Is it two hundred and five euros?", "is it €205?"),
        ("Does one box cost more?", "does 1 box cost more?"),
        ("Como falo com a Ana Prado?", "como falo com a ana prado"),
        ("Where do I send the form?", "Good morning! Could you tell me where I send the form, please?"),
        ("Onde fica o RH?", "Não sei onde fica o RH"),
        ("How long does it take to Lisbon?", "Quanto tempo demora para Lisboa?"),
        ("Can I cancel without paying?", "Can I cancel for free?"),
        ("May I bring my dog in March?", "in march, may i bring my dog?"),
        ("Do you have an office in London?", "Vocês têm escritório em Londres?"),
        ("Is it on the tenth floor?", "É no décimo andar?"),
        ("Whom do I tell that I am ill?", "I am ill today, whom do I tell?"),
        ("Abrem no dia 24 de dezembro?", "vocês abrem na véspera de Natal?"),
        ("Are you open on New Year's Day?", "are you open on January 1st?"),
        ("Who approves payments above 50,000 dollars?", "who approves payments above 50k dollars?"),
        ("Are children allowed on the Saturday tour?", "are children allowed on saturday's tour?"),
        ("Quanto custa o buquê com 12 rosas?", "quanto custa o buquê com uma dúzia de rosas?"),
        ("Qual é a multa antes de 12 meses?", "qual é a multa antes de um ano?"),
        ("Can a 20-year-old drive the van?", "I am 20 years old, can I drive the van?"),
        ("Menor de 18 anos pode abrir conta?", "menor de idade pode abrir conta?"),
        ("Is it open from Monday to Friday?", "is it open mon-fri?"),
        ("May I order without a purchase order?", "may I order without a PO?"),
        ("Do you sell gluten-free bread?", "Vocês vendem pão sem glúten?"),
        ("What is the maximum stay?", "How long may I stay?"),
        ("Quais são os horários de visita?", "que horas posso visitar?"),
        ("Posso visitar o Parque das Araras no inverno?", "dá pra visitar o araras no inverno?"),
        ("Does Dr. Miriam Castelo see children?", "does dr castelo see children?"),
        ("O frete para São Vicente é grátis?", "o frete pra sv é grátis?"),
        ("O seguro vale na Ilha Comprida?", "o seguro vale na IC?"),
        ("Is the workshop open at the weekend?", "is the workshop open on saturdays and sundays?"),
        ("Do second-hand saws have a guarantee?", "as serras usadas têm garantia?"),
        ("Até que horas recebem patins no último dia?", "how late do you take skates on the last day?"),
        ("O que faço se o alarme disparar?", "O alarme disparou, qual é o procedimento?"),
        ("Where is the serial number of the pump?", "need the serial no. of the pump, where is it?"),
        ("Is delivery free?", "Is there no charge for delivery?"),
    ],
)
def test_one_question_has_many_forms(known: str, asked: str) -> None:
    """Numbers, dates, codes and names are written in many ways, and people say hello."""
    assert apart(known, asked) is None
    assert apart(asked, known) is None


@pytest.mark.parametrize(
    ("difference", "known", "asked"),
    [
        ("mark", "What does FC-12 mean?", "What does FC-21 mean?"),
        ("mark", "What does AB-12-CD mean?", "What does AB-12-CE mean?"),
        ("mark", "Posso pagar em 6 vezes?", "Posso pagar em dezesseis vezes?"),
        ("mark", "Is 4.5 kg too heavy?", "Is 45 kg too heavy?"),
        ("mark", "Is it open at 3 pm?", "Is it open at 3 am?"),
        ("mark", "Fecha às 15h30?", "Fecha às 15h?"),
        ("mark", "Is it open on 9 April?", "Is it open on 9 August?"),
        ("mark", "Abre na segunda?", "Abre na terça?"),
        ("mark", "Abre de manhã?", "Abre à tarde?"),
        ("mark", "Abre hoje?", "Abre amanhã?"),
        ("mark", "Compras acima de 5 mil reais?", "Compras acima de 50 mil reais?"),
        ("name", "What is Helen Marsh's number?", "What is Ellen Marsh's number?"),
        ("name", "Onde fica a sala Ipê?", "Onde fica a sala Jatobá?"),
        ("name", "Onde fica a sala Ipê?", "onde fica a sala jatoba"),
        ("name", "Does Dr. Miriam Castelo see children?", "does dr castelli see children?"),
        ("name", "Does Dr. Miriam Castelo see children?", "does the dr see children?"),
        ("name", "Is the Tarn Valley hostel open?", "is the Tarn Hill hostel open?"),
        ("name", "Is the Tarn Valley hostel open?", "is the tarn mouth hostel open?"),
        ("name", "Is the hostel in Tarnby Vale open?", "is the hostel open?"),
        ("negation", "Which dogs may fly?", "Which dogs may not fly?"),
        ("negation", "Posso entrar com crachá?", "Posso entrar sem crachá?"),
        ("negation", "Why was it approved?", "Why wasn't it approved?"),
        ("negation", "Are there rooms with windows?", "Are there rooms with no windows?"),
        ("negation", "What if I have a receipt?", "What if I have no receipt?"),
        ("contrast", "When do you open?", "When do you close?"),
        ("contrast", "How do I turn on the alarm?", "How do I turn the alarm off?"),
        ("contrast", "Qual é o valor mínimo?", "Qual é o valor máximo?"),
        ("contrast", "Does it cost 5 euros?", "Does it cost $5?"),
        ("contrast", "Is it due after 3 days?", "Is it due after 3 weeks?"),
        ("contrast", "When does the spring term begin?", "Quando começa o semestre de outono?"),
        ("order", "Quando sai o ônibus de Santos para Curitiba?", "Quando sai o ônibus de Curitiba a Santos?"),
        ("order", "How do I get from gate 1 to gate 3?", "How do I get from gate 3 to gate 1?"),
        ("name", "Is there a lift at the office in lisbon?", "Há elevador no escritório de madri?"),
        ("negation", "Can I get a refund if the crew arrives late?", "The crew did not arrive late. Can I get a refund?"),
        ("negation", "What may I put into the box?", "I am packing, what may I not put into the box?"),
        ("order", "Quanto custa um voo para Portugal?", "Qual é o preço de um voo de Portugal?"),
        (
            "order",
            "When does the lorry from Leeds to York leave?",
            "I'm in York, do you have a lorry from there to Leeds, or from York down to Leeds?",
        ),
        ("kind", "Who signs the report?", "When is the report signed?"),
        ("kind", "Como cancelo o plano?", "Por que o plano foi cancelado?"),
    ],
)
def test_what_makes_another_question(difference: str, known: str, asked: str) -> None:
    """An expert's words are believed: under another code, name or day they would be wrong."""
    assert apart(known, asked) == difference


def score(known: Reading, asked: Reading, *, near: Nearness, second: Nearness | None = None, likeness: Likeness) -> float | None:
    """Return the log odds of two questions whose words are as rare as each other, None where a word differs."""
    found = evidence_of(known, asked, near=near, second=second, rarity=lambda _: 1.0, likeness=likeness)
    return None if found is None else weigh(found, two=second is not None, cross=False)


def likely(known: str, asked: str, *, cosine: float = 0.8) -> float | None:
    """Return the score of two questions whose words are as rare as each other, and alike only where they are the same."""
    return score(read(known), read(asked), near=Nearness(cosine), likeness=lambda one, other: one == other)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("What does moving an upright piano cost?", "What does moving a grand piano cost?"),
        ("Quantos dias de férias eu tenho?", "Quantos dias de férias posso vender?"),
        ("How do I update a supplier's bank details?", "How do I update my bank details?"),
        ("How do I reset the router in the shop?", "How do I reset the scales in the shop?"),
        ("What does a sworn translation cost?", "What does an apostille cost?"),
        ("Are umbrellas allowed in the stadium?", "Are umbrellas sold in the stadium?"),
        ("Can I get a refund if I can't come to the show?", "Can I get a refund if I don't like the show?"),
        ("Posso levar meu número para outra operadora?", "Posso levar meu número de outra operadora?"),
    ],
)
def test_a_word_exchanged_or_added_makes_another_question(known: str, asked: str) -> None:
    """What is not in any list of codes or names tells two questions apart, too."""
    assert likely(known, asked, cosine=0.99) is None


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("How should I store the sourdough starter?", "Which flours does the sourdough starter need?"),
        ("Em quantas horas o eletricista chega?", "Quanto custa a visita do eletricista?"),
        ("De quanto em quanto tempo lavo o tapete?", "Onde compro um tapete igual?"),
        ("A partir de que idade a escolinha de surfe recebe alunos?", "Quantos alunos a escolinha de surfe tem por turma?"),
        ("When may I prune the fig tree?", "How high does the fig tree grow?"),
        ("Can I take the pram on the tram?", "Where do I park the pram on the tram?"),
        ("Quem edita o jornal do bairro?", "A que horas sai o jornal do bairro?"),
        ("Is the sauna open in August?", "What is the sauna in August?"),
    ],
)
def test_another_thing_asked_of_the_same_subject_is_another_question(known: str, asked: str) -> None:
    """The words are much the same, but not what they ask for."""
    assert apart(known, asked) == "kind"


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("What happens if I lose my locker key?", "What happens if somebody forces my locker?"),
        ("How many guests may I invite?", "How many speeches are there before the dinner of the guests?"),
        ("Posso levar meu gato para a pousada Lua?", "Posso jantar depois da aula na pousada Lua?"),
        ("Is the archive heated over Christmas?", "Do we get paid over Christmas?"),
    ],
)
def test_who_begins_alike_and_goes_on_otherwise_asks_another_question(known: str, asked: str) -> None:
    """A paraphrase hardly ever keeps the beginning and puts other words after it."""
    assert apart(known, asked) is None
    assert likely(known, asked, cosine=0.99) is None


def test_who_begins_otherwise_may_put_it_in_other_words() -> None:
    """What begins otherwise is told by the score."""
    assert (
        likely("What happens if I lose my locker key?", "My locker key is gone, what happens if I can't find it?", cosine=0.99) is not None
    )


def test_a_word_of_the_same_meaning_makes_no_other() -> None:
    """The encoder knows more synonyms than any list."""
    known, asked = read("How do I reset the gizmo in the shop?"), read("How do I reset the widget in the shop?")

    def likeness(one: str, other: str) -> float:
        return float(one == other or {one, other} == {"gizmo", "widget"})

    same = score(known, asked, near=Nearness(0.9), likeness=likeness)

    assert same is not None
    assert same > 0


def test_words_and_meaning_count() -> None:
    """Each kind of evidence moves the score in its direction."""
    known = "How do I book a meeting room?"
    near, far = likely(known, "How can I reserve a room for a meeting?"), likely(known, "How can I get lunch delivered to a meeting?")
    vague = likely(known, "How can I reserve a room for a meeting?", cosine=0.4)
    abroad = likely(known, "Como reservo uma sala de reunião?")

    assert near is not None
    assert near > 0
    assert near > (far or -math.inf)
    assert near > (vague or -math.inf)
    assert near > (abroad or -math.inf)


def test_the_nearest_of_many_is_believed_sooner() -> None:
    """A question that is about as near another approved one may be that, even where that is ruled out."""
    known, asked = read("How do I book a meeting room?"), read("Can we have the meeting room for an hour?")

    def against(rival: float) -> float:
        found = score(known, asked, near=Nearness(0.7, rival), likeness=lambda one, other: float(one == other))
        assert found is not None
        return found

    assert against(0.0) == against(0.4) > against(0.6) > against(0.7) > against(0.8)


def test_what_is_said_in_several_words_is_one() -> None:
    """Monday to Friday is no two days."""
    assert likely("Is the shop open on weekdays?", "Is the shop open Monday to Friday?") is not None
    assert read("Is the shop open on weekdays?").content.keys() == read("Is the shop open from Monday to Friday?").content.keys()
    assert read("Posso jogar fora a lata?").content.keys() & read("How do I get rid of the can?").content.keys()


def test_a_question_without_words_of_its_own_is_read() -> None:
    """Whatever people send must not break the look-up."""
    for text in ("", "?", "???", "🙂", "a", "1", "\ud800", "É", "P" * 3000, "1" * 500):
        assert read(text).denials == 0


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("How do I add a printer?", "I can't print anything. How do I add a printer?"),
        ("Como devolvo o remédio?", "Abri a caixa e não vou usar, como devolvo o remédio?"),
    ],
)
def test_what_is_denied_beside_the_question_is_not_denied_in_it(known: str, asked: str) -> None:
    """People tell first what does not work. An expert who told it may have meant just that."""
    assert apart(known, asked) is None
    assert apart(asked, known) == "negation"


def test_capitals_that_say_nothing_are_no_names() -> None:
    """Some people write everything in capitals, some Every Word Of A Title."""
    assert apart("How do I reset my badge?", "HOW DO I RESET MY BADGE?") is None
    assert apart("How do I reset my badge?", "How Do I Reset My Badge?") is None


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("Is there a discount for returning customers?", "We used you in 2021 as well. Is loyalty rewarded?"),
        ("What do international bank transfers cost?", "I am paying from a bank in Germany, what is charged on top?"),
        ("What does status FC-21 mean?", "FC-21 came up yesterday morning. Is there a problem with FC-21?"),
        ("How much is a school lunch?", "What do I pay for my kid's meal at noon?"),
        ("Can I get my money back if I can't come to the concert?", "I've fallen ill and will miss the show, do you refund tickets?"),
        ("Meu computador não liga, o que faço?", "Aperto o botão e o PC continua apagado"),
    ],
)
def test_one_who_tells_more_may_ask_the_same(known: str, asked: str) -> None:
    """Customers tell their case: days, places and numbers in it, and what a question denies said by another word."""
    assert apart(known, asked) is None


@pytest.mark.parametrize(
    ("difference", "known", "asked"),
    [
        ("mark", "When is the library open?", "When is the library open on Sunday?"),
        ("mark", "What does status FC-21 mean?", "Yesterday FC-12 came up. What is that?"),
        ("mark", "How long may I keep 20 boxes?", "I moved in with 200 boxes. Until when do you want them back?"),
        ("mark", "Is the pool open on Sundays?", "I am there all week. May I swim?"),
        ("name", "Do you have an office in Leeds?", "I live in York. Where may I visit you?"),
        ("negation", "Do I get a refund if the crew arrives late?", "Your crew did not arrive before nine as promised, is there a refund?"),
    ],
)
def test_what_is_told_beside_may_still_tell_two_apart(difference: str, known: str, asked: str) -> None:
    """What the approved question itself is about must be what is asked about."""
    assert apart(known, asked) == difference


def test_the_second_encoder_counts_within_a_language() -> None:
    """It is better than the first there, and knows nothing across."""
    known, english, portuguese = map(
        read, ("How do I book a room?", "Can we have the room for an hour?", "Como a gente consegue a sala hoje?")
    )

    def by_second(asked: Reading, cosine: float, rival: float = 0.0) -> float:
        near = Nearness(0.6)
        found = score(known, asked, near=near, second=Nearness(cosine, rival), likeness=lambda one, other: one == other)
        assert found is not None
        return found

    assert by_second(english, 0.95) > by_second(english, 0.87) > by_second(english, 0.95, 0.99)
    assert by_second(portuguese, 0.95) == by_second(portuguese, 0.0)


@pytest.mark.parametrize(("log_odds", "counts"), [(9.0, (6.0, 0.0)), (2.5, (2.5, 0.0)), (-1.5, (0.0, -1.5)), (-2.0, None)])
def test_what_the_cross_encoder_is_sure_of(log_odds: float, counts: tuple[float, float] | None) -> None:
    """For one question it outweighs nothing beyond a bound; against it, nothing outweighs it."""
    found = together_of(log_odds)

    assert (found and (found["together"], found["against"])) == counts


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("Quem adota tem licença-paternidade na Guará?", "Does paternity leave at Guará apply to adoptive fathers?"),
        ("How do I skip a week of my bread subscription?", "We will be away and do not want any bread in those days. What do I do?"),
        ("Há multa para quem falta na Vila do Ipê?", "não apareci na reserva, vão me cobrar alguma coisa?"),
    ],
)
def test_where_words_differ_the_cross_encoder_may_be_surer(known: str, asked: str) -> None:
    """What is put in words of its own may still be one question: it has to be sure, and without it nobody is."""
    one, other = read(known), read(asked)
    assert differs(one, other) is not None

    def evidence(*, doubts: bool) -> dict[str, float] | None:
        return evidence_of(one, other, near=Nearness(0.6), rarity=lambda _: 9.0, likeness=lambda *_: 0.0, doubts=doubts)

    doubted = evidence(doubts=True)
    assert reconcilable(one, other)
    assert evidence(doubts=False) is None
    assert doubted is not None
    assert doubted["doubted"]
    assert together_of(0.5, doubted=True) is None
    assert together_of(3.0, doubted=True) == together_of(3.0)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("What time is check-in on Sundays?", "What time is check-in on Saturdays?"),
        ("What does FC-12 mean?", "my machine shows FC-13 and I have no idea why"),
        ("Who approves visits in Santos?", "a school would like to come to our place in Recife, who says yes?"),
        ("Quanto custa o frete de Santos para Curitiba?", "preciso mandar uma caixa de Curitiba para Santos, sai quanto o frete?"),
        ("Can I cancel the course?", "Can't I cancel the course?"),
    ],
)
def test_another_number_code_or_name_is_never_reconciled(known: str, asked: str) -> None:
    """Nor is a sentence that is the other but for a word, or what leads the other way."""
    one, other = read(known), read(asked)

    assert differs(one, other) is not None
    assert not reconcilable(one, other)
    assert evidence_of(one, other, near=Nearness(0.6), rarity=lambda _: 9.0, likeness=lambda *_: 1.0, doubts=True) is None


@pytest.mark.parametrize(("two", "cross"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("asked", ["Which key opens the blue storeroom?", "Onde pego a chave do depósito azul?"])
def test_no_evidence_beats_the_best_that_is_possible(two: bool, cross: bool, asked: str) -> None:
    """What is ruled out by it, no reader looks at."""
    known, other = read("Where do I get the key of the blue storeroom?"), read(asked)
    near, second = Nearness(0.32), Nearness(0.99) if two else None
    found = evidence_of(known, other, near=near, second=second, rarity=lambda _: 9.0, likeness=lambda one, other: one == other)
    assert found is not None

    surest = (together_of(9.0) or {}) if cross else {}
    most = weigh(found | {"said": 1.0, "least_like": 1.0, "alike": 1.0, "shared": 20.0} | surest, two=two, cross=cross)

    assert best_possible(known, other, cosine=0.32, two=two, cross=cross) >= most


def test_what_a_name_is_may_be_left_out() -> None:
    """Tarnópolis is a branch, whether that is said or not; without the name it would be any branch."""
    known = "Qual é o centro de custo da filial Tarnópolis?"

    assert likely(known, "me diz o centro de custo de Tarnópolis") is not None
    assert likely("Qual é o centro de custo da filial nova?", "me diz o centro de custo da nova") is None


@pytest.mark.parametrize(
    ("known", "asked", "another"),
    [
        ("Posso fazer mudança aos sábados?", "Posso fazer obra aos sábados?", True),
        ("Qual o horário da piscina?", "Qual o horário da academia?", True),
        ("Quem pode usar a academia?", "Quem não pode usar a academia?", True),
        ("How do I register a guest's car?", "How do I unregister a guest's car?", True),
        ("Quanto custa o banho?", "Quanto custa a tosa?", True),
        ("Quanto custa a piscina?", "Quanto custa a academia para o visitante?", True),
        ("Where does the Grey Wimbrel berth?", "Where does the Grey Wimbrel lie?", False),
        ("Onde guardo a bicicleta?", "Onde deixo a bicicleta?", False),
        ("Qual o horário da piscina?", "A piscina abre que horas?", False),
        ("Qual o horário da piscina?", "Qual o horário da piscina do clube?", False),
    ],
)
def test_a_word_of_another_meaning_in_place_of_one_is_an_exchange(known: str, asked: str, another: bool) -> None:
    """What says nearly the same, or only more, may have the same answer."""
    pairs = {
        ("mudanca", "obra"): 0.44,
        ("piscina", "academia"): 0.37,
        ("banho", "tosa"): 0.4,
        ("banho", "custa"): 0.2,
        ("tosa", "custa"): 0.2,
        ("berth", "lie"): 0.58,
        ("guardo", "deixo"): 0.6,
    }
    likeness = {frozenset(pair): cosine for pair, cosine in pairs.items()}

    assert exchanged(read(known), read(asked), lambda one, other: likeness.get(frozenset({one, other}), 0.9)) is another
