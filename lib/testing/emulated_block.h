// One block of CUDA threads on the CPU: a fiber for each thread, one running at a time, in a fixed order. What the words of
// lib/testing/cuda_on_cpu.h are made of; kernels don't use it themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ablate::testing {

struct Dim3 {
  unsigned x, y, z;
  Dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

class EmulatedBlock {
 public:
  static constexpr size_t kMaxSharedBytes = 227 << 10;
  static constexpr int kMaxThreads = 1024;

  EmulatedBlock();
  ~EmulatedBlock();
  EmulatedBlock(const EmulatedBlock&) = delete;
  EmulatedBlock& operator=(const EmulatedBlock&) = delete;

  // Runs the kernel in all threads of all blocks, blocks one after the other. Throws std::runtime_error on what the header of
  // cuda_on_cpu.h lists.
  void Launch(const char* name, Dim3 grid, Dim3 size, size_t dynamic_bytes, const std::function<void()>& kernel);

  // For the running thread.
  const Dim3& thread_index() const { return fibers_[running_].index; }
  const Dim3& block_index() const { return block_index_; }
  const Dim3& size() const { return size_; }
  const Dim3& grid() const { return grid_; }
  size_t dynamic_bytes() const { return dynamic_bytes_; }
  int lane() const { return running_ % 32; }

  void Barrier(int line);

  // Waits for the lanes of `mask`. Gives `value` of the lane `source`, or for source -1 the mask of lanes whose value is not 0.
  uint64_t Exchange(unsigned mask, uint64_t value, int source, int line, bool orders_memory = false);

  // The same memory for the same key in all threads of the block.
  unsigned char* Allocate(const void* key, size_t bytes);

  // Reports a race with an earlier access to the same place that no barrier separates from this one.
  void CheckAccess(const void* at, bool write);

  // Lanes of the warp that have not returned; the hardware's __activemask may give fewer.
  unsigned LanesLeft() const;

  // Ends the launch with an error about the running thread.
  [[noreturn]] void FailHere(const std::string& message);

 private:
  enum State { kReady, kBarrier, kWarp, kDone };

  struct Fiber {
    void* stack;
    Dim3 index;
    State state;
    int line;    // where it waits
    int source;  // the lane whose value it wants, -1: the ballot
    unsigned mask;
    uint64_t value, result;
  };

  struct Access {
    uint64_t time = 0;
    int thread = -1;
  };

  struct Shadow {
    Access write, read, earlier_read;
  };

  static void Enter();

  int warp() const { return running_ / 32; }
  const Fiber* lanes() const { return &fibers_[32 * warp()]; }
  Fiber* lanes() { return &fibers_[32 * warp()]; }
  unsigned warp_mask() const;
  std::string Describe(int thread) const;
  [[noreturn]] void Fail(const std::string& message);
  void Leave();
  void Wait(State state, int line);
  void Release(unsigned mask, int line);
  void Start(int thread);
  void RunBlock();
  void RunWarps();
  std::string DescribeStuck() const;

  const char* name_ = nullptr;
  const std::function<void()>* kernel_ = nullptr;
  Dim3 grid_, size_, block_index_;
  int threads_ = 0, done_ = 0, waiting_ = 0, running_ = 0;
  std::string error_;
  std::vector<Fiber> fibers_;
  void* scheduler_ = nullptr;
  unsigned char* stacks_ = nullptr;
  uint64_t clock_ = 0, barrier_time_ = 0, warp_time_[32] = {};  // of the last barriers
  size_t dynamic_bytes_ = 0, used_ = 0;
  std::map<const void*, size_t> arrays_;
  std::vector<uint64_t> shared_;  // of 8 bytes each, for alignment
  std::vector<Shadow> shadow_;
};

// Of this thread of the operating system.
EmulatedBlock& CurrentBlock();

// Order of warps and of lanes: last first instead of first first. A kernel without races gives the same bits in both.
extern bool last_first;

// Waits of all threads in all launches: what a kernel's barriers and warp operations cost.
extern uint64_t waits;

}  // namespace ablate::testing
