// Row kernels against torch's softmax: 4096 rows, float, one thread, forward + backward.
//
// A loop of its own instead of Google Benchmark: torch and ours alternate call by call, so that both see the same load of the
// machine, and a time is the thread's own CPU time, so that waiting for a core counts for neither. Reported is the ratio of the
// lower quartiles. ATEN_CPU_CAPABILITY=avx2 holds torch to AVX2, and ours with it, against the targets for AVX2.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "lib/kernels/cpu/entmax_rows.h"
#include "lib/kernels/cpu/top_k_rows.h"
#include "tests/benchmarks/timing.h"

namespace ablate {
namespace {

using benchmarks::LowerQuartile;
using benchmarks::ThreadSeconds;

constexpr int64_t kRows = 4096, kTopK = 32;

struct Case {
  const char* name;
  float alpha;    // 0: random in each row, uniform in [1, 2]; 1: top-k softmax of kTopK keys
  bool in_alpha;  // the gradient in alpha too
  // Largest ratio to torch's softmax up to 128 keys, and from 512: on AVX-512, on AVX2.
  double avx512_short, avx512_long, avx2_short, avx2_long;
};
const Case kCases[] = {
    {"sparsemax", 2, false, 1, 1, 1.4, 1.4},  {"entmax 1.5", 1.5, false, 1, 1, 1.4, 1.4},
    {"entmax random", 0, true, 4, 2.5, 8, 4}, {"entmax 1.05", 1.05f, true, 4.5, 4.5, 6, 6},
    {"top-k 32", 1, false, 1.5, 1.5, 2, 2},
};

double Timed(const std::function<void()>& run) {
  const double start = ThreadSeconds();
  run();
  return ThreadSeconds() - start;
}

struct Ratios {
  double forward, both;
};

Ratios Measure(const Case& c, const at::Tensor& z, const at::Tensor& g, double seconds) {
  const int64_t keys = z.size(1);
  std::mt19937 random(1);
  std::vector<float> d(kRows), in_alpha(kRows);
  const std::vector<int64_t> kept(kRows, kTopK);
  for (float& x : d) x = c.alpha == 0 ? std::uniform_real_distribution<float>(0, 1)(random) : c.alpha - 1;
  at::Tensor torch_p = at::empty_like(z), torch_dz = at::empty_like(z), p = at::empty_like(z), dz = at::empty_like(z);
  std::vector<double> torch_forward, torch_both, forward, both;
  double spent = 0;
  while (spent < seconds || both.size() < 8) {
    const double a = Timed([&] { at::_softmax_out(torch_p, z, 1, false); });
    const double b = Timed([&] { at::_softmax_backward_data_out(torch_dz, g, torch_p, 1, at::kFloat); });
    const double e = Timed([&] {
      if (c.alpha == 1) {
        (void)kernels::TopKSoftmaxRowsForward(z.const_data_ptr<float>(), kept.data(), kRows, keys, p.mutable_data_ptr<float>());
        return;
      }
      (void)kernels::EntmaxRowsForward(z.const_data_ptr<float>(), d.data(), kRows, keys, p.mutable_data_ptr<float>());
    });
    const double f = Timed([&] {
      if (c.alpha == 1) {
        (void)kernels::TopKSoftmaxRowsBackward(p.const_data_ptr<float>(), g.const_data_ptr<float>(), kRows, keys,
                                               dz.mutable_data_ptr<float>());
        return;
      }
      (void)kernels::EntmaxRowsBackward(p.const_data_ptr<float>(), g.const_data_ptr<float>(), d.data(), kRows, keys,
                                        dz.mutable_data_ptr<float>(), c.in_alpha ? in_alpha.data() : nullptr);
    });
    torch_forward.push_back(a), torch_both.push_back(a + b), forward.push_back(e), both.push_back(e + f);
    spent += a + b + e + f;
  }
  return {LowerQuartile(forward) / LowerQuartile(torch_forward), LowerQuartile(both) / LowerQuartile(torch_both)};
}

// Number of targets that were missed.
int Run(double seconds, bool avx2) {
  int missed = 0;
  std::printf("%-8s %6s %6s  %-14s %8s %8s %8s\n", "", "keys", "scores", "", "forward", "both", "target");
  for (int deviation : {1, 4}) {
    for (int64_t keys : {16, 32, 64, 128, 512, 1024, 2048, 4096}) {
      const at::Tensor z = at::randn({kRows, keys}).mul_(deviation), g = at::randn({kRows, keys});
      for (const Case& c : kCases) {
        const Ratios ratios = Measure(c, z, g, seconds);
        const double target =
            avx2 ? (keys <= 128 ? c.avx2_short : c.avx2_long) : (keys <= 128 ? c.avx512_short : c.avx512_long);
        const bool miss = ratios.both > target;
        missed += miss;
        std::printf("%-8s %6ld N(0,%2d)  %-14s %8.2f %8.2f %8.2f%s\n", NameOf(kernels::CurrentInstructionSet()),
                    static_cast<long>(keys), deviation * deviation, c.name, ratios.forward, ratios.both, target,
                    miss ? "  missed" : "");
        std::fflush(stdout);
      }
    }
  }
  return missed;
}

int Main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : .2;
  const char* capability = std::getenv("ATEN_CPU_CAPABILITY");
  const bool avx2 = kernels::WidestInstructionSet() < kernels::InstructionSet::kAvx512 ||
                    (capability != nullptr && std::strcmp(capability, "avx2") == 0);
  if (kernels::WidestInstructionSet() == kernels::InstructionSet::kBaseline) {
    std::printf("no AVX2 on this machine: no targets\n");
    return 0;
  }
  if (avx2) kernels::UseInstructionSet(kernels::InstructionSet::kAvx2);
  at::set_num_threads(1);
  const int missed = Run(seconds, avx2);
  std::printf("%d of 80 targets missed\n", missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ablate

int main(int argc, char** argv) { return ablate::Main(argc, argv); }
