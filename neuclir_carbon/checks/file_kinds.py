"""What a file is instead of plain text, by its first bytes, and how to mend it."""

_BEGINNINGS = (
    (b"\x1f\x8b", "gzip", "gunzip it"),
    (b"PK\x03\x04", "a zip archive", "unzip it"),
    (b"BZh", "bzip2", "bunzip2 it"),
    (b"\xfd7zXZ", "xz", "unxz it"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd it"),
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
)
_OFFICE = b"[Content_Types].xml"
# What nobody hands in as a run, but leaves among a tracker's files.
_DATA_BEGINNINGS = (
    (b"%PDF-", "a PDF", "give the table that it shows as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "export its table as CSV"),
    (b"\x89PNG", "a PNG image", "give the figures that it shows as CSV"),
    (b"\xff\xd8\xff", "a JPEG image", "give the figures that it shows as CSV"),
    (b"GIF8", "a GIF image", "give the figures that it shows as CSV"),
    (b"PAR1", "a Parquet file", "save its table as CSV"),
    (b"ARROW1", "an Arrow file", "save its table as CSV"),
    (b"\x89HDF", "an HDF5 file", "save its table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save its sheet as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x7fELF", "a program", "give what it wrote"),
    (b"\x80\x04\x95", "a Python pickle", "save its table as CSV"),
)


def kind_of_data(data: bytes) -> tuple[str, str] | None:
    """The same of a file that should be a table, a log or YAML; a spreadsheet is told from other ZIP archives."""
    found = next(((kind, do) for beginning, kind, do in _DATA_BEGINNINGS if data.startswith(beginning)), None)
    if found is None and data.startswith(b"PK\x03\x04") and _OFFICE in data:
        found = ("a spreadsheet or another Office file", "save its sheet as CSV")
    return found or other_kind(data)


def other_kind(data: bytes) -> tuple[str, str] | None:
    """(kind, remedy) of a file that begins with these bytes; None where they are the beginning of no such file."""
    return next(((kind, remedy) for beginning, kind, remedy in _BEGINNINGS if data.startswith(beginning)), None)
