"""Look-up by code in tables as companies keep them: the right row first, with the date of its values."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.messages import Viewer
from store.database import Database
from store.knowledge import Knowledge
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from tests.fakes.encoder import WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW

_KINDS = ("filtro de óleo", "filtro de ar", "correia dentada", "junta da bomba")
PARTS = "Estoque em 12/03/2026\nCódigo;Descrição;Saldo;Preço\n" + "".join(
    f"FH-{number};{_KINDS[number % 4]} da máquina LT-{number % 7}00;{number % 50};{number},90\n" for number in range(200, 420)
)
LOG = "data,máquina,código da falha,serviço\n" + "".join(
    f"2026-0{1 + number % 9}-1{number % 10},PX-{number},E{100 + number},trocada a peça {4000 + number}-7\n" for number in range(80)
)
ERRORS = "error,meaning,updated\n" + "".join(
    f"E{number},sensor {number % 9} of the pump fails,2026-02-0{1 + number % 9}\n" for number in range(500, 560)
)


@asynccontextmanager
async def retriever_over(database: Database, folder: Path, files: dict[str, str]) -> AsyncIterator[HybridRetriever]:
    """Import *files* and open a retriever on what the product's own readers made of them."""
    for name, text in files.items():
        await asyncio.to_thread((folder / name).write_text, text, "utf-8")
    await Knowledge(database, now=lambda: NOW).add([folder], audience="employees", max_file_mb=1)
    encoder, index = WordEncoder(), MemoryIndex()
    while await Outbox(database, index, encoder).drain():
        pass
    yield HybridRetriever(database, index, encoder, passages=3, minimum_score=0.3)


# Question, how the text of the first passage begins, and the date that it must hold.
LOOK_UPS = [
    ("Qual é o saldo da FH-300?", "Código: FH-300;", "Estoque em 12/03/2026"),
    ("quanto custa o filtro fh-301", "Código: FH-301;", "Estoque em 12/03/2026"),
    ("How many FH-417 are left in stock?", "Código: FH-417;", "Estoque em 12/03/2026"),
    ("FH-222", "Código: FH-222;", "Estoque em 12/03/2026"),
    ("Preciso da junta (FH-319), urgente!", "Código: FH-319;", "Estoque em 12/03/2026"),
    ("tem FH 333 em estoque?", "Código: FH-333;", "Estoque em 12/03/2026"),
    ("E501", "error: E501;", "2026-02-"),
    ("What does error E517 on the pump mean?", "error: E517;", "2026-02-"),
    ("o que significa o erro e559?", "error: E559;", "2026-02-"),
    ("O que foi feito na PX-33?", "data: 2026-07-13; máquina: PX-33;", "2026-07-13"),
    ("Onde entrou a peça 4071-7?", "data: 2026-09-11; máquina: PX-71;", "2026-09-11"),
]


async def test_a_code_finds_its_row_with_its_date(database: Database, tmp_path: Path) -> None:
    """The neighbours differ by one character, and the answer must say when the value was true."""
    async with retriever_over(database, tmp_path, {"estoque.csv": PARTS, "errors.csv": ERRORS, "log.csv": LOG}) as retriever:
        firsts = [(await retriever.find(question, viewer=Viewer("employees"))).passages[0].text for question, _, _ in LOOK_UPS]

    wrong = [
        (question, text)
        for (question, begins, dated), text in zip(LOOK_UPS, firsts, strict=True)
        if not text.startswith(begins) or dated not in text
    ]
    assert wrong == []


def _routine(first: int) -> str:
    parts = ("rolamento", "correia", "painel", "motor", "mancal", "sensor", "eixo", "freio", "cabo", "bico")
    return " ".join(f"O {parts[number % 10]} {number} foi verificado e está em ordem." for number in range(first, first + 20))


async def test_a_code_finds_the_part_of_a_long_row_that_answers(database: Database, tmp_path: Path) -> None:
    """A row is divided; whichever part holds the answer is found by the code, and dated."""
    notes = {machine: f"{_routine(0)} Vazamento na válvula {machine}. {_routine(20)}" for machine in "ABC"}
    text = "equipamento;data;relato\n" + "".join(f"MQ-{machine}7;2026-05-0{day};{notes[machine]}\n" for day, machine in enumerate(notes, 1))

    async with retriever_over(database, tmp_path, {"relatos.csv": text}) as retriever:
        found = await retriever.find("Houve vazamento na válvula da MQ-B7?", viewer=Viewer("employees"))

    assert all(passage.text.startswith("equipamento: MQ-B7; data: 2026-05-02; ") for passage in found.passages)
    assert any("Vazamento na válvula B." in passage.text for passage in found.passages)


async def test_a_code_is_found_among_hundreds_of_rows_that_mention_it_in_part(database: Database, tmp_path: Path) -> None:
    """FH-3 stands in FH-30 and FH-300 by its letters only; prefixes must not drown it."""
    text = "code,stock,as of\n" + "".join(f"FH-{number},{number % 9},2026-04-01\n" for number in range(1, 400))

    async with retriever_over(database, tmp_path, {"stock.csv": text}) as retriever:
        firsts = [(await retriever.find(f"stock of FH-{number}", viewer=Viewer("employees"))).passages[0].text for number in (3, 30, 300)]

    assert [first.split(";")[0] for first in firsts] == ["code: FH-3", "code: FH-30", "code: FH-300"]
