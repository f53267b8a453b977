// Normalizers as training calls them (autograd, threads, masks of top-k and all) beside torch's softmax: 4096 rows, float,
// forward and backward, one thread and two, and the memory that one call takes. tests/benchmarks/row_kernels measures the
// kernels alone.
//
// Torch and ours alternate call by call; reported is the ratio of the lower quartiles of wall-clock times, so the machine
// should have nothing else to do.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/normalizer.h"
#include "tests/benchmarks/result_table.h"
#include "tests/benchmarks/timing.h"

namespace ablate::normalizers {
namespace {

using at::Tensor;
using benchmarks::Figure;
using benchmarks::LowerQuartile;

constexpr int64_t kRows = 4096;
constexpr int kTopK = 32;

Tensor TopK(const Tensor& scores) {
  static const auto& normalizer = **new auto(MakeNormalizer("top_k_softmax"));
  Parameters parameters;
  parameters.settings.resize(1);
  parameters.settings[0].set_top_k(kTopK);
  return normalizer->Probabilities(scores.view({1, 1, 1, kRows, -1}), parameters).view_as(scores);
}

struct Case {
  const char* name;
  std::function<Tensor(const Tensor&)> apply;
  double most_short, most_long;  // largest ratios to torch's softmax on AVX-512: up to 128 keys, from 512
};

Tensor Entmax(const Tensor& scores, Tensor d, bool learned) { return EntmaxOfRows(scores, d.requires_grad_(learned)); }

std::vector<Case> Cases() {
  const Tensor random = at::rand({kRows});
  return {
      {"sparsemax", [](const Tensor& z) { return Entmax(z, at::full({kRows}, 1.f), false); }, 1, 1},
      {"entmax 1.5", [](const Tensor& z) { return Entmax(z, at::full({kRows}, .5f), false); }, 1, 1},
      {"entmax random", [random](const Tensor& z) { return Entmax(z, random.clone(), true); }, 4, 2.5},
      {"entmax 1.05", [](const Tensor& z) { return Entmax(z, at::full({kRows}, .05f), true); }, 4.5, 4.5},
      {"top-k 32", TopK, 1.5, 1.5},
  };
}

// Forward and backward.
void Run(const std::function<Tensor(const Tensor&)>& apply, const Tensor& z, const Tensor& g) {
  const Tensor scores = z.detach().requires_grad_(true);
  apply(scores).backward(g);
}

Tensor Softmax(const Tensor& scores) { return at::softmax(scores, -1); }

double SecondsOf(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double RatioToSoftmax(const Case& c, const Tensor& z, const Tensor& g, double seconds) {
  std::vector<double> torch, ours;
  double spent = 0;
  while (spent < seconds || ours.size() < 8) {
    torch.push_back(SecondsOf([&] { Run(Softmax, z, g); }));
    ours.push_back(SecondsOf([&] { Run(c.apply, z, g); }));
    spent += torch.back() + ours.back();
  }
  return LowerQuartile(ours) / LowerQuartile(torch);
}

double StatusBytes(const std::string& name) {
  const std::string status = ReadFile("/proc/self/status").value_or("");
  return 1024 * std::strtod(status.c_str() + status.find(name + ":") + name.size() + 1, nullptr);
}

// Most memory during one forward and backward beyond what was there before. Needs glibc's own thresholds: freed tensors are
// given back at once.
double PeakBytes(const std::function<Tensor(const Tensor&)>& apply, const Tensor& z, const Tensor& g) {
  Run(apply, z, g);
  malloc_trim(0);
  const int file = open("/proc/self/clear_refs", O_WRONLY);
  if (file < 0 || write(file, "5", 1) != 1) std::abort();  // proc(5): resets VmHWM
  close(file);
  const double before = StatusBytes("VmRSS");
  Run(apply, z, g);
  return StatusBytes("VmHWM") - before;
}

void AddMemory(const std::vector<Case>& cases, std::vector<Figure>& figures) {
  const Tensor z = at::randn({kRows, kRows}), g = at::randn({kRows, kRows});
  const double tensor = static_cast<double>(z.nbytes());
  fmt::print("memory of torch's softmax, 4096 keys: {:.2f} x one such tensor\n", PeakBytes(Softmax, z, g) / tensor);
  for (const Case& c : cases) {
    figures.push_back({fmt::format("memory, {}, 4096 keys", c.name), "x output + gradient",
                       PeakBytes(c.apply, z, g) / (2 * tensor), Figure::Wanted::kAtMost, 1.02});
  }
}

int Main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : .2;
  const std::vector<Case> cases = Cases();
  std::vector<Figure> figures;
  at::set_num_threads(1);
  AddMemory(cases, figures);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // as ablate-worker
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const int deviation : {1, 4}) {
      for (const int64_t keys : {64, 128, 512, 1024, 2048, 4096}) {
        const Tensor z = at::randn({kRows, keys}).mul_(deviation), g = at::randn({kRows, keys});
        for (const Case& c : cases) {
          const double ratio = RatioToSoftmax(c, z, g, seconds);
          const std::string what = fmt::format("{} keys, N(0,{}), {}", keys, deviation * deviation, c.name);
          if (threads > 1) {  // no target is set
            fmt::print("{} threads, {}: {:.2f} x softmax's\n", threads, what, ratio);
          } else {
            figures.push_back({what, "x softmax's", ratio, Figure::Wanted::kAtMost, keys <= 128 ? c.most_short : c.most_long});
          }
        }
      }
    }
  }
  fmt::print("{}", benchmarks::TableOf(figures));
  return benchmarks::ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::normalizers

int main(int argc, char** argv) { return ablate::normalizers::Main(argc, argv); }
