/* A small library with NVML's names, built by the tests and loaded as the real one is. -D chooses what it says:
   INIT: the code that starting gives (0 success, 4 no permission, 9 driver not loaded); DEVICES: how many there are;
   ENERGY: the code of reading an energy counter (3: not supported); POWER: the same of the power; MIG: whether the
   cards are divided; APART: whether each has a name of its own;
   NAME: the code of reading a name. Card n draws 100 × (n + 1) W, always. */
#include <stdio.h>
#include <time.h>
#ifndef MIG
#define MIG 0
#endif
#ifndef NAME
#define NAME 0
#endif
#ifndef APART
#define APART 0
#endif
typedef void *device;
static int numbers[64];
static unsigned watts(device one) { return 100u * (unsigned)(*(int *)one + 1); }
int nvmlInit_v2(void) { return INIT; }
int nvmlInitWithFlags(unsigned flags) { (void)flags; return INIT; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) {
  return code == 4 ? "Insufficient Permissions" : code == 3 ? "Not Supported" : "Driver Not Loaded";
}
int nvmlDeviceGetCount_v2(unsigned *count) { *count = DEVICES; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *found) {
  numbers[index] = (int)index;
  *found = &numbers[index];
  return 0;
}
int nvmlDeviceGetName(device one, char *name, unsigned length) {
  if (APART) snprintf(name, length, "Test Card %d", *(int *)one);
  else snprintf(name, length, "Test Card");
  return NAME;
}
int nvmlDeviceGetUUID(device one, char *uuid, unsigned length) {
  snprintf(uuid, length, "GPU-%08d-aaaa-bbbb-cccc-dddddddddddd", *(int *)one);
  return 0;
}
int nvmlDeviceGetEnforcedPowerLimit(device one, unsigned *mw) { (void)one; *mw = 700000; return 0; }
int nvmlDeviceGetMemoryInfo(device one, unsigned long long *memory) {
  (void)one;
  memory[0] = 16ull << 30, memory[1] = 8ull << 30, memory[2] = 8ull << 30;
  return 0;
}
int nvmlDeviceGetMigMode(device one, unsigned *now, unsigned *next) { (void)one; *now = *next = MIG; return MIG ? 0 : 3; }
int nvmlDeviceGetTotalEnergyConsumption(device one, unsigned long long *mj) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  *mj = (unsigned long long)(((double)at.tv_sec + 1e-9 * (double)at.tv_nsec) * 1000.0 * watts(one));
  return ENERGY;
}
int nvmlDeviceGetPowerUsage(device one, unsigned *mw) { *mw = 1000u * watts(one); return POWER; }
