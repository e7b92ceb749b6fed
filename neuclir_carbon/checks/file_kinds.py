"""What a file is instead of a run in plain text, by its first bytes, and how to mend it."""

_BEGINNINGS = (
    (b"\x1f\x8b", "gzip", "gunzip it"),
    (b"PK\x03\x04", "a zip archive", "unzip it"),
    (b"BZh", "bzip2", "bunzip2 it"),
    (b"\xfd7zXZ", "xz", "unxz it"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd it"),
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
)


def other_kind(data: bytes) -> tuple[str, str] | None:
    """(kind, remedy) of a file that begins with these bytes; None where they are the beginning of no such file."""
    return next(((kind, remedy) for beginning, kind, remedy in _BEGINNINGS if data.startswith(beginning)), None)
