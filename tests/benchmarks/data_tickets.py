"""Made-up tickets of a help desk in Portuguese and English: with personal data, signatures, greetings, and near-duplicates."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_SEED: Final = 20_261_122
_CHARACTERS: Final = 400  # of a question with its answer's share: each about so many
_NAMES: Final = """
Ana Bruno Carla Diego Elisa Fábio Gabriela Henrique Ingrid João Karina Lucas Marina Nelson Olívia Paulo Rita Sérgio
Tânia Vítor
Almeida Barbosa Cardoso Dias Esteves Ferreira Gomes Lima Macedo Nogueira Oliveira Pereira Queiroz Ramos Souza Teixeira
"""
_FIRST, _LAST = _NAMES.split()[:20], _NAMES.split()[20:]


def _phrases(table: str) -> dict[str, list[str]]:
    """Return the phrases of each kind: a kind a paragraph, phrases between bars."""
    kinds = (line.partition(":") for line in table.replace("\n  ", " ").strip().splitlines())
    return {kind: [phrase.strip() for phrase in phrases.split("|")] for kind, _, phrases in kinds}


_PT: Final = _phrases("""
things: o roteador | a impressora | o leitor de cartão | a esteira | o filtro | o painel | a bomba | o sensor | o aplicativo | a
  balança | o forno | o medidor
faults: não liga | mostra um código de erro | faz um barulho alto | parou depois da atualização | perde a conexão | vaza água |
  fica muito quente | imprime em branco | não lê o chip | desliga sozinho
when: desde ontem | desde a visita do técnico | depois da queda de energia | toda manhã | quando há muitos clientes | desde a
  última sexta | ao trocar o turno | a cada duas horas
tried: Já reiniciei e troquei o cabo | Segui o manual até o passo oito | Pedi ao colega que testasse em outra tomada | Limpei o
  filtro e esperei uma hora | Verifiquei as configurações da rede | Abri a tampa e olhei as peças
ask: O que devo fazer para resolver? | Vocês podem me orientar? | É preciso chamar a assistência? | Como faço para pedir uma peça
  nova? | Isso está coberto pela garantia?
do: desligue o equipamento e espere dois minutos | abra a tampa lateral e confira se a trava está fechada | entre no menu de
  serviço e escolha restaurar | troque o fusível que fica atrás do painel | atualize o programa pelo cabo que acompanha o produto
  | limpe os contatos com um pano seco | confira a pressão no manômetro
then: Depois ligue de novo e observe a luz por alguns instantes | Em seguida repita o teste com outro cartão | Se a mensagem
  voltar, anote o número que aparece | Feito isso, aguarde o sinal e registre a leitura | Por fim, guarde a nota e a embalagem por
  trinta dias
end: Se não resolver, agendamos uma visita sem custo | A garantia cobre a peça e a mão de obra | O prazo para a troca é de cinco
  dias úteis | A loja mais próxima também faz essa verificação
""")
_EN: Final = _phrases("""
things: the router | the printer | the card reader | the treadmill | the filter | the panel | the pump | the sensor | the app |
  the scale | the oven | the meter
faults: does not turn on | shows an error code | makes a loud noise | stopped after the update | loses its connection | leaks
  water | gets very hot | prints blank pages | does not read the chip | turns itself off
when: since yesterday | since the technician came | after the power cut | every morning | when there are many customers | since
  last Friday | when the shift changes | every two hours
tried: I restarted it and changed the cable | I followed the manual up to step eight | A colleague tried it on another socket | I
  cleaned the filter and waited an hour | I checked the network settings | I opened the lid and looked at the parts
ask: What should I do to fix it? | Can you guide me? | Do I need to call a technician? | How do I order a new part? | Is this
  covered by the warranty?
do: switch the device off and wait for two minutes | open the side lid and see that the latch is closed | enter the service menu
  and choose restore | change the fuse behind the panel | update the program with the cable in the box | clean the contacts with a
  dry cloth | check the pressure on the gauge
then: Then switch it on again and watch the light for a moment | After that repeat the test with another card | If the message
  comes back, write down its number | Once done, wait for the signal and note the reading | Finally, keep the invoice and the box
  for thirty days
end: If that does not help, we arrange a visit free of charge | The warranty covers the part and the work | A replacement takes
  five working days | The nearest shop does this check as well
""")
_CATEGORIES: Final = ("hardware", "billing", "delivery", "account", "warranty", "network")


def write_tickets(path: Path, count: int) -> None:
    """Write so many of Zendesk's tickets, a line each, from a fixed seed: of twenty, two repeat another one with a few words changed."""
    with path.open("w", encoding="utf-8") as file:
        for ticket in _tickets(random.Random(_SEED), count):
            file.write(json.dumps(ticket, ensure_ascii=False) + "\n")


def _tickets(rng: random.Random, count: int) -> Iterator[dict[str, Any]]:
    written: list[tuple[str, str]] = []
    for number in range(1, count + 1):
        words = _PT if rng.random() < 0.6 else _EN
        if written and rng.random() < 0.1:
            earlier, answer = rng.choice(written)
            question = f"{earlier} {rng.choice(words['ask'])}" if rng.random() < 0.3 else earlier
        else:
            question, answer = _question(rng, words), _answer(rng, words)
            written = [*written[-500:], (question, answer)]
        yield _ticket(rng, number, question, answer, portuguese=words is _PT)


def _question(rng: random.Random, words: dict[str, list[str]]) -> str:
    code = f"{rng.choice('ABCDEFGH')}{rng.randint(10, 99)}-{rng.randint(100, 999)}"
    said = _sentence(f"{rng.choice(words['things'])} ({code}) {rng.choice(words['faults'])} {rng.choice(words['when'])}")
    more = [f"{rng.choice(words['tried'])}." for _ in range(3)]
    more += [_sentence(f"{rng.choice(words['things'])} {rng.choice(words['faults'])} {rng.choice(words['when'])}") for _ in range(2)]
    rng.shuffle(more)
    return " ".join([said, *more, rng.choice(words["ask"])])[:_CHARACTERS]


def _answer(rng: random.Random, words: dict[str, list[str]]) -> str:
    steps = [_sentence(rng.choice(words["do"])) for _ in range(4)] + [f"{rng.choice(words['then'])}." for _ in range(2)]
    rng.shuffle(steps)
    return " ".join([*steps, f"{rng.choice(words['end'])}."])[:_CHARACTERS]


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _ticket(rng: random.Random, number: int, question: str, answer: str, *, portuguese: bool) -> dict[str, Any]:
    customer, agent = (f"{rng.choice(_FIRST)} {rng.choice(_LAST)}" for _ in range(2))
    phone = f"(11) 9{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}"
    contact = rng.choice((f"{customer.split()[0].lower()}{rng.randint(1, 999)}@exemplo.com.br", phone))
    hello, sign = ("Bom dia,", "Atenciosamente,") if portuguese else ("Hello,", "Kind regards,")
    reach = f" {'Meu contato é' if portuguese else 'My contact is'} {contact}." if rng.random() < 0.3 else ""
    return {
        "id": number,
        "subject": "",
        "raw_subject": "",
        "status": "solved" if rng.random() < 0.98 else "open",
        "description": f"{hello}\n{question}{reach}\n\n{sign}\n{customer}",
        "created_at": "2026-03-01T10:00:00Z",
        "requester_id": 10_000 + number,
        "submitter_id": 10_000 + number,
        "requester": {"id": 10_000 + number, "name": customer},
        "category": rng.choice(_CATEGORIES),
        "comments": [
            {
                "id": number * 2,
                "author_id": 7,
                "public": True,
                "created_at": "2026-03-01T11:00:00Z",
                "body": f"{hello[:-1]} {customer.split()[0]},\n{answer}\n\n{sign}\n{agent}",
            }
        ],
    }
