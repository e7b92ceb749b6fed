/* A small library with NVML's names, built by the tests and loaded as the real one is. -D chooses what it says:
   INIT: the code that starting gives (0 success, 4 no permission, 9 driver not loaded); DEVICES: how many there are;
   ENERGY: the code of reading an energy counter (3: not supported); POWER: the same of the power. */
typedef void *device;
static int one;
int nvmlInit_v2(void) { return INIT; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return code == 4 ? "Insufficient Permissions" : "Driver Not Loaded"; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = DEVICES; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *found) { (void)index; *found = &one; return 0; }
int nvmlDeviceGetTotalEnergyConsumption(device one, unsigned long long *mj) { (void)one; *mj = 5000; return ENERGY; }
int nvmlDeviceGetPowerUsage(device one, unsigned *mw) { (void)one; *mw = 70000; return POWER; }
