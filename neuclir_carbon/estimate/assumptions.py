"""What is judged and not measured, in one place: each figure with its reason. Every estimate says which it used."""

from neuclir_carbon.factors.power import LOAD_SHARE, RAM_W_PER_GIB
from neuclir_carbon.model.quantities import Spread

# Mean power of an accelerator as a share of its TDP where nobody measured it. 0.75 is what the Teads data has for GPUs
# at 50 % load, and near the 76 % of rated power measured on nodes of 8 H100 in training (Brookhaven, "Empirically-
# Calibrated H100 Node Power Models"); the bounds are our judgement.
LOAD = Spread(0.3, 0.75, 1.0)
LOAD_SAID = (
    f"mean power {LOAD.low:.0%} / {LOAD.central:.0%} / {LOAD.high:.0%} of TDP (assumption: nobody measured the load)"
)

# A mean load that the user knows: a sensor's error, and power supplies and fans that it does not see. Our judgement.
KNOWN_LOAD = Spread(0.85, 1.0, 1.15)
KNOWN_LOAD_SAID = "a known load gives the power to -15 % / +15 % (assumption: sensor, power supply, fans)"

# Loads in % between which a cloud instance's power lies where nobody measured it.
UNKNOWN_LOAD_PERCENT = Spread(10.0, 50.0, 100.0)
UNKNOWN_LOAD_SAID = "load 10 % / 50 % / 100 % (assumption: nobody gave --load)"

# Years over which manufacture is divided: 4 is the Teads data's, 3 EcoLogits', 6 Boavizta's.
LIFETIME_YEARS = Spread(3.0, 4.0, 6.0)
# Manufacture of one accelerator in kg CO2e: 150 is the Teads data's, for any GPU; 575 is Boavizta's for an H100 SXM.
CARD_KG = 150.0
CARD_HIGH_KG = 575.0
# The same where no data set has the instance: the middle of five published figures, which is EcoLogits' for an H100.
CARD_SPREAD_KG = Spread(CARD_KG, 273.0, CARD_HIGH_KG)
CARD_SOURCE = (
    "published figures for a GPU: Teads Engineering 150 kg (any), ADEME and Hubblo 181 kg (A100 PCIe 40GB), EcoLogits "
    "273 kg (H100), Boavizta 319 kg (A100 SXM4) and 575 kg (H100 SXM)"
)
# Manufacture of a server without its accelerators, in kg CO2e a vCPU.
PLATFORM_KG_PER_VCPU = Spread(1610.4 / 96, 5700 / 192, (4675.5 - 8 * CARD_KG) / 96)
PLATFORM_SOURCE = (
    "a server without its GPUs, by its vCPUs: EcoLogits 5,700 kg (p5.48xlarge, 192 vCPUs); bounds: Teads Engineering "
    "1,610.4 kg (m5, 96 vCPUs) and 4,675.5 kg less 8 × 150 kg (p4d.24xlarge, 96 vCPUs)"
)
NO_MANUFACTURE_SAID = (
    "manufacture is unknown: our tables have no figure for this accelerator; embodied is left out, not 0"
)

# An instance composed of its parts. What --load means there is the share of the accelerators' TDP itself, whereas the
# Teads data has GPUs at 75 % of their TDP at a load of 50 %.
COMPOSED_LOAD_SAID = (
    "--load is the accelerators' mean power as a share of their TDP (of the highest power measured where no TDP is "
    "published), to -15 % / +15 % (assumption: sensor, power supply, fans)"
)
HOST_SAID = (
    f"host: {LOAD_SHARE.low:.0%} / {LOAD_SHARE.central:.0%} / {LOAD_SHARE.high:.0%} of its processor's TDP by vCPU, "
    f"memory {RAM_W_PER_GIB.low:g} / {RAM_W_PER_GIB.central:g} / {RAM_W_PER_GIB.high:g} W/GiB (assumption); no disks, "
    "network cards or power supplies"
)


def embodied_said(years: float | None, card_kg: float) -> str:
    """Over how many years manufacture is divided, and between which bounds it lies."""
    divided = (
        f"manufacture over {years:g} years (--lifetime-years); bounds:"
        if years is not None
        else "manufacture over 4 years; bounds: 6 and 3 years, and"
    )
    if card_kg == CARD_KG:
        return f"{divided} up to {CARD_HIGH_KG:g} kg instead of {CARD_KG:g} kg an accelerator (Boavizta)"
    return (
        f"{divided} {CARD_SPREAD_KG.low:g} to {CARD_SPREAD_KG.high:g} kg an accelerator around {card_kg:g} kg, "
        f"{PLATFORM_KG_PER_VCPU.low:.3g} to {PLATFORM_KG_PER_VCPU.high:.3g} kg a vCPU (assumption)"
    )
