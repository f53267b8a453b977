#include "runner/worker/growth_hints.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "lib/base/files.h"

namespace ablate::worker {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(50);

}  // namespace

GrowthHints::GrowthHints(std::string path, std::function<void()> grown)
    : path_(std::move(path)), grown_(std::move(grown)), thread_([this] { Watch(); }) {}

GrowthHints::~GrowthHints() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void GrowthHints::Watch() {
  uint64_t told = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, kBetweenLooks, [this] { return over_; })) {
    const uint64_t size = FileSize(path_).value_or(0);
    if (size > told) grown_();
    told = size;
  }
}

}  // namespace ablate::worker
