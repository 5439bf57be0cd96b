"""CSV: lists of questions and answers however their columns are called, other tables row by row, mistakes named by line."""

import pytest

from store.readers.csv_file import read_csv
from store.readers.document import Excerpt, Note, Unreadable
from store.readers.omissions import DRAFTS, RESTRICTED, UNNAMED


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nWhere?,Here.\n",
        "Pergunta;Resposta\nWhere?;Here.\n",
        "Resposta\tPergunta\nHere.\tWhere?\n",
        "dúvida|resposta\nWhere?|Here.\n",
        'PERGUNTA, RESPOSTA\n"Where?", "Here."\n',
        "Where?,Here.\n",
    ],
)
def test_questions_and_answers_are_found_in_their_columns(text: str) -> None:
    """People name columns in both languages, in any order, or not at all."""
    assert read_csv(text, "faq.csv").excerpts == (Excerpt("Here.", question="Where?", row="1"),)


def test_questions_are_known_by_their_marks_under_other_names() -> None:
    """A header that nobody foresaw is still a header."""
    text = "No,Title,Text\n10,Where?,Here.\n20,When?,Now.\n"

    assert read_csv(text, "faq.csv").excerpts == (
        Excerpt("Here.", question="Where?", row="10"),
        Excerpt("Now.", question="When?", row="20"),
    )


def test_the_id_and_topic_columns_are_kept() -> None:
    """The id is what an operator looks the entry up by; the topic is its heading."""
    text = "id,category,question,answer,owner\nF-7,Cards,Lost it?,Block it.,Ana\n,Pix,Limit?,R$ 5.\n\n"

    assert read_csv(text, "faq.csv").excerpts == (
        Excerpt("Block it.", heading="Cards", question="Lost it?", row="F-7"),
        Excerpt("R$ 5.", heading="Pix", question="Limit?", row="2"),
    )


def test_a_long_answer_is_divided_and_keeps_its_question() -> None:
    """Each part is found by the question that it answers."""
    excerpts = read_csv(f'question,answer\nWhy?,"{"Because of this. " * 60}"\n', "faq.csv").excerpts

    assert len(excerpts) > 1
    assert {(excerpt.question, excerpt.row) for excerpt in excerpts} == {("Why?", "1")}


def test_rows_of_other_tables_carry_their_column_names() -> None:
    """‘FA-80’ alone answers nothing; ‘air filter: FA-80’ does."""
    text = 'ref;model;air filter;"note, long";\nA1;LT-200;FA-20;;x\nA2;LT-800;FA-80\n'

    assert read_csv(text, "filters.csv").excerpts == (
        Excerpt("ref: A1; model: LT-200; air filter: FA-20; x", row="A1"),
        Excerpt("ref: A2; model: LT-800; air filter: FA-80", row="A2"),
    )


@pytest.mark.parametrize("text", ["only\nvalues\nhere\n", "only\n"])
def test_one_column_is_a_table_too(text: str) -> None:
    """A list of names is a table of one column."""
    assert [excerpt.text for excerpt in read_csv(text, "a.csv").excerpts] == [f"only: {line}" for line in text.split()[1:]]


def test_nothing_gives_nothing() -> None:
    """Rows of delimiters alone are an empty sheet."""
    assert read_csv(",,\n,,\n", "a.csv").excerpts == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("question,answer\nWho?,We, the team.\n", "the row at line 2 has 3 cells, the first row 2"),
        ("question,answer\nWho?,\n", "the row at line 2 has no question or no answer"),
        ('question,answer\nWho?,Us.\nWhy?,"Because\nof that\n', "the row that begins at line 3 is not closed"),
        ('question,answer\nWho?,"Us" all.\n', "the row that begins at line 2 is not closed or not doubled"),
        ("a,b\n1," + "x" * 200_000 + "\n", "a cell in the row that begins at line 2 is too long"),
    ],
)
def test_mistakes_are_named_by_line(text: str, problem: str) -> None:
    """Reading on would cut answers in two without a word; the operator must know which row to mend."""
    with pytest.raises(Unreadable, match=problem):
        read_csv(text, "faq.csv")


def test_a_field_too_long_for_the_parser_is_refused() -> None:
    """A field too long for the parser is refused with its line, not by a stack trace."""
    with pytest.raises(Unreadable):
        read_csv("x" * 200_000 + ",b\n", "a.csv")


@pytest.mark.parametrize(
    "text",
    [
        "Código;Preço\nFH-300;1,50\nFH-301;2,75\n",
        "Preços, sem frete\nCódigo;Preço\nFH-300;1,50\nFH-301;2,75\n",
        "sep=;\nCódigo;Preço\nFH-300;1,50\nFH-301;2,75\n",
        'sep=,\nCódigo,Preço\nFH-300,"1,50"\nFH-301,"2,75"\n',
    ],
)
def test_decimal_commas_divide_no_cells(text: str) -> None:
    """Half a price under the next column is a wrong price; the line that tells Excel the delimiter is no header."""
    assert [each.text for each in read_csv(text, "prices.csv").excerpts] == [
        "Código: FH-300; Preço: 1,50",
        "Código: FH-301; Preço: 2,75",
    ]


def test_what_qualifies_an_answer_is_said_with_it() -> None:
    """Without its exceptions an answer is wrong for some; the day that the list states holds for all of it."""
    text = "Atualizado em 12/03/2026\nPergunta;Resposta;Observações;Dono\n"
    text = text.replace("Dono", "Dono;Saiba mais")
    text += "Qual o prazo?;Cinco dias;Exceto no Norte: 12 dias;Ana;\nTem troca?;Sim;;Bia;https://loja.example/trocas\n"

    assert read_csv(text, "faq.csv").excerpts == (
        Excerpt("Cinco dias\nObservações: Exceto no Norte: 12 dias", question="Qual o prazo?", row="1", dated="2026-03-12"),
        Excerpt("Sim\nSaiba mais: https://loja.example/trocas", question="Tem troca?", row="2", dated="2026-03-12"),
    )


def test_answers_in_html_are_what_a_visitor_reads() -> None:
    """Help centres export their pages' markup."""
    (excerpt,) = read_csv("question,answer\nHow?,<p>Do <b>this</b>:</p><ul><li>a</li></ul>\n", "faq.csv").excerpts

    assert excerpt.text == "Do this:\n- a"


def test_columns_of_one_letter_are_questions_only_if_they_ask() -> None:
    """Q and A are quantity and current elsewhere."""
    excerpts = read_csv("Modelo;Q;A\nFH-300;12;4,5\nFH-301;15;5,5\n", "pumps.csv").excerpts

    assert excerpts[0].text == "Modelo: FH-300; Q: 12; A: 4,5"


def test_a_second_table_below_an_empty_row_has_its_own_columns() -> None:
    """Spreadsheets saved as CSV keep their tables, and the dates between them, one below the other."""
    stock = "Peça;Saldo\nFH-300;4\nFH-301;2\n;\nAtualizado em 12/03/2026;\n;\n"
    text = f"{stock}Ramais;\nNome;Ramal\nAna;1234\nRui;1235\n\nPeça;Saldo\nFH-302;1\n"

    assert [(each.heading, each.text) for each in read_csv(text, "loja.csv").excerpts] == [
        ("", "Peça: FH-300; Saldo: 4; Atualizado em 12/03/2026"),
        ("", "Peça: FH-301; Saldo: 2; Atualizado em 12/03/2026"),
        ("Ramais", "Nome: Ana; Ramal: 1234"),
        ("Ramais", "Nome: Rui; Ramal: 1235"),
        ("", "Peça: FH-302; Saldo: 1"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["Nome;Setor", "Ana;RH", "", "Beto;TI", "Caio;Compras"],
        ["Campo;Valor", "Razão social;Hidrex", "", "Endereço;Rua das Flores", "Telefone;11 3333-4444"],
        ["Produto;Unidade;Preço", "Bomba;un;10", "", "Válvula;un;sob consulta", "Porca;un;2"],
        ["Código;Peça;Saldo", "FH-300;Bomba;4", "", "FH-301;Porca;7", "FH-302;Mola;7"],
        ["Pergunta;Resposta", "Endereço;Rua das Flores", "", "Horário;Das oito às seis", "Telefone;3333-4444"],
    ],
)
def test_an_empty_row_between_records_begins_no_table(rows: list[str]) -> None:
    """A record taken for column names would be lost, and the next one told under its words."""
    assert len(read_csv("\n".join(rows) + "\n", "a.csv").excerpts) == 3


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FH-300;Bomba;4\nFH-301;Válvula;7\n", "FH-300; Bomba; 4"),
        ("Bomba;4\nVálvula;7\nPorca;12\n", "Bomba; 4"),
        ("Ana;R$ 1.200,00;RH\nRui;R$ 900,00;TI\nBia;R$ 950,50;TI\n", "Ana; R$ 1.200,00; RH"),
        ("Lista de ramais;;\n1;Ana;1234\n2;Rui;1230\n3;Bia;1231\n", "1; Ana; 1234"),
    ],
)
def test_a_first_row_that_is_a_record_is_read_and_noted(text: str, first: str) -> None:
    """As names of columns it would be lost, and said before every other value."""
    draft = read_csv(text, "pecas.csv")

    assert (draft.excerpts[0].text, len(draft.excerpts)) == (first, text.count("\n") - ("Lista" in text))
    assert draft.notes == (Note(UNNAMED, 1, "2" if "Lista" in text else "1"),)


@pytest.mark.parametrize(
    "text",
    [
        "1;100\n2;90\n3;120\n",
        "10;20;30\n11;25;31\n12;22;39\n",
        "1;2;3\n4;5;6\n7;8;9\n",
        "12;5\n13;6\n",
        "1;1.200,00;Bomba\n2;900,50;Porca\n3;;Mola\n",
        "7891000100103;12,50\n7891000100110;3,90\n",
        "-1.5,2.25,\n-3.5,4.75,8\n0.5,9.00,10\n",
        f"1;5\n2;{'9' * 5000}\n3;6\n",
    ],
)
def test_a_first_row_of_mere_numbers_is_a_record(text: str) -> None:
    """A counter or a scale writes no header; its first reading would be lost, and said before every other one."""
    draft = read_csv(text, "leituras.csv")

    assert {each.row for each in draft.excerpts} == {str(row) for row in range(1, text.count("\n") + 1)}
    assert draft.notes == (Note(UNNAMED, 1, "1"),)


@pytest.mark.parametrize(
    "text",
    [
        "38;40;42;44\n3;4;5;6\n1;0;2;2\n",
        "1;2;3;4;5;6\n5;;1;8;2;3\n1;0;4;9;9;7\n",
        "Modelo;5;10;25\nBota;4;0;2\nTênis;1;3;5\n",
        "Modelo;36;38;40\nBota;34;50;28\nTênis;30;31;52\n",
        "2024;2025;2026\n10;20;30\n11;21;31\n",
        "Mês;2024\nJan;10\nFev;11\n",
        "Modelo;36;38;40\nBota;4;0;2\nTênis;1;3;5\n",
        "Código;12 meses\nFH-300;99,90\nFH-301;45,00\n",
        "Código;5\nFH-300;99\nFH-301;45\n",
        "Turno;L1;L2\nA;L1;L2\nB;L3;L4\n",
    ],
)
def test_numbers_that_name_columns_are_names(text: str) -> None:
    """Years and sizes stand above matrices."""
    draft = read_csv(text, "a.csv")

    assert (len(draft.excerpts), draft.notes) == (2, ())


def test_lines_that_are_no_remarks_stay_in_the_table_above() -> None:
    """A letter that stands alone names no table, and would be taken for its only column."""
    text = "Nome;Ramal\nAna;1234\n\nx;\nRamais novos;\n\nNome;Sala\nRui;2\n"

    assert [each.text for each in read_csv(text, "a.csv").excerpts] == ["Nome: Ana; Ramal: 1234", "Nome: x", "Nome: Rui; Sala: 2"]


def test_drafts_and_articles_for_some_readers_are_left_out_of_a_table_of_articles() -> None:
    """A help centre's pages come as a table, too; what agents alone may read must not reach customers by that way."""
    rows = [
        "id,title,body,draft,user_segment_id",
        "1,Estorno,Leva cinco dias.,FALSE,",
        "2,Preços,Sobem em maio.,TRUE,",
        "3,Alçada,R$ 500.,,8812",
    ]

    draft = read_csv("\n".join(rows), "articles.csv")

    assert [each.row for each in draft.excerpts] == ["1"]
    assert draft.notes == (Note(DRAFTS, 1, "Preços"), Note(RESTRICTED, 1, "Alçada"))
