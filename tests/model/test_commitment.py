"""Merkle commitments to bundles: what a proof proves, and what root and proofs do not tell."""

import hashlib

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.model.commitment import LEAST_DEPTH, Proof, committed, proves


def a_bundle(number: int) -> str:
    return hashlib.sha256(f"bundle {number}".encode()).hexdigest()


BUNDLES = [a_bundle(number) for number in range(5)]
COMMITMENT, PROOFS = committed("neuclir-2024", BUNDLES)


def test_each_bundle_is_proven_by_its_own_proof_and_by_no_other() -> None:
    for bundle in BUNDLES:
        assert [proves(PROOFS[other], COMMITMENT, bundle) for other in BUNDLES] == [b == bundle for b in BUNDLES]


def test_a_bundle_that_is_not_in_it_is_proven_by_nothing() -> None:
    assert not any(proves(proof, COMMITMENT, a_bundle(99)) for proof in PROOFS.values())


@settings(max_examples=50)
@given(st.data())
def test_a_proof_with_anything_changed_proves_nothing(data: st.DataObject) -> None:
    bundle = data.draw(st.sampled_from(BUNDLES))
    proof = PROOFS[bundle]
    place = data.draw(st.integers(0, LEAST_DEPTH - 1))
    bit = 1 << data.draw(st.integers(0, 255))
    path = list(proof.path)
    path[place] = f"{int(path[place], 16) ^ bit:064x}"
    assert not proves(Proof(index=proof.index, path=tuple(path)), COMMITMENT, bundle)
    other = proof.index ^ (1 << data.draw(st.integers(0, LEAST_DEPTH - 1)))
    assert not proves(Proof(index=other, path=proof.path), COMMITMENT, bundle)


@pytest.mark.parametrize("path", [(), PROOFS[BUNDLES[0]].path[:-1], (*PROOFS[BUNDLES[0]].path, "0" * 64)])
def test_a_path_of_another_length_proves_nothing(path: tuple[str, ...]) -> None:
    assert not proves(Proof(index=PROOFS[BUNDLES[0]].index, path=path), COMMITMENT, BUNDLES[0])


def test_an_inner_node_can_not_pass_for_a_bundle() -> None:
    """A shorter path from a node further up leads to the root, and is refused for its length and for its kind."""
    proof = PROOFS[BUNDLES[0]]
    for node in proof.path:
        assert not proves(Proof(index=proof.index >> 1, path=proof.path[1:]), COMMITMENT, node)
        assert not proves(proof, COMMITMENT, node)


def test_the_order_and_copies_of_bundles_make_no_difference() -> None:
    assert committed("neuclir-2024", [*reversed(BUNDLES), BUNDLES[0]]) == (COMMITMENT, PROOFS)


@pytest.mark.parametrize("changed", [("neuclir-2023", BUNDLES), ("neuclir-2024", BUNDLES[:-1])])
def test_another_track_or_another_set_of_bundles_shares_no_hash(changed: tuple[str, list[str]]) -> None:
    """Else whoever has two editions' receipts could see who beside her did not change."""
    other, proofs = committed(*changed)
    hashes = {text for proof in PROOFS.values() for text in proof.path}
    assert other.root != COMMITMENT.root and other.nonce != COMMITMENT.nonce
    assert hashes.isdisjoint(text for proof in proofs.values() for text in proof.path)


def test_neither_the_root_nor_a_proof_tells_how_many_there_are() -> None:
    """The paths of 1 and of 300 bundles have one length, and places lie all over the tree."""
    sizes = [committed("t", map(a_bundle, range(count))) for count in (1, 300)]
    assert {len(proof.path) for _, proofs in sizes for proof in proofs.values()} == {LEAST_DEPTH}
    places = sorted(proof.index for proof in sizes[1][1].values())
    assert places[0] < 2000 and places[-1] > (1 << LEAST_DEPTH) - 2000 and len(set(places)) == 300


def test_a_commitment_to_no_bundle_at_all_is_still_one() -> None:
    empty, proofs = committed("t", [])
    assert proofs == {} and len(empty.root) == 64


def test_another_root_proves_nothing() -> None:
    assert not proves(PROOFS[BUNDLES[0]], attrs.evolve(COMMITMENT, root="0" * 64), BUNDLES[0])
