// Normalizers as training calls them (autograd, threads, masks of top-k and all) beside torch's softmax: 4096 rows, float,
// forward and backward, one thread and two, and the memory that one call takes. tests/benchmarks/row_kernels measures the
// kernels alone.
//
// Google Benchmark runs it (--benchmark_filter, --benchmark_format, ...). Inside of each benchmark torch and ours alternate
// call by call, since ratios of what ran minutes apart say little; the counter "ratio" is that of the lower quartiles of
// wall-clock times, so the machine should have nothing else to do. Targets are listed at the end.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
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

struct Setting {
  int threads, deviation;
  int64_t keys;
  bool backward;

  std::string Name(const Case& c) const {
    return fmt::format("{}, {} keys, N(0,{}), {}{}", c.name, keys, deviation * deviation, backward ? "both" : "forward",
                       threads == 1 ? "" : fmt::format(", {} threads", threads));
  }
  // Targets are set for both passes on one thread.
  bool HasTarget() const { return backward && threads == 1; }
  double Target(const Case& c) const { return keys <= 128 ? c.most_short : c.most_long; }
};

// Google Benchmark calls it several times, with more and more iterations; the last call counts.
void Measure(benchmark::State& state, const Case& c, const Setting& setting, std::map<std::string, Figure>& figures) {
  at::set_num_threads(setting.threads);
  const Tensor z = at::randn({kRows, setting.keys}).mul_(setting.deviation), g = at::randn({kRows, setting.keys});
  const auto run = [&](const std::function<Tensor(const Tensor&)>& apply) {
    if (setting.backward) return Run(apply, z, g);
    const at::NoGradGuard no_gradients;
    apply(z);
  };
  run(Softmax), run(c.apply);  // the first call of a size finds no memory at hand
  std::vector<double> torch, ours;
  for ([[maybe_unused]] auto iteration : state) {
    torch.push_back(SecondsOf([&] { run(Softmax); }));
    ours.push_back(SecondsOf([&] { run(c.apply); }));
    state.SetIterationTime(ours.back());
  }
  const double ratio = LowerQuartile(ours) / LowerQuartile(torch);
  state.counters["ratio"] = ratio;
  if (!setting.HasTarget()) return;
  figures[setting.Name(c)] = {setting.Name(c), "x softmax's", ratio, Figure::Wanted::kAtMost, setting.Target(c)};
}

void Register(const std::vector<Case>& cases, std::map<std::string, Figure>& figures) {
  for (const int threads : {1, 2}) {
    for (const bool backward : {true, false}) {
      for (const int deviation : {1, 4}) {
        for (const int64_t keys : {64, 128, 512, 1024, 2048, 4096}) {
          for (const Case& c : cases) {
            const Setting setting = {threads, deviation, keys, backward};
            const auto measure = [&c, setting, &figures](benchmark::State& state) { Measure(state, c, setting, figures); };
            benchmark::RegisterBenchmark(setting.Name(c).c_str(), measure)->UseManualTime()->Unit(benchmark::kMicrosecond);
          }
        }
      }
    }
  }
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
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const std::vector<Case> cases = Cases();
  std::vector<Figure> memory;
  at::set_num_threads(1);
  AddMemory(cases, memory);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // as ablate-worker
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  std::map<std::string, Figure> measured;
  Register(cases, measured);
  benchmark::RunSpecifiedBenchmarks();
  std::vector<Figure> figures = memory;
  for (const auto& [name, figure] : measured) figures.push_back(figure);
  fmt::print("{}", benchmarks::TableOf(figures));
  return benchmarks::ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::normalizers

int main(int argc, char** argv) { return ablate::normalizers::Main(argc, argv); }
