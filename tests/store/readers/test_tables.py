"""Tables of parts, stock and maintenance: every row stands alone, with its code, its date, and the table's own remarks."""

import pytest

from store.readers.columns import holds_a_date, names_a_date
from store.readers.csv_file import read_csv
from store.readers.document import Excerpt, Unreadable

STOCK = "Peça;Saldo\nFH-300;4\nFH-301;0\n"


@pytest.mark.parametrize(
    "text",
    [
        f"Atualizado em 12/03/2026\n{STOCK}",
        f"Atualizado em 12/03/2026;\n\n{STOCK}",
        f"# Atualizado em 12/03/2026\n{STOCK}",
        f"{STOCK}\nAtualizado em 12/03/2026\n",
        f"{STOCK};\nAtualizado em 12/03/2026;\n",
    ],
)
def test_a_date_that_the_file_states_is_said_with_every_row(text: str) -> None:
    """‘There are four’ was true in March; people must be told when."""
    assert read_csv(text, "estoque.csv").excerpts == (
        Excerpt("Peça: FH-300; Saldo: 4; Atualizado em 12/03/2026", row="1", dated="2026-03-12"),
        Excerpt("Peça: FH-301; Saldo: 0; Atualizado em 12/03/2026", row="2", dated="2026-03-12"),
    )


def test_a_rows_own_date_goes_before_the_files() -> None:
    """Two dates in one row would leave open which is meant; a date of expiry says nothing of when the row was true."""
    text = "Stock as of 2026-03-12\npart;stock;updated_at;expiry date\nA;4;2026-03-01;2027-01-01\nB;5;;2027-01-01\n"

    assert [excerpt.text for excerpt in read_csv(text, "stock.csv").excerpts] == [
        "part: A; stock: 4; updated_at: 2026-03-01; expiry date: 2027-01-01",
        "part: B; stock: 5; expiry date: 2027-01-01; Stock as of 2026-03-12",
    ]


def test_what_stands_above_a_table_is_its_title_and_heading() -> None:
    """Reports of other programs begin with their name and their unit."""
    text = "Estoque da filial Recife;\nPosição em março/2026;\nSaldos em caixas de doze;;\nPeça;Saldo;Local\nFH-300;4;B2\n"

    draft = read_csv(text, "a.csv")

    assert draft.title == "Estoque da filial Recife"
    assert draft.excerpts == (
        Excerpt("Peça: FH-300; Saldo: 4; Local: B2; Posição em março/2026", heading="Saldos em caixas de doze", row="1"),
    )


def test_a_row_that_must_be_divided_repeats_its_code_and_date() -> None:
    """The second half of a maintenance report is found, and understood, by its machine and day only."""
    report = "Trocado o filtro de óleo da bomba principal. " * 20

    excerpts = read_csv(f"Data;Máquina;Código;Relato;Técnico\n2026-03-01;Prensa;PX-7;{report};Rui\n", "log.csv").excerpts

    assert len(excerpts) > 2
    assert {excerpt.row for excerpt in excerpts} == {"1"}
    assert all(excerpt.text.startswith("Data: 2026-03-01; Código: PX-7; ") and len(excerpt.text) < 700 for excerpt in excerpts)
    assert excerpts[1].text.startswith("Data: 2026-03-01; Código: PX-7; Relato: Trocado o filtro")
    assert "".join(excerpt.text for excerpt in excerpts).count("Trocado o filtro") == 20


def test_the_code_of_a_divided_row_is_in_every_part() -> None:
    """A part without its code would be lost to a look-up by it."""
    excerpts = read_csv(f"codigo,nota,atualizado em\nFH-300,{'Usar só com a junta nova. ' * 40},1/3/26\n", "parts.csv").excerpts

    assert len(excerpts) > 2
    assert all("codigo: FH-300" in excerpt.text and "atualizado em: 1/3/26" in excerpt.text for excerpt in excerpts)


@pytest.mark.parametrize(("columns", "name"), [(40, "code"), (6, "code " * 25)])
def test_a_row_of_nothing_but_names_is_kept_whole(columns: int, name: str) -> None:
    """Nothing of it may be lost because all of it could be its name."""
    header, row = ",".join([name] * columns), ",".join(f"PART-{number}-{'X' * 20}" for number in range(columns))

    text = " ".join(excerpt.text for excerpt in read_csv(f"{header}\n{row}\n", "a.csv").excerpts)

    assert all(f"PART-{number}-" in text for number in range(columns))


@pytest.mark.parametrize("text", ["Names\nAna\nRui\n", "a,b\nx,\n2026-03-01,\n"])
def test_values_are_not_taken_for_remarks(text: str) -> None:
    """A row with one value is a row, unless it plainly speaks of the table."""
    assert len(read_csv(text, "a.csv").excerpts) == 2


def test_a_question_without_its_answer_is_no_remark() -> None:
    """An entry must not vanish without a word."""
    with pytest.raises(Unreadable, match="the row at line 1 has no question or no answer"):
        read_csv("Where?,\nWhen?,Now.\nWho?,Us.\n", "a.csv")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "em 1/3/26",
        "01.03.2026",
        "03/2026",
        "1º de março de 2026",
        "12 de Dezembro de 2026",
        "March 1, 2026",
        "1 Mar 2026",
        "set/2026",
    ],
)
def test_days_and_months_are_dates(text: str) -> None:
    """However people write them in either language."""
    assert holds_a_date(text)


@pytest.mark.parametrize("text", ["", "10/50", "1/2", "12.5", "FH-300", "31-12", "2026", "3.1.4.1", "maio", "R$ 1.200.300"])
def test_numbers_and_codes_are_no_dates(text: str) -> None:
    """A version or a price is no day."""
    assert not holds_a_date(text)


@pytest.mark.parametrize(("key", "dated"), [("data", True), ("last_updated_at", True), ("data_de_validade", False), ("database", False)])
def test_columns_of_when_a_row_was_true_are_told_from_others(key: str, dated: bool) -> None:
    """An expiry date is a value, not the date of the values."""
    assert names_a_date(key) is dated


def test_a_column_that_names_many_rows_is_no_number_of_a_row() -> None:
    """Linha is a row's number here, and a product line there; what is cited as row Premium would be any of them."""
    numbered, lines = "Linha;Peça\n10;FH-300\n20;FH-301\n", "Linha;Peça\nPremium;FH-300\nPremium;FH-301\n"

    assert [excerpt.row for excerpt in read_csv(numbered, "a.csv").excerpts] == ["10", "20"]
    assert [excerpt.row for excerpt in read_csv(lines, "a.csv").excerpts] == ["1", "2"]


ZENDESK_VIEW = (
    '"Summation column","Id","Requester","Requester email","Assignee","Group","Subject","Status","Priority","Created at"\n'
    '"1","42","Carla Dias","carla@dias.example","Ana Lima","Suporte","Senha perdida","Open","Normal","2026-03-01 10:00"\n'
)
FRESHDESK_EXPORT = (
    "Ticket ID,Subject,Status,Priority,Agent,Created time,Full name,Email,Work phone,Description\n"
    "1001,Boleto?,Open,Low,Ana Lima,2026-03-01 10:00:00,Rita Silva,rita@casa.example,11 98888-7777,CPF 123.456.789-09\n"
)


@pytest.mark.parametrize(
    "text",
    [
        ZENDESK_VIEW,
        FRESHDESK_EXPORT,
        "ID;Assunto;Solicitante;Status;Atribuído\n42;Senha perdida;Carla Dias;Aberto;Ana Lima\n",
        "Chamados da semana\nID do ticket;Assunto;Status;Nome completo;E-mail\n42;Senha;Aberto;Carla Dias;carla@dias.example\n",
        "Ticket ID;Ticket status;Requester name\n42;Open;Carla Dias\n",
        "ID do ticket;Assunto do ticket;Status do ticket\n42;Senha da Carla;Novo\n",
    ],
)
def test_a_help_desks_list_of_tickets_is_refused(text: str) -> None:
    """It holds what customers wrote under their names, open tickets as well, and no answer: none of it may be told."""
    with pytest.raises(Unreadable, match="this is a list of tickets without their answers; export the tickets with their comments as JSON"):
        read_csv(text, "tickets.csv")


@pytest.mark.parametrize(
    "header",
    [
        "OS;Equipamento;Solicitante;Status;Data",
        "Nº do chamado;Máquina;Requisitante;Situação;Técnico",
        "Assunto;Contato;Ramal;Status",
        "Subject;Status;Owner;Due",
        "Loja;Ticket médio;Status;E-mail",
        "Código;Peça;Saldo;Status",
        "Ticket ID;Assunto;Status;Pergunta;Resposta",
    ],
)
def test_a_companys_own_orders_and_parts_are_no_tickets(header: str) -> None:
    """Maintenance and stock are what people ask about."""
    row = ";".join(["7", "Prensa", "Rui", "aberta", "2026-03-01"][: header.count(";") + 1])

    assert read_csv(f"{header}\n{row}\n", "orders.csv").excerpts
