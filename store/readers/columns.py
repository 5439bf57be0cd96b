"""What people call the columns of a table and the keys of a record, in Portuguese, English and Spanish."""

import re
import unicodedata
from collections.abc import Sequence

QUESTION = frozenset({"question", "questions", "pergunta", "perguntas", "pregunta", "duvida", "q", "titulo_da_pergunta"})
ANSWER = frozenset({"answer", "answers", "resposta", "respostas", "respuesta", "a", "r"})
# Of an entry, what its answer alone leaves out: "Resposta completa", "Observações", "Exceptions", "Saiba mais".
MORE_ANSWER = re.compile(
    r"(?:resposta|respuesta|answer|observac(?:ao|oes)|obs|notas?|notes?|detalhes?|details?|excec(?:ao|oes)|exceptions?|complemento)(?:_.*)?"
    r"|urls?|links?|enlace|saiba_mais|mais_informac(?:ao|oes)|veja_tambem|(?:learn|read|find_out)_more|more_info(?:rmation)?|see_also"
)
ID = frozenset({"id", "row", "row_id", "codigo_da_pergunta", "numero", "number", "no", "n", "linha", "ref"})
TOPIC = frozenset({"category", "categoria", "topic", "topico", "tema", "assunto", "section", "secao", "grupo", "group"})

# Of a help desk's tickets, as Zendesk and Freshdesk write them in English and Portuguese: "Ticket ID", "Assunto do ticket", "Requester".
_OF_TICKET = r"(?:do_|of_)?(?:ticket|tiquete|bilhete)"
_TICKET = re.compile(
    rf"ticket_(?:id|number|no|type|form|status|subject|priority|group|url)|(?:id|numero|n|no|tipo|formulario|status|assunto|prioridade)_{_OF_TICKET}"
)
_SUBJECT = re.compile(rf"(?:ticket_)?subject|(?:assunto|asunto)(?:_{_OF_TICKET})?")
_STATUS = re.compile(rf"(?:ticket_)?status|(?:status|estado|situacao)(?:_{_OF_TICKET})?")
_REQUESTER = re.compile(r"requester(?:_.*)?|(?:.*_)?(?:solicitante|requisitante|requerente)(?:_.*)?")
_CONTACT = re.compile(r"full_name|nome_completo|(?:.*_)?(?:contact|contato|e_?mail|phone|telefone|celular)(?:_.*)?")

_OF_DATES = re.compile(
    r"(?:.*_)?(?:data|date|dia|day|fecha|atualizad[oa]|atualizacao|updated?|modified|modificado|alterado|posicao|as_?of|timestamp)(?:_.*)?"
)
# Dates too, but not of when the row's values were true.
_OF_OTHER_DATES = re.compile(
    r"(?:.*_)?(?:validade|vencimento|vence|expira|expir(?:y|es|ation)|due|nascimento|birth|proxim[oa]|next|previs(?:ao|ta)|forecast)(?:_.*)?"
)
_MONTH = (
    "jan|fev|feb|mar|abr|apr|mai|may|jun|jul|ago|aug|set|sep|out|oct|nov|dez|dec|"
    "janeiro|fevereiro|março|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro|"
    "january|february|march|april|june|july|august|september|october|november|december"
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})|(?:0?[1-9]|1[0-2])/\d{4})(?!\d)"
    rf"|\b\d{{1,2}}º?[ -](?:de )?(?:{_MONTH})\.?,?[ -](?:de )?\d{{4}}\b"
    rf"|\b(?:{_MONTH})\.?(?: \d{{1,2}}(?:st|nd|rd|th)?,)?(?: de |[ /])\d{{4}}\b",
    re.IGNORECASE,
)


def key_of(name: str) -> str:
    """Return *name* as a key: without case and accents, words joined by underscores; "Título da pergunta" gives titulo_da_pergunta."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_")


def find_column(keys: Sequence[str], names: frozenset[str]) -> int | None:
    """Return the first column whose key is among *names*."""
    return next((column for column, key in enumerate(keys) if key in names), None)


def list_tickets(keys: Sequence[str]) -> bool:
    """
    Tell whether a table of such columns is a help desk's list of tickets.

    A requester and a status alone are those of a company's own orders, too; a subject, a status and a contact those of a directory.
    """

    def any_is(names: re.Pattern[str]) -> bool:
        return any(map(names.fullmatch, keys))

    subject, status, requester = any_is(_SUBJECT), any_is(_STATUS), any_is(_REQUESTER)
    if any_is(_TICKET):
        return subject + status + (requester or any_is(_CONTACT)) > 1
    return subject and status and requester


def names_a_date(key: str) -> bool:
    """Tell whether a column called *key* says when its row was true: data, updated_at, ultima_atualizacao, as_of."""
    return bool(_OF_DATES.fullmatch(key)) and not _OF_OTHER_DATES.fullmatch(key)


def holds_a_date(text: str) -> bool:
    """Tell whether *text* holds a day or a month of a year: 2026-03-01, 1/3/26, 03/2026, 1º de março de 2026, March 1, 2026."""
    return bool(_DATE.search(text))
