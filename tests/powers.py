"""What this user may do on this machine that not every user may everywhere: mounts and control groups of its own.

A test that needs one carries its mark. Where the power is not there it is left out and counted in the report's header:
no user can install it, unlike a program.
"""

import os
import shutil
import subprocess
import sys
from functools import cache

from neuclir_carbon.metering.control_group import hierarchies, may_divide


@cache
def mounts() -> bool:
    """Whether a mount namespace can be made, and something mounted in it."""
    if sys.platform != "linux" or shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /sys/class"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@cache
def groups() -> bool:
    """Whether a control group can be made here that counts CPU time."""
    return any(map(may_divide, hierarchies()))


POWERS = {"mounts": mounts, "groups": groups}
