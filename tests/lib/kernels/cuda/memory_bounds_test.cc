// Kernels touch the memory of their rows and no other: arrays end where a page without access begins, and what lies before them
// stays as it was.
#include <sys/mman.h>

#include "tests/lib/kernels/cuda/emulated_rows.h"

namespace ablate::kernels::cuda {
namespace {

constexpr size_t kPage = 4096;
constexpr unsigned char kUntouched = 0x5a;

template <class T>
class Guarded {
 public:
  explicit Guarded(size_t count) : pages_((count * sizeof(T) + kPage - 1) / kPage) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    memory_ = static_cast<unsigned char*>(mmap(nullptr, (pages_ + 2) * kPage, PROT_READ | PROT_WRITE, flags, -1, 0));
    EXPECT_NE(static_cast<void*>(memory_), MAP_FAILED);
    std::memset(memory_, kUntouched, (pages_ + 1) * kPage);
    EXPECT_EQ(mprotect(memory_ + (pages_ + 1) * kPage, kPage, PROT_NONE), 0);
    begin_ = reinterpret_cast<T*>(memory_ + (pages_ + 1) * kPage) - count;
  }
  explicit Guarded(const std::vector<T>& values) : Guarded(values.size()) { std::copy(values.begin(), values.end(), begin_); }
  ~Guarded() {
    const auto untouched = [](unsigned char byte) { return byte == kUntouched; };
    EXPECT_TRUE(std::all_of(memory_, reinterpret_cast<unsigned char*>(begin_), untouched));
    munmap(memory_, (pages_ + 2) * kPage);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* get() { return begin_; }
  std::vector<T> Copy(size_t count) const { return {begin_, begin_ + count}; }

 private:
  size_t pages_;
  unsigned char* memory_;
  T* begin_;
};

template <class T>
void ComputeBetweenGuards(int keys) {
  // Five rows leave a group of four warps unfilled.
  const Rows<T> rows = MakeRows<T>(keys, {.5f, 1, 0, .3f, .25f}, keys);
  const Result<T> expected = Compute(rows);
  const size_t count = rows.scores.size();
  Guarded<T> scores(rows.scores), gradients(rows.gradients), p(count), dz(count), cut(rows.scores);
  Guarded<Real<T>> d(rows.d), states(rows.d.size() * kStateSize), in_alpha(rows.d.size());
  Guarded<int64_t> kept(std::vector<int64_t>(rows.d.size(), keys / 2));
  ForwardRows<T> forward{scores.get(), d.get(), rows.count(), keys, p.get(), states.get()};
  EXPECT_TRUE(EntmaxRowsForward(forward, nullptr));
  BackwardRows<T> backward{p.get(), gradients.get(), d.get(), rows.count(), keys, dz.get(), in_alpha.get()};
  backward.scores = scores.get();
  backward.states = states.get();
  EXPECT_TRUE(EntmaxRowsBackward(backward, nullptr));
  EXPECT_TRUE(SameBits(p.Copy(count), expected.p) && SameBits(dz.Copy(count), expected.dz)) << keys;
  EXPECT_TRUE(KeepHighestRows(cut.get(), kept.get(), rows.count(), keys, nullptr));

  Guarded<bool> key_valid(static_cast<size_t>(keys)), query_valid(rows.d.size());
  std::memset(key_valid.get(), 1, keys);
  std::memset(query_valid.get(), 1, rows.d.size());
  forward.masking = {key_valid.get(), query_valid.get(), rows.count(), rows.count(), /*causal=*/true};
  forward.kept = kept.get();
  EXPECT_TRUE(EntmaxRowsForward(forward, nullptr));
}

TEST(MemoryOfRowsOnCuda, NothingOutsideIsTouched) {
  for (int keys : {1, 3, 31, 32, 64, 66, 100, 250, 512, 514, 1000, 1024, 1025, 2048, 4100, 24580}) {
    ComputeBetweenGuards<float>(keys);
    if (keys > 4100) continue;
    ComputeBetweenGuards<__nv_bfloat16>(keys);
    if (keys <= 1024) ComputeBetweenGuards<double>(keys);
  }
}

}  // namespace
}  // namespace ablate::kernels::cuda
