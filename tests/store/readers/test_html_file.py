"""HTML: what a visitor reads, in order, without what surrounds it."""

from store.readers.document import Block
from store.readers.html_file import read_html

PAGE = """<!DOCTYPE html><html lang="pt-BR"><head><title> Ajuda </title><style>p{}</style><script>x</script></head><body>
<nav><a>Início</a></nav><!-- comentário --><h1>Ajuda</h1>Texto <b>solto</b>
<div><p>Um&nbsp;parágrafo<br>partido <img alt="logotipo" src="x"> <a href="/y">link</a></p></div>
<h2>Passos</h2><ul><li>Abra<ol><li>a porta</li><li>a tampa</li></ol></li><li></li><li><p>Feche</p></li></ul>
<dl><dt>Pix</dt><dd>pagamento</dd></dl><pre>linha 1
linha 2</pre>
<table><caption>Preços</caption><thead><tr><th>Item</th><th>R$</th></tr></thead><tbody><tr><td>a|b</td><td>1</td></tr></tbody></table>
<table><tr><td>só</td><td>dados</td></tr></table>
<table><tr><td><h3>Layout</h3><table><tr><td>dentro</td></tr></table></td></tr></table><template>não</template>
<span>fora <div>bloco</div></span></body></html>"""


def test_every_kind_of_element_is_read() -> None:
    """Menus, scripts and comments in the index would be quoted to people."""
    draft = read_html(PAGE)

    assert (draft.title, draft.language) == ("Ajuda", "pt")
    assert draft.blocks == (
        Block("paragraph", ("Texto solto",)),
        Block("paragraph", ("Um parágrafo",)),
        Block("paragraph", ("partido logotipo link",)),
        Block("list", ("- Abra\n  1. a porta\n  2. a tampa", "- Feche"), "Passos"),
        Block("list", ("- Pix: pagamento",), "Passos"),
        Block("code", ("```", "linha 1", "linha 2"), "Passos", head=1, tail="```"),
        Block("paragraph", ("Preços:",), "Passos"),
        Block("table", ("| Item | R$ |", "|---|---|", "| a/b | 1 |"), "Passos", head=2),
        Block("table", ("| só | dados |",), "Passos"),
        Block("table", ("| dentro |",), "Passos > Layout"),
        Block("paragraph", ("fora",), "Passos > Layout"),
        Block("paragraph", ("bloco",), "Passos > Layout"),
    )


def test_a_fragment_without_title_or_language_is_read() -> None:
    """Exports of wikis are bare fragments."""
    draft = read_html("<h2>Horário</h2><p>9h</p><table><tr></tr></table>")

    assert (draft.title, draft.language, draft.blocks) == ("Horário", "", (Block("paragraph", ("9h",)),))
