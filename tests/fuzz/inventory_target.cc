// Device inventories.
#include <cstdlib>

#include "runner/devices/inventory.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto inventory = ablate::runner::ParseInventory(ablate::fuzz::Text(data, size), "input");
  ablate::fuzz::ExpectSensible(inventory.status());
  if (inventory.ok() && inventory->device().empty()) std::abort();
  return 0;
}
