"""What parts draw where no counter tells: redone by hand from the published rules."""

import pytest

from neuclir_carbon.factors.power import modelled_ram_w, sockets_tdp_w


@pytest.mark.parametrize(
    ("ram_gib", "is_arm", "watts"),
    [
        (1.0, False, 2 * 5.0),
        (16.0, False, 2 * 5.0),
        (23.5, False, 4 * 5.0),
        (100.0, False, 4 * 5.0 + 4 * 4.5),
        # 1,152 GiB: 9 modules of 128 GiB.
        (1152.0, False, 4 * 5.0 + 4 * 4.5 + 1 * 4.0),
        (8192.0, False, 4 * 5.0 + 4 * 4.5 + 8 * 4.0 + 16 * 3.5),
        (4.0, True, 2 * 1.5),
        (100.0, True, 4 * 1.5 + 4 * 1.35),
    ],
)
def test_memory_draws_by_its_modules(ram_gib: float, is_arm: bool, watts: float) -> None:
    assert modelled_ram_w(ram_gib, is_arm=is_arm) == pytest.approx(watts)


def test_a_tdp_counts_once_a_socket() -> None:
    assert sockets_tdp_w("Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz", 2) == 480.0
    assert sockets_tdp_w("a processor that nobody lists", 2) is None
