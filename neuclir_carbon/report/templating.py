"""The one door to Jinja: templates that become HTML, LaTeX or plain text, with undefined names refused.

Everything that a stranger wrote is made visible and escaped on its way into a text, whoever wrote the template.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from neuclir_carbon.report import words
from neuclir_carbon.resources import template_text

if TYPE_CHECKING:
    from jinja2 import Environment

MAX_MESSAGE = 2000
MAX_SENTENCE = 5000
_LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "`": r"\textasciigrave{}",
    "\u00a0": "~", "–": "--", "’": "'", "“": "``", "”": "''", "…": r"\dots{}", "×": r"$\times$", "₂": r"$_2$",
    **{superscript: f"$^{{{plain}}}$" for superscript, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}", "\u0131": r"\i{}", "¿": "?`", "¡": "!`", "·": r"$\cdot$", "±": r"$\pm$", "µ": r"$\mu$",
    "\u2018": "`", "—": "---", "−": "$-$", "\u202f": "~",
})  # fmt: skip
# Accents that every font has: the combining mark that Unicode takes a letter apart into → the command.
_LATEX_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c",
}  # fmt: skip


def html(template: str, values: Mapping[str, Any]) -> str:
    """The template as HTML."""
    return _html_environment().get_template(template).render(values)


def latex(template: str, values: Mapping[str, Any]) -> str:
    """The template as LaTeX."""
    return _latex_environment().get_template(template).render(values)


def plain_text(template: str, values: Mapping[str, Any]) -> str:
    """The template as plain text."""
    return _text_environment().get_template(template).render(values)


def as_it_is(name: str) -> str:
    """The text of our own style sheet or script, which stands in the page as it is."""
    import markupsafe

    return markupsafe.Markup(template_text(name))  # noqa: S704 (our own file, not a stranger's text)


def latex_escaped(text: str) -> str:
    """The text in ASCII, with everything escaped that LaTeX would act on.

    Plain pdfLaTeX stops at a character that it has no glyph for: Latin letters become their accents, and what else is
    beyond ASCII is written by its code point, `[U+4E2D]`.
    """
    shown = words.visible(text, most=MAX_SENTENCE).translate(_LATEX).replace("}$$^{", "")  # one exponent of many digits
    return (
        shown
        if shown.isascii()
        else "".join(map(_in_ascii, unicodedata.normalize("NFC", shown))).replace("][U+", " U+")
    )


def _in_ascii(character: str) -> str:
    if character.isascii():
        return character
    base, *marks = list(unicodedata.normalize("NFD", character))
    accents = [_LATEX_ACCENTS.get(mark) for mark in marks]
    if not (base.isascii() and base.isalpha() and marks) or None in accents:
        return f"[U+{ord(character):04X}]"
    letter = {"i": r"\i", "j": r"\j"}.get(base, base)
    for accent in accents:
        letter = f"\\{accent}{{{letter}}}"
    return letter


@cache
def _html_environment() -> "Environment":
    """Jinja with HTML escaping on and undefined names refused; every string is made visible first."""
    import jinja2
    import markupsafe

    def shown(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
            return words.visible(value, most=MAX_MESSAGE)
        return value

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text), autoescape=True, undefined=jinja2.StrictUndefined,
        finalize=shown, trim_blocks=False, keep_trailing_newline=True,
    )  # fmt: skip


@cache
def _latex_environment() -> "Environment":
    """Jinja with LaTeX's braces left alone: `((* … *))` and `((( … )))`; every string is escaped, once."""
    import jinja2
    import markupsafe

    def shown(value: Any) -> Any:
        return latex_escaped(value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text), undefined=jinja2.StrictUndefined, autoescape=False,  # noqa: S701
        finalize=shown, keep_trailing_newline=True,
        block_start_string="((*", block_end_string="*))", variable_start_string="(((", variable_end_string=")))",
        comment_start_string="((=", comment_end_string="=))", trim_blocks=True,
    )  # fmt: skip


@cache
def _text_environment() -> "Environment":
    """Jinja for plain text; every string is made visible, a long one is cut."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text), undefined=jinja2.StrictUndefined, autoescape=False,  # noqa: S701
        finalize=lambda value: words.visible(value, most=MAX_SENTENCE) if isinstance(value, str) else value,
        keep_trailing_newline=True,
    )  # fmt: skip
