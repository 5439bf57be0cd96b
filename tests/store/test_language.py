"""Short questions are told apart; the answer's language and the choice between speaking and quoting hang on it."""

import pytest

from store.language import identify

PORTUGUESE = """Quais tributos estão incluídos no Simples Nacional?|O que é o DAS?|Quando vence a guia?|Qual o limite do MEI?
Meu cartão foi bloqueado|Como peço férias?|Quanto custa a TED?|Perdi meu cartão, e agora?|A que horas abre a agência?|O que significa E101?
Apareceu E101 no painel, o que eu faço?|Qual filtro a LT-800 usa?|Que filtro a máquina HX-10 usa?|Como reseto a máquina?|Oi|Bom dia
Obrigado!|E o MEI?|E se eu atrasar?|Posso parcelar?|Onde fica o escritório?|Quem aprova horas extras?|Não consigo entrar no app
Esqueci a senha|Prazo do DAS|Quero falar com alguém|Tem desconto?|Qual a garantia do motor?|Vocês abrem sábado?|Como faço um Pix?
Preciso de ajuda|erro F05|De quanto em quanto tempo troco o filtro?|Isso vale para EPP?
Por que fui excluído?|quais documentos preciso enviar
a máquina não liga|tá dando erro na bomba|Dá pra aumentar o limite?
Me explica o Fator R|Qual é a alíquota do Anexo III?|Cadê minha fatura?"""
ENGLISH = """Which taxes are included in Simples Nacional?|What is the DAS?|When is it due?|What is the MEI limit?|My card is blocked
How do I ask for leave?|How much is a bank transfer?|I lost my card|When does the branch open?|What does E101 mean?|E101 shows on the panel
Which filter does the LT-800 use?|How do I reset the machine?|Hello|Good morning|Thanks!|And what about MEI?|What if I am late?
Can I pay in parts?|Where is the office?|Who approves overtime?|I can't log in|I forgot my password|DAS due date|I want to talk to someone
Is there a discount?|What is the motor's warranty?|Are you open on Saturday?|How do I send a Pix?|I need help|error F05 meaning
How often should I change the filter?|Does it apply to small firms?|Why was I excluded?|which documents do I need to send
the machine does not start|vacation policy|opening hours|parental leave|reset password|Which belt fits the LT-400?|where's my bill"""


@pytest.mark.parametrize(("language", "questions"), [("pt", PORTUGUESE), ("en", ENGLISH)])
def test_short_questions_are_recognised(language: str, questions: str) -> None:
    """A Portuguese question answered in English, or quoted though the model speaks its language, is a wrong answer to a person."""
    asked = questions.replace("\n", "|").split("|")
    guesses = {question: identify(question) for question in asked}

    assert len(asked) >= 40
    assert [question for question, guess in guesses.items() if guess not in (language, "")] == []
    assert sum(guess == language for guess in guesses.values()) >= 0.95 * len(asked)


@pytest.mark.parametrize(("text", "language"), [("¿Cómo pago la factura?", "es"), ("¿Dónde está la oficina de Madrid?", "es")])
def test_spanish_is_not_taken_for_portuguese(text: str, language: str) -> None:
    """Their texts look alike; passages in Spanish are told as such."""
    assert identify(text) == language


@pytest.mark.parametrize("text", ["", "  ", "E101", "FH-300?", "👍", "123 456"])
def test_what_names_no_language_gives_none(text: str) -> None:
    """A code alone must leave the decision to the asker's locale."""
    assert identify(text) == ""


def test_only_candidates_are_answered() -> None:
    """A caller who serves two languages must not hear of a third."""
    assert identify("Como faço um Pix?", ["en"]) == "en"
    assert identify("¿Cómo pago la factura?", ["en", "pt"]) in ("pt", "")


def test_a_shouted_question_is_read_like_any_other() -> None:
    """Capitals mark abbreviations only where not everything is in capitals."""
    assert identify("COMO EU BLOQUEIO O MEU CARTÃO?") == "pt"
