// What the fault injector (injector.cc) shares with the test that asks for a fault.
#pragma once

#include <atomic>
#include <cstdint>

namespace ablate::faults {

struct Record {
  std::atomic<uint64_t> points;  // passed so far by processes of the role
  std::atomic<uint32_t> fired;   // 1: the fault has happened
  char where[4096];              // there: "pwrite /tmp/.../results.db-wal"
};

}  // namespace ablate::faults
