"""XLSX: visible sheets as tables, values as the sheet shows them, hostile sheets refused before they cost anything."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from store.readers.document import Draft, Excerpt, Unreadable
from store.readers.omissions import UNCALCULATED
from store.readers.read import read_document
from store.readers.xlsx_file import read_xlsx


def sheet(write: Callable[[Workbook], object]) -> bytes:
    """Return the XLSX that *write* fills."""
    workbook = Workbook()
    write(workbook)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def read(write: Callable[[Workbook], object]) -> Draft:
    """Write an XLSX and read it."""
    return read_xlsx(sheet(write), "a.xlsx")


def test_values_are_read_as_people_see_them() -> None:
    """0.12 for 12 % or 417 for the code 00417 would be told as the company's word."""

    def write(workbook: Workbook) -> None:
        page = workbook.active
        page.append(["Código", "Desconto", "Preço", "Saldo", "Ativo", "Lida em", "Hora", "Atualizado em"])
        page.append([417, 0.12, 0.1 + 0.2, 12.0, True, date(2026, 3, 1), datetime(2026, 3, 1, 14, 30), time(8, 5)])  # noqa: DTZ001  # sheets know no zones
        for cell, shape in (("A2", "00000"), ("B2", "0%")):
            page[cell].number_format = shape
        page["J9"].number_format = "0.00"  # a styled cell without a value

    assert read(write).excerpts == (
        Excerpt(
            "Código: 00417; Desconto: 12%; Preço: 0.3; Saldo: 12; Ativo: true; Lida em: 2026-03-01; "
            "Hora: 2026-03-01 14:30; Atualizado em: 08:05:00",
            row="1",
        ),
    )


def test_formulas_that_were_never_calculated_are_counted() -> None:
    """A program that writes spreadsheets leaves their values to others; a price that is missing must not go unnoticed."""

    def write(workbook: Workbook) -> None:
        workbook.active.append(["Peça", "Preço", "Com imposto"])
        workbook.active.append(["FH-300", 10, "=B2*1.1"])
        workbook.active.append(["FH-301", 20, "=B3*1.1"])

    draft = read(write)

    assert [excerpt.text for excerpt in draft.excerpts] == ["Peça: FH-300; Preço: 10", "Peça: FH-301; Preço: 20"]
    assert [(note.reason, note.count) for note in draft.notes] == [(UNCALCULATED, 2)]


def test_a_sheet_of_uncalculated_formulas_alone_says_why_it_is_empty() -> None:
    """‘It holds no text’ would send people to look for what they see on their screens."""
    with pytest.raises(Unreadable, match="holds no text") as refused:
        read_document(sheet(lambda workbook: workbook.active.append(["=1+1", "=2+2"])), "a.xlsx")

    assert [note.count for note in refused.value.notes] == [2]


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [
        (300, '"FH-"000', "FH-300"),
        (12345, '"FH-"000', "FH-12345"),
        (1310100, "00000-000", "01310-100"),
        (12345678000195, r"00\.000\.000\/0000\-00", "12.345.678/0001-95"),
        (11987654321, "(00) 00000-0000", "(11) 98765-4321"),
        (5, '0 "dias"', "5 dias"),
        (1.5, "0.00", "1.50"),
        (1234.5, "[$R$-416] #,##0.00;[Red]-0.00", "R$ 1234.50"),
        (1234.5, "R$ #,##0.00", "R$ 1234.50"),
        (1234.5, '_-"R$"* #,##0.00_-;-"R$"* #,##0.00_-', "R$ 1234.50"),
        (1234.5, r'"US$"\ #,##0.00', "US$ 1234.50"),
        (1234, "$#,##0", "$ 1234"),
        (1234.5, r"\$#,##0.00", "$ 1234.50"),
        (1234.5, "#,##0.00 [$€-407]", "1234.50 €"),
        (12.5, "[$BRL] 0.00", "BRL 12.50"),
        (12.5, "[$-416]0.00", "12.50"),
        (1.239, "0.00", "1.239"),
        (0.455, "0.0%;-0.0%;0", "45.5%"),
        (-5, "000", "-5"),
        (3, "0.00E+00", "3"),
    ],
)
def test_numbers_are_read_as_their_cells_show_them(value: float, shape: str, shown: str) -> None:
    """People look up FH-300, not 300."""

    def write(book: Workbook) -> None:
        page = book.worksheets[0]
        page.append(["Nome", "Valor"])
        page.append(["x", value])
        page["B2"].number_format = shape

    assert read(write).excerpts[0].text == f"Nome: x; Valor: {shown}"


def test_each_visible_sheet_is_a_table_under_its_name() -> None:
    """Hidden sheets hold what their author meant nobody to read."""

    def write(workbook: Workbook) -> None:
        workbook.properties.title = "Peças"
        for name, code in (("Recife", "FH-300"), ("Olinda", "FH-301"), ("custos", "secret"), ("vazia", "")):
            page = workbook.create_sheet(name)
            if code:
                page.append(["code", "part"])
                page.append([code, "filter"])
        workbook["custos"].sheet_state = "hidden"

    draft = read(write)

    assert draft.title == "Peças"
    assert draft.excerpts == (
        Excerpt("code: FH-300; part: filter", heading="Recife", row="1"),
        Excerpt("code: FH-301; part: filter", heading="Olinda", row="1"),
    )


def test_a_sheet_of_questions_is_an_faq_and_a_mistake_is_named_by_its_row() -> None:
    """People keep their FAQ in a spreadsheet; empty rows count, as the sheet numbers them."""

    def write(workbook: Workbook) -> None:
        for line, cells in ((1, ("Pergunta", "Resposta")), (3, ("Onde?", "Aqui.")), (5, ("Quando?", None))):
            for column, text in enumerate(cells, 1):
                workbook.active.cell(line, column, text)

    with pytest.raises(Unreadable, match="the row at line 5 has no question or no answer"):
        read(write)


def _patched(data: bytes, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for each in source.infolist():
            target.writestr(each, source.read(each).replace(old, new))
    return out.getvalue()


@pytest.mark.parametrize(
    "sparse",
    [
        b'<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>',
        b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (row, row) for row in range(1, 9)),
        b'<row r="99999999999"><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>' % (b"x" * 2000),
    ],
)
def test_a_sheet_that_is_a_trap_is_refused(sparse: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell at the last place makes 16,384 of it, a row at the last a million, and one text may stand in every cell."""
    monkeypatch.setattr("store.readers.xlsx_file._MOST_CELLS", 100_000)
    monkeypatch.setattr("store.readers.xlsx_file._MOST_ROWS", 100)
    monkeypatch.setattr("store.readers.xlsx_file._MOST_CHARACTERS", 1000)
    data = sheet(lambda workbook: workbook.active.append(["only"]))
    whole = b'<row r="1"><c r="A1" t="inlineStr"><is><t>only</t></is></c></row>'

    with pytest.raises(
        Unreadable, match="the sheet Sheet is too large: a sheet may have 200 columns and about 0 million characters; divide it"
    ):
        read_xlsx(_patched(data, whole, sparse), "a.xlsx")


def test_a_damaged_sheet_is_refused() -> None:
    """Whatever the library stumbles over, the operator reads one sentence."""
    data = sheet(lambda workbook: workbook.active.append(["only"]))

    with pytest.raises(Unreadable, match="this Office file is damaged"):
        read_xlsx(_patched(data, b"</sheetData>", b"<"), "a.xlsx")


def test_rows_have_their_own_day_or_the_files() -> None:
    """A value is given with its date; the moment at which a file is read is none."""
    data = sheet(lambda workbook: [workbook.active.append(row) for row in (["code", "updated"], ["A-1", date(2026, 3, 1)], ["A-2", ""])])
    undated = replaced(data, "docProps/core.xml", lambda text: re.sub(r"<dcterms:modified.*?</dcterms:modified>", "", text))
    old = replaced(data, "docProps/core.xml", lambda text: re.sub(r"(<dcterms:modified[^>]*>)[^<]*", r"\g<1>2026-02-03T00:00:00Z", text))

    assert [excerpt.dated for excerpt in read_document(old, "a.xlsx").excerpts] == ["2026-03-01", "2026-02-03"]
    assert [excerpt.dated for excerpt in read_document(undated, "a.xlsx").excerpts] == ["2026-03-01", ""]


def replaced(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """Return an archive in which one part is changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name).decode()) if name == part else old.read(name))
    return out.getvalue()


def test_a_remark_beside_a_table_is_said_with_its_row() -> None:
    """One stray cell must not refuse a workbook, nor be lost: in a sheet no delimiter can have moved it."""

    def write(workbook: Workbook) -> None:
        for row in (["Código", "Saldo"], ["FH-300", 4], ["FH-301", 0, "", "pedir ao João"]):
            workbook.active.append(row)
        faq = workbook.create_sheet("Dúvidas")
        for row in (["Pergunta", "Resposta"], ["Qual o prazo?", "Cinco dias", "", "menos no Norte"]):
            faq.append(row)

    assert [excerpt.text for excerpt in read(write).excerpts] == [
        "Código: FH-300; Saldo: 4",
        "Código: FH-301; Saldo: 0; pedir ao João",
        "Cinco dias\nmenos no Norte",
    ]


def test_a_second_table_on_a_sheet_has_its_own_columns() -> None:
    """Ana's extension under the name of a month would be told as a sale."""

    def write(workbook: Workbook) -> None:
        for row in (["", "Jan", "Fev"], ["Vendas", 10, 20], [], ["Ramais da loja"], ["Nome", "Ramal", "Sala"], ["Ana", 1234, "A"]):
            workbook.active.append(row)

    assert [(excerpt.heading, excerpt.text) for excerpt in read(write).excerpts] == [
        ("", "Vendas; Jan: 10; Fev: 20"),
        ("Ramais da loja", "Nome: Ana; Ramal: 1234; Sala: A"),
    ]


def test_a_header_of_two_rows_names_each_column_whole() -> None:
    """‘Qtd’ of which month is what people ask."""

    def write(workbook: Workbook) -> None:
        page = workbook.active
        for row in (["Relatório de estoque"], [], ["Produto", 2025, "", "Fev"], ["", "Qtd", "Valor", "Qtd"], ["Bomba", 1, 2.5, 3]):
            page.append(row)
        for cells in ("A1:D1", "B3:C3", "A3:A4"):
            page.merge_cells(cells)

    assert [excerpt.text for excerpt in read(write).excerpts] == ["Produto: Bomba; 2025 Qtd: 1; 2025 Valor: 2.5; Fev Qtd: 3"]


def test_a_value_merged_across_columns_is_told_once() -> None:
    """Only names hold for every column below them."""

    def write(workbook: Workbook) -> None:
        for row in (["Código", "Peça", "Saldo"], ["FH-300", "Bomba", 4], [], ["Peças avulsas", "", 3]):
            workbook.active.append(row)
        workbook.active.merge_cells("A4:B4")

    assert read(write).excerpts[1].text == "Código: Peças avulsas; Saldo: 3"


@pytest.mark.parametrize(("first", "second"), [(1234, 5678), ("a confirmar", "a confirmar")])
def test_a_name_merged_across_columns_is_that_of_each(first: object, second: object) -> None:
    """A value without a name is told as nothing in particular; a record of words is no header's second row."""

    def write(workbook: Workbook) -> None:
        for row in (["Setor", "Ramais"], ["Vendas", first, second], ["Compras", "a pedir", "a pedir"]):
            workbook.active.append(row)
        workbook.active.merge_cells("B1:C1")

    assert read(write).excerpts[0].text == f"Setor: Vendas; Ramais: {first}; Ramais: {second}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (timedelta(hours=30), "30:00"),
        (timedelta(minutes=90, seconds=5), "1:30:05"),
        (timedelta(hours=-2.5), "-2:30"),
        (timedelta(), "0:00"),
    ],
)
def test_durations_are_read_as_hours(value: timedelta, shown: str) -> None:
    """Nobody looks for the 30 hours of a bank of hours as a day and six hours."""

    def write(workbook: Workbook) -> None:
        workbook.active.append(["Nome", "Banco de horas"])
        workbook.active.append(["Rui", value])

    assert read(write).excerpts[0].text == f"Nome: Rui; Banco de horas: {shown}"


def test_lines_in_a_cell_stay_apart() -> None:
    """The steps of an answer are a list; a name broken to fit its column is one name."""

    def write(workbook: Workbook) -> None:
        workbook.active.append(["Pergunta", "Resposta", "Notas\n(internas ou não)"])
        workbook.active.append(["Como troco\no filtro?", "1. Desligue a bomba\n2.  Troque o filtro\n\n3. Ligue", "com luvas"])

    assert [(each.question, each.text) for each in read(write).excerpts] == [
        ("Como troco o filtro?", "1. Desligue a bomba\n2. Troque o filtro\n3. Ligue\nNotas (internas ou não): com luvas")
    ]
