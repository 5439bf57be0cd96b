"""What Word writes beside plain text: characters of its symbol font, and formulas in a line."""

from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# Of the font Symbol, by its code less F000: https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt
_SYMBOLS = {
    0x44: "Δ",
    0x57: "Ω",
    0x61: "α",
    0x62: "β",
    0x6D: "μ",
    0x70: "π",
    0xA3: "≤",
    0xA5: "∞",
    0xB0: "°",
    0xB1: "±",
    0xB3: "≥",
    0xB4: "×",
    0xB8: "÷",
    0xB9: "≠",
    0xBB: "≈",
    0xD6: "√",
    0xD7: "·",
}


def is_formula(element: BaseOxmlElement) -> bool:
    """Tell whether *element* is a formula."""
    return element.tag in (f"{_MATH}oMath", f"{_MATH}oMathPara")


def formula(element: BaseOxmlElement) -> str:
    """Return a formula, or a part of one, in a line: (P)/(U×I), x^2."""
    name = element.tag.removeprefix(_MATH)
    if name == "t":
        return element.text or ""
    parts = "".join(map(formula, element.iterchildren()))
    if name in ("num", "den", "deg") or (name == "e" and element.getparent().tag == f"{_MATH}rad"):
        parts = f"({parts})" if len(parts) > 1 else parts
    return {"den": "/", "sup": "^", "sub": "_"}.get(name, "√" if name == "rad" else "") + parts


def symbol(element: BaseOxmlElement) -> str:
    """Return a character of the symbol font, or nothing for another font's, which are pictures."""
    code = str(element.get(qn("w:char")) or "")
    try:
        return _SYMBOLS.get(int(code, 16) & 0xFF, "") if str(element.get(qn("w:font"))).casefold() == "symbol" else ""
    except ValueError:
        return ""
