#include "lib/testing/emulated_block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ablate::testing {
namespace {

constexpr size_t kStack = 64 << 10, kPage = 4096;

// Saves the registers that a function must keep, takes another stack, and returns there (x86-64). noipa, or the caller may keep
// values in registers that "the function doesn't touch".
__attribute__((naked, noinline, noipa)) void ChangeStack(void** /*from*/, void* /*to*/) {
  asm("push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15; mov %rsp, (%rdi); mov %rsi, %rsp;"
      "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret");
}

extern "C" __attribute__((weak)) void __asan_unpoison_memory_region(const volatile void*, size_t);

std::string Text(const Dim3& index) {
  return std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z);
}

uint64_t Product(const Dim3& size) { return uint64_t{size.x} * size.y * size.z; }

Dim3 IndexIn(const Dim3& size, uint64_t i) { return Dim3(i % size.x, i / size.x % size.y, i / size.x / size.y); }

}  // namespace

bool last_first = false;
uint64_t waits = 0;

EmulatedBlock& CurrentBlock() {
  static thread_local EmulatedBlock block;
  return block;
}

EmulatedBlock::EmulatedBlock() : fibers_(kMaxThreads), shared_(kMaxSharedBytes / 8), shadow_(kMaxSharedBytes) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* stacks = mmap(nullptr, kStack * kMaxThreads, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (stacks == MAP_FAILED) throw std::runtime_error("no memory for the stacks of an emulated block");
  stacks_ = static_cast<unsigned char*>(stacks);
  for (size_t i = 0; i < kMaxThreads; ++i) mprotect(stacks_ + i * kStack, kPage, PROT_NONE);  // a guard for each
}

EmulatedBlock::~EmulatedBlock() { munmap(stacks_, kStack * kMaxThreads); }

unsigned EmulatedBlock::warp_mask() const { return ~0u >> (32 - std::min(32, threads_ - 32 * warp())); }

std::string EmulatedBlock::Describe(int thread) const {
  static constexpr const char* kWhat[] = {"after", "waits at __syncthreads,", "waits at a warp operation,",
                                          "has returned after"};
  const Fiber& fiber = fibers_[thread];
  return "thread " + Text(fiber.index) + " of block " + Text(block_index_) + " " + kWhat[fiber.state] + " line " +
         std::to_string(fiber.line);
}

void EmulatedBlock::Leave() { ChangeStack(&fibers_[running_].stack, scheduler_); }

void EmulatedBlock::Fail(const std::string& message) {
  error_ = message;
  Leave();
  __builtin_trap();
}

void EmulatedBlock::FailHere(const std::string& message) { Fail(message + ": " + Describe(running_)); }

void EmulatedBlock::Wait(State state, int line) {
  fibers_[running_].state = state;
  fibers_[running_].line = line;
  ++waits;
}

void EmulatedBlock::Barrier(int line) {
  Wait(kBarrier, line);
  if (++waiting_ < threads_) return Leave();
  for (int i = 0; i < threads_; ++i) {
    if (fibers_[i].line != line) Fail("divergent barrier: " + Describe(i) + ", " + Describe(running_));
    fibers_[i].state = kReady;
  }
  waiting_ = 0;
  barrier_time_ = ++clock_;
}

uint64_t EmulatedBlock::Exchange(unsigned mask, uint64_t value, int source, int line, bool orders_memory) {
  Wait(kWarp, line);
  Fiber& self = fibers_[running_];
  self.mask = mask;
  self.value = value;
  self.source = source;
  const bool good = (mask >> lane() & 1) && !(mask & ~warp_mask()) && (source < 0 || (mask >> source & 1));
  if (!good) FailHere("mask lacks the lane or its source, or names absent lanes");
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    if (lanes()[__builtin_ctz(rest)].state == kWarp) continue;
    Leave();
    return self.result;
  }
  Release(mask, line);
  if (orders_memory && mask == warp_mask()) warp_time_[warp()] = ++clock_;
  return self.result;
}

// All lanes of the mask wait: each gets what it asked for.
void EmulatedBlock::Release(unsigned mask, int line) {
  uint64_t ballot = 0;
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    ballot |= uint64_t{lanes()[lane].value != 0} << lane;
  }
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    Fiber& other = lanes()[lane];
    if (other.mask != mask || other.line != line) {
      Fail("divergent: " + Describe(32 * warp() + lane) + ", " + Describe(running_));
    }
    other.result = other.source < 0 ? ballot : lanes()[other.source].value;
    other.state = kReady;
  }
}

unsigned char* EmulatedBlock::Allocate(const void* key, size_t bytes) {
  const auto [place, is_new] = arrays_.try_emplace(key, used_);
  if (is_new) used_ += (bytes + 15) & ~size_t{15};
  if (used_ > kMaxSharedBytes) Fail("more shared memory than a block has");
  return reinterpret_cast<unsigned char*>(shared_.data()) + place->second;
}

void EmulatedBlock::CheckAccess(const void* at, bool write) {
  Shadow& shadow = shadow_[static_cast<const unsigned char*>(at) - reinterpret_cast<unsigned char*>(shared_.data())];
  const auto check = [&](const Access& access) {
    const bool same_warp = access.thread / 32 == warp();
    const uint64_t ordered = same_warp ? std::max(barrier_time_, warp_time_[warp()]) : barrier_time_;
    if (access.thread != running_ && access.time >= ordered) {
      Fail("race on shared memory: " + Describe(running_) + ", " + Describe(access.thread));
    }
  };
  check(shadow.write);
  if (write) {
    check(shadow.read);
    check(shadow.earlier_read);
    shadow.write = {clock_, running_};
  } else {
    if (shadow.read.thread != running_) shadow.earlier_read = shadow.read;
    shadow.read = {clock_, running_};
  }
}

unsigned EmulatedBlock::LanesLeft() const {
  unsigned mask = warp_mask();
  for (int lane = 0; lane < 32; ++lane) mask &= ~(unsigned{lanes()[lane].state == kDone} << lane);
  return mask;
}

void EmulatedBlock::Enter() {
  EmulatedBlock& block = CurrentBlock();
  (*block.kernel_)();
  block.fibers_[block.running_].state = kDone;
  ++block.done_;
  block.Leave();
}

void EmulatedBlock::Start(int thread) {
  Fiber& fiber = fibers_[thread];
  fiber.state = kReady;
  fiber.line = 0;
  fiber.index = IndexIn(size_, thread);
  unsigned char* bottom = stacks_ + thread * kStack;
  if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(bottom + kPage, kStack - kPage);
  void** top = reinterpret_cast<void**>(bottom + kStack - thread % 61 * 256);  // not all in one set of the cache
  top[-1] = nullptr;
  top[-2] = reinterpret_cast<void*>(&Enter);
  fiber.stack = top - 8;
}

// Each warp until all its lanes wait, until no warp gets on.
void EmulatedBlock::RunWarps() {
  const int warps = (threads_ + 31) / 32;
  for (int w = 0, idle_warps = 0; idle_warps < warps && error_.empty(); w = (w + 1) % warps, ++idle_warps) {
    const int begin = 32 * (last_first ? warps - 1 - w : w), count = std::min(32, threads_ - begin);
    for (int lane = 0, idle = 0; idle < count && error_.empty(); lane = (lane + 1) % count, ++idle) {
      running_ = begin + (last_first ? count - 1 - lane : lane);
      if (fibers_[running_].state != kReady) continue;
      idle = idle_warps = -1;
      ChangeStack(&scheduler_, fibers_[running_].stack);
    }
  }
}

std::string EmulatedBlock::DescribeStuck() const {
  int stuck = 0, other = 0;
  while (fibers_[stuck].state == kDone) ++stuck;
  while (other < threads_ - 1 && fibers_[other].state == fibers_[stuck].state) ++other;
  return "divergent: " + Describe(stuck) + ", " + Describe(other);
}

void EmulatedBlock::RunBlock() {
  for (int i = 0; i < threads_; ++i) Start(i);
  done_ = waiting_ = 0;
  barrier_time_ = ++clock_;
  arrays_ = {{nullptr, 0}};
  used_ = dynamic_bytes_;
  std::memset(shared_.data(), 0xff, std::max<size_t>(dynamic_bytes_, 48 << 10));  // NaN
  RunWarps();
  if (done_ < threads_ && error_.empty()) error_ = DescribeStuck();
  if (!error_.empty()) throw std::runtime_error(std::string(name_) + ": " + error_);
}

void EmulatedBlock::Launch(const char* name, Dim3 grid, Dim3 size, size_t dynamic_bytes, const std::function<void()>& kernel) {
  const uint64_t threads = Product(size), blocks = Product(grid);
  const bool good = threads > 0 && threads <= kMaxThreads && size.z <= 64 && blocks > 0 && grid.y <= 65535 && grid.z <= 65535;
  if (!good || dynamic_bytes > kMaxSharedBytes) throw std::runtime_error(std::string(name) + ": launch out of range");
  name_ = name;
  grid_ = grid;
  size_ = size;
  threads_ = static_cast<int>(threads);
  kernel_ = &kernel;
  error_.clear();
  dynamic_bytes_ = (dynamic_bytes + 15) & ~size_t{15};
  for (uint64_t i = 0; i < blocks; ++i) {
    block_index_ = IndexIn(grid, i);
    RunBlock();
  }
}

}  // namespace ablate::testing
