# Runs a command where the kernel seems to count the energy of two packages: "$1" and "$2" W, always.
# usage: unshare --mount sh rapl_tree.sh WATTS WATTS PYTHON COMMAND [ARG]...
set -eu
first=$1 second=$2 python=$3
shift 3
mount -t tmpfs none /sys/class
mkdir -p /sys/class/powercap/intel-rapl
ln -s .. /sys/class/powercap/intel-rapl/subsystem
for package in 0 1; do
  zone=/sys/class/powercap/intel-rapl/intel-rapl:$package
  mkdir "$zone"
  echo "package-$package" >"$zone/name"
  echo 262143328850 >"$zone/max_energy_range_uj"
  ln -s "intel-rapl/intel-rapl:$package" "/sys/class/powercap/intel-rapl:$package"
done
"$python" -S -c '
import os, sys, time
watts = [float(word) for word in sys.argv[1:3]]
before = [5e9, 9e9]
begun = time.monotonic()
while os.getppid() != 1:
    for package in (0, 1):
        zone = f"/sys/class/powercap/intel-rapl/intel-rapl:{package}"
        energy_uj = int(before[package] + watts[package] * 1e6 * (time.monotonic() - begun))
        with open(f"{zone}/energy_uj.new", "w") as stream:
            stream.write(f"{energy_uj}\n")
        os.rename(f"{zone}/energy_uj.new", f"{zone}/energy_uj")
    time.sleep(0.02)
' "$first" "$second" &
feeder=$!
until [ -s /sys/class/powercap/intel-rapl/intel-rapl:1/energy_uj ]; do sleep 0.02; done
status=0
"$@" || status=$?
kill "$feeder"
exit "$status"
