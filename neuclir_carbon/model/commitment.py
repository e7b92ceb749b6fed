"""A Merkle tree over salted digests of bundles: one root to publish, and for each bundle a path that leads to it.

Whoever has a bundle can compute its leaf; whoever has not can compute nothing, since the salt is an HMAC under the
digest of the whole bundle. Leaves of bundles and of padding look alike and are sorted together, and the tree has one
height for up to 65,536 bundles: neither the root nor a path tells how many there are or whose they are.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

COMMITMENT, RECEIPT = "commitment/1", "receipt/1"
LEAST_DEPTH = 16
# Apart by what is hashed, so that no hash of one kind can pass for one of another.
_LEAF, _INNER = b"\x00", b"\x01"
_SALT, _NONCE, _PADDING = b"neuclir-carbon salt/1", b"neuclir-carbon nonce/1", b"neuclir-carbon padding/1"


@frozen(kw_only=True)
class Proof:
    """A leaf's place in the tree, and the hashes beside its way up to the root (hex)."""

    index: int
    path: tuple[str, ...]


@frozen(kw_only=True)
class Commitment:
    """What is published: the root, and what else a leaf is computed from. `nonce` keeps editions apart."""

    track: str
    nonce: str
    depth: int
    root: str


def committed(track: str, bundles: Iterable[str]) -> tuple[Commitment, Mapping[str, Proof]]:
    """The commitment to bundles, given by the SHA-256 of each, and each one's proof. The order does not matter."""
    digests = sorted({bytes.fromhex(bundle) for bundle in bundles})
    secret = _sha256(b"".join(digests))
    nonce = hmac.digest(secret, _NONCE + track.encode(), "sha256")
    leaves = {digest: _leaf(track, nonce, digest) for digest in digests}
    depth = max(LEAST_DEPTH, (len(digests) - 1).bit_length())
    padding = (
        hmac.digest(secret, _PADDING + nonce + number.to_bytes(8), "sha256")
        for number in range((1 << depth) - len(leaves))
    )
    levels = [sorted([*leaves.values(), *padding])]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([_inner(below[at], below[at + 1]) for at in range(0, len(below), 2)])
    places = {leaf: index for index, leaf in enumerate(levels[0])}
    texts = [[found.hex() for found in level] for level in levels[:-1]]
    proofs = {digest.hex(): _proof(texts, places[leaf]) for digest, leaf in leaves.items()}
    commitment = Commitment(track=track, nonce=nonce.hex(), depth=depth, root=levels[-1][0].hex())
    return commitment, proofs


def proves(proof: Proof, commitment: Commitment, bundle: str) -> bool:
    """Whether the path leads from the bundle with this SHA-256 to the commitment's root."""
    if len(proof.path) != commitment.depth or proof.index >> commitment.depth:
        return False
    found = _leaf(commitment.track, bytes.fromhex(commitment.nonce), bytes.fromhex(bundle))
    for height, beside in enumerate(map(bytes.fromhex, proof.path)):
        found = _inner(beside, found) if proof.index >> height & 1 else _inner(found, beside)
    return hmac.compare_digest(found, bytes.fromhex(commitment.root))


def _leaf(track: str, nonce: bytes, digest: bytes) -> bytes:
    salt = hmac.digest(digest, _SALT + nonce + track.encode(), "sha256")
    return _sha256(_LEAF + salt + digest)


def _inner(left: bytes, right: bytes) -> bytes:
    return _sha256(_INNER + left + right)


def _proof(levels: Sequence[Sequence[str]], index: int) -> Proof:
    """The proof of a leaf, from all levels below the root (hex)."""
    return Proof(index=index, path=tuple([level[(index >> height) ^ 1] for height, level in enumerate(levels)]))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
