"""Signatures by real SSH keys: whose they are, and what else is refused."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.signatures import SigningKey, check_integrity, check_signature

DATA = b"0123  fas-lotus-bm25\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys of teams lotus and birch, and a list of both."""
    folder = tmp_path_factory.mktemp("keys")
    for team, kind in (("lotus", "ed25519"), ("birch", "ecdsa")):
        command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "ada@her-laptop", "-f", str(folder / team)]
        subprocess.run(command, check=True)
    lotus, birch = ((folder / f"{team}.pub").read_text() for team in ("lotus", "birch"))
    (folder / "signers").write_text(f'lotus {lotus}"birch & sons" namespaces="neuclir-carbon" {birch}')
    return folder


def test_a_signature_is_its_team_s_and_nobody_else_s(keys: Path) -> None:
    signature = SigningKey.at(keys / "lotus").signature_of(DATA)
    assert check_signature(signature, DATA, allowed_signers=keys / "signers", signer="lotus").right
    other = check_signature(signature, DATA, allowed_signers=keys / "signers", signer="birch & sons")
    assert (other.right, other.others) == (False, ("lotus",))


def test_a_name_with_blanks_may_sign(keys: Path) -> None:
    signature = SigningKey.at(keys / "birch").signature_of(DATA)
    assert check_signature(signature, DATA, allowed_signers=keys / "signers", signer="birch & sons").right


def test_the_same_bytes_give_the_same_signature_where_the_key_can_and_no_comment_of_the_key(keys: Path) -> None:
    signature = SigningKey.at(keys / "lotus").signature_of(DATA)
    assert signature == SigningKey.at(keys / "lotus").signature_of(DATA)
    assert b"ada" not in signature


def test_a_signature_over_other_bytes_is_wrong(keys: Path) -> None:
    signature = SigningKey.at(keys / "lotus").signature_of(DATA)
    assert check_integrity(signature, DATA).right
    assert not check_integrity(signature, DATA + b"x").right
    assert not check_signature(signature, DATA + b"x", allowed_signers=keys / "signers", signer="lotus").right


def test_a_signature_in_another_namespace_is_wrong(keys: Path) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(keys / "lotus")]
    signature = subprocess.run(command, input=DATA, capture_output=True, check=True).stdout
    assert not check_signature(signature, DATA, allowed_signers=keys / "signers", signer="lotus").right
    assert not check_integrity(signature, DATA).right


@pytest.mark.parametrize("signer", ["", "-I", "*", "lotus,birch", "a\0b", "x" * 5000, "lotus\nbirch"])
def test_a_hostile_name_signs_nothing(keys: Path, signer: str) -> None:
    signature = SigningKey.at(keys / "lotus").signature_of(DATA)
    assert not check_signature(signature, DATA, allowed_signers=keys / "signers", signer=signer).right


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(noise=st.binary(max_size=200))
def test_noise_is_no_signature(keys: Path, noise: bytes) -> None:
    armored = b"-----BEGIN SSH SIGNATURE-----\n" + noise + b"-----END SSH SIGNATURE-----\n"
    for signature in (noise, armored, armored * 1000):
        assert not check_integrity(signature, DATA).right


def test_what_can_not_sign_is_told(keys: Path, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="missing"):
        SigningKey.at(tmp_path / "missing")
    (tmp_path / "noise").write_text("no key\n")
    (tmp_path / "noise").chmod(0o600)
    with pytest.raises(Unreadable, match="private SSH key"):
        SigningKey.at(tmp_path / "noise").signature_of(DATA)
    with pytest.raises(Unreadable, match="signers"):
        check_signature(
            SigningKey.at(keys / "lotus").signature_of(DATA), DATA, allowed_signers=tmp_path / "signers", signer="lotus"
        )
