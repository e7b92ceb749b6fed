"""Signatures over a bundle's digests, made and checked by OpenSSH (`ssh-keygen -Y`): keys that people already have.

Nothing is written to disk: what is signed goes through stdin, a signature to be checked through a pipe.
"""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.files import open_file

NAMESPACE = "neuclir-carbon"
MAX_SIGNATURE_BYTES = 16 * 1024
_SECONDS = 20
_FIRST, _LAST = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"


@frozen
class SigningKey:
    """A private SSH key, or the public one whose private half an agent holds."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "SigningKey":
        """The key at a path; `Unreadable` when no file can be read there."""
        with open_file(path):
            return cls(path)

    def signature_of(self, data: bytes) -> bytes:
        """The armored signature over some bytes; `Unreadable` when the key can't sign. A passphrase is asked for at
        the terminal or by the agent."""
        done = _ssh_keygen(["sign", "-f", str(self.path.absolute())], data, asks=True)
        if done.returncode or not done.stdout.startswith(_FIRST):
            raise Unreadable(f"can't sign with {self.path}: {_said(done)}; give a private SSH key that you can use")
        return done.stdout


@frozen
class Checked:
    """What came of a signature: whether it is right for the signer asked for, and what `ssh-keygen` said if not.

    `others` are the principals that the list of allowed signers has for the key.
    """

    right: bool
    reason: str = ""
    others: tuple[str, ...] = ()


def check_signature(signature: bytes, data: bytes, *, allowed_signers: Path, signer: str) -> Checked:
    """Whether a signature over `data` is `signer`'s by a file of allowed signers (see ssh-keygen(1)).

    `Unreadable` when the list can't be read or there is no `ssh-keygen` here.
    """
    if _malformed(signature):
        return Checked(False, "it is no SSH signature")
    if "\0" in signer:
        return Checked(False, "the signer's name holds a NUL character")
    with open_file(allowed_signers):
        listed = ["-f", str(allowed_signers.absolute())]
    verified = _ssh_keygen(["verify", *listed, "-I", signer], data, signature)
    if verified.returncode == 0:
        return Checked(True)
    found = _ssh_keygen(["find-principals", *listed], data, signature)
    names = found.stdout.decode("utf-8", "replace").split("\n") if found.returncode == 0 else []
    return Checked(False, _said(verified), tuple(name for name in names if name))


def check_integrity(signature: bytes, data: bytes) -> Checked:
    """Whether a signature is one over `data` by whoever's key; `Unreadable` when there is no `ssh-keygen` here."""
    if _malformed(signature):
        return Checked(False, "it is no SSH signature")
    done = _ssh_keygen(["check-novalidate"], data, signature)
    return Checked(done.returncode == 0, "" if done.returncode == 0 else _said(done))


def _malformed(signature: bytes) -> bool:
    """Whether it is not even armored as OpenSSH does it, or too long for a pipe."""
    return (
        len(signature) > MAX_SIGNATURE_BYTES or not signature.startswith(_FIRST) or not signature.endswith(_LAST)
    )  # fmt: skip


def _ssh_keygen(
    arguments: Sequence[str],
    data: bytes,
    signature: bytes | None = None,
    *,
    asks: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """One call of `ssh-keygen -Y` with `data` on stdin, and the signature in a pipe. It may not ask unless told so."""
    command = ["ssh-keygen", "-Y", *arguments, "-n", NAMESPACE]
    reading = None
    if signature is not None:
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(signature)
        command += ["-s", f"/dev/fd/{reading}"]
    silent = {} if asks else {"SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(
            command, input=data, capture_output=True, check=False, pass_fds=() if reading is None else (reading,),
            timeout=None if asks else _SECONDS, env={**os.environ, "LC_ALL": "C", **silent},
        )  # fmt: skip
    except FileNotFoundError:
        raise Unreadable("there is no ssh-keygen here; install OpenSSH (8.2 or newer) to sign or to check") from None
    except subprocess.TimeoutExpired:
        raise Unreadable(f"ssh-keygen did not answer within {_SECONDS} s") from None
    finally:
        if reading is not None:
            with suppress(OSError):
                os.close(reading)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What `ssh-keygen` said went wrong, on one line."""
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines)[:300] or f"ssh-keygen ended with {done.returncode}"
