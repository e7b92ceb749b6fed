"""Texts as strangers write them into names and labels: hostile in one format or another, or simply not ASCII."""

from hypothesis import strategies as st

HOSTILE = (
    # to spreadsheets
    "=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1:A9)", "\uff1d1+1", "  =1", "\r\nnew, row", "'\"`", "",
    # to LaTeX
    "A&B_50% #1 ~ ^ {x} $y$ \\", "\\input{/etc/passwd}", "\\write18{rm x}", "\\\\[1cm]", "[1cm]", "*",
    "}\\end{document}", "^^M^^4d", "%", "?`!`", "---",
    # to YAML
    "--- !!python/object/apply:os.system ['x']", "a: b # c", "- x\n---\nb: 1", "null", "0x10", "&a *a", "{a: [b]}",
    "\x85--- \u2028x",
    # to HTML and to who looks at it
    "<script>alert(1)</script>", "<!--", "&lt;", "\u202eevil\u2069", "x\x00y\x1b[31m",
    "a\u0301\u0302\u0303\u0304\u0305\u0306",
    # only not ASCII
    "中文标签", "русский текст", "فارسی", "Größe naïve Ł", "🙂",
)  # fmt: skip
# Documents hold no lone surrogates: our reader of JSON refuses them.
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
