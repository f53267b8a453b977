// How devices are shared out: a slot is the share of a device that one launch holds. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/devices.pb.h"

namespace ablate::runner {

struct Slot {
  std::string device;         // as launches name it: "cpu", "cuda:1"
  uint64_t memory_bytes = 0;  // for the tensors of its array; 0: not known
};

// What is to run.
struct Demand {
  uint64_t trials = 1;
  uint32_t max_array_trials = 8;     // most trials of an array
  uint64_t trial_bytes = 0;          // of the largest trial in an array; 0: not known
  uint32_t max_workers_per_gpu = 4;  // where memory and cores allow
};

// What a worker takes besides its tensors: the program, its libraries and their workspaces (measured: 140 MB with a model of
// almost nothing, 300 MB in training 4 layers of 256) and, on a GPU, its context there, which is assumed (not yet measured on a
// GPU). Unit: bytes.
inline constexpr uint64_t kWorkerBytes = 400'000'000;
inline constexpr uint64_t kContextBytes = 600'000'000;

// Of the memory that is free this share is used: allocators keep some of theirs in pieces, and others may come.
inline constexpr double kMemoryShare = 0.9;

// One slot per core of the CPU. On GPUs one each, and more, the same number on all, where one array on each would leave trials
// waiting, up to what Demand, the cores of the host and memory allow: the array of max_array_trials trials must fit into each
// one's share. Arrays that are smaller because memory is short are no reason for fewer slots. At least one slot per device.
std::vector<Slot> SlotsOn(const Inventory& inventory, const Demand& demand);

}  // namespace ablate::runner
