"""What is judged and not measured, in one place: each figure with its reason. Every estimate says which it used."""

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
EMBODIED_SAID = (
    "manufacture over 4 years; bounds: 6 and 3 years, and up to 575 kg instead of 150 kg an accelerator (Boavizta)"
)
