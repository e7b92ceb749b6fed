"""PDFs for the tests, byte by byte: an ordinary certificate, and files that are out to harm whoever opens them."""

import zlib
from collections.abc import Sequence

LINES = (
    "VOLUNTARY CANCELLATION CERTIFICATE", "DATE: 15 November 2024", "REFERENCE: VC99998/2024", "Presented to TEAM3",
    "Number of units cancelled", "3 CERs", "Start serial number KE-5-71234501-2-2-0-5336",
    "End serial number KE-5-71234503-2-2-0-5336", "Monitoring period 01-01-2016 - 31-12-2016",
)  # fmt: skip


def assembled(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, the first being the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))
    return out + head + table + end


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s>>\nstream\n" % (len(data), head) + data + b"\nendstream"


def text(lines: Sequence[str], hidden: Sequence[str] = ()) -> bytes:
    """A page's content: lines as they can be seen, and lines in render mode 3, which can't."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    unseen = " ".join(f"3 Tr ({line}) Tj T*" for line in hidden)
    return f"BT /F1 12 Tf 50 750 Td 14 TL {shown} {unseen} ET".encode()


def a_pdf(
    content: bytes | None = None, *, catalog: bytes = b"", page: bytes = b"", pages: int = 1,
    more: Sequence[bytes] = (), trailer: bytes = b"",
) -> bytes:  # fmt: skip
    """A PDF of pages that share one content stream: object 4. The first page is object 5, `more` follow the pages."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    one = b"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents 4 0 R %s>>" % page
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s>>" % catalog,
            b"<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 600 800] >>" % (kids, pages),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            content if content is not None else stream(text(LINES)),
            *[one] * pages,
            *more,
        ],
        trailer,
    )


def bomb(part: bytes, count: int) -> bytes:
    """A content stream, packed twice, that unpacks to `part` as many times as `count` says."""
    outer, inner = zlib.compressobj(9), zlib.compressobj(9)
    packed = b"".join(outer.compress(inner.compress(part * 1000)) for _ in range(count // 1000))
    packed += outer.compress(inner.flush()) + outer.flush()
    return stream(packed, b"/Filter [/FlateDecode /FlateDecode] ")


HIDDEN_SCRIPT = b"<< /S /J#61vaScript /J#53 (app.alert\\(1\\)) >>"
SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "too-large": (a_pdf() + b" " * 5_000_001, "more than 5,000,000 bytes"),
    "no-pdf": (b"PK\x03\x04" + a_pdf(), "does not begin with %PDF-"),
    "noise": (b"%PDF-1.7\n" + bytes(range(256)) * 50, ""),
    "torn": (a_pdf()[:300], ""),
    "empty": (b"", "does not begin with %PDF-"),
    "10,000-pages": (a_pdf(pages=10_000), "pages"),
    "encrypted": (
        a_pdf(
            more=[b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"00" * 32, b"11" * 32)],
            trailer=b"/Encrypt 6 0 R /ID [<00><00>] ",
        ),
        "encrypted",
    ),
    "embedded-file": (
        a_pdf(
            catalog=b"/Names << /EmbeddedFiles << /Names [(x) 6 0 R] >> >> ",
            more=[b"<< /Type /Filespec /F (x.exe) /EF << /F 7 0 R >> >>", stream(b"MZ", b"/Type /EmbeddedFile ")],
        ),
        "files embedded",
    ),
    "attachment": (a_pdf(page=b"/Annots [<< /Subtype /FileAttachment /FS (x) >>] "), "files embedded"),
    "script": (a_pdf(catalog=b"/OpenAction 6 0 R ", more=[SCRIPT]), "active content"),
    "script-by-another-name": (
        a_pdf(catalog=b"/OpenAction 6 0 R ", more=[HIDDEN_SCRIPT]),
        "active content",
    ),
    "script-by-name": (a_pdf(catalog=b"/Names << /JavaScript << /Names [(a) 6 0 R] >> >> ", more=[SCRIPT]), "active"),
    "launch": (a_pdf(page=b"/AA << /O << /S /Launch /F (cmd.exe) >> >> "), "active content"),
    "sends-a-form": (a_pdf(page=b"/Annots [<< /A << /S /SubmitForm /F (https://x.example) >> >>] "), "active content"),
    "xfa": (a_pdf(catalog=b"/AcroForm << /XFA 6 0 R >> ", more=[stream(b"<x/>")]), "active content"),
    "bomb": (a_pdf(bomb(b"(3 CERs) Tj ", 60_000_000)), ""),
    "bomb-of-nothing": (a_pdf(bomb(bytes(1000), 900_000)), ""),
    "pages-in-a-circle": (
        assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]), ""
    ),
    "deep": (assembled([b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 100_000 + b"]" * 100_000 + b" >>"]), ""),
    "many-objects": (
        a_pdf(catalog=b"/X 6 0 R ", more=[b"[%s]" % b" ".join(b"<< /A %d >>" % i for i in range(150_000))]), ""
    ),
    "tables-in-a-circle": (
        a_pdf().replace(b"/Size", b"/Prev 9 /Size"), ""
    ),
    "form-in-itself": (
        a_pdf(
            stream(b"/X Do " * 100_000),
            page=b"/Resources << /XObject << /X 6 0 R >> >> ",
            more=[stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >> ")],
        ),
        "",
    ),
}  # fmt: skip
