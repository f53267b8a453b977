// Times of the CUDA kernels beside torch.softmax on the same GPU, in one process, in turn. Exit code 2 where there is no GPU.
//   normalizers_gpu_benchmark            a table of ratios, forward and forward + backward
//   normalizers_gpu_benchmark --check    only says whether there is a GPU
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tests/gpu/device.h"
#include "tests/gpu/operators.h"

namespace ablate::gpu {
namespace {

using at::Tensor;

constexpr int64_t kNumbers = int64_t{1} << 26;  // of a matrix: several times the GPU's caches
constexpr int kRounds = 15, kCallsPerRound = 4;

// Milliseconds of one call, by the GPU's own clock.
double Time(const std::function<void()>& run) {
  const c10::impl::VirtualGuardImpl device(at::kCUDA);
  const auto stream = device.getStream(c10::Device(at::kCUDA, 0));
  c10::Event begin(at::kCUDA, c10::EventFlag::BACKEND_DEFAULT), end(at::kCUDA, c10::EventFlag::BACKEND_DEFAULT);
  begin.record(stream);
  for (int i = 0; i < kCallsPerRound; ++i) run();
  end.record(stream);
  end.synchronize();
  return begin.elapsedTime(end) / kCallsPerRound;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// One pass over a matrix of scores: forward, or forward + backward.
using Pass = std::function<void(const Tensor& scores, const Tensor& gradients, bool backward)>;

struct Contender {
  const char* name;
  Pass pass;
};

Pass SoftmaxOfTorch() {
  return [](const Tensor& scores, const Tensor& gradients, bool backward) {
    const Tensor p = at::_softmax(scores, -1, false);
    if (backward) at::_softmax_backward_data(gradients, p, -1, scores.scalar_type());
  };
}

// d: alpha - 1 of all rows; below 0: uniform in [0, 1] for each row, with gradient in alpha.
Pass Entmax(double d) {
  return [d, alphas = Tensor()](const Tensor& scores, const Tensor& gradients, bool backward) mutable {
    if (!alphas.defined() || alphas.size(0) != scores.size(0)) {
      const auto options = scores.options().dtype(at::kFloat);
      alphas = d < 0 ? at::rand({scores.size(0)}, options) : at::full({scores.size(0)}, d, options);
    }
    if (scores.scalar_type() == at::kFloat) {
      const Tensor p = EntmaxForward(scores, alphas);
      if (backward) EntmaxBackward(p, gradients, alphas, d < 0);
      return;
    }
    const auto wide = [](const Tensor& x) { return x.unsqueeze(0); };
    const auto [p, states] = FusedForward(wide(scores), wide(alphas), {});
    if (backward) FusedBackward(p, wide(gradients), wide(alphas), wide(scores), states, 1, d < 0);
  };
}

Pass TopKSoftmax(int64_t k) {
  return [k](const Tensor& scores, const Tensor& gradients, bool backward) {
    const auto rows = scores.sizes().slice(0, 1);
    const Tensor softmax = at::zeros(rows, scores.options().dtype(at::kFloat)).unsqueeze(0);
    Fused fused;
    fused.kept = at::full(rows, k, scores.options().dtype(at::kLong)).unsqueeze(0);
    const auto [p, states] = FusedForward(scores.unsqueeze(0), softmax, fused);
    if (backward) FusedBackward(p, gradients.unsqueeze(0), softmax, scores.unsqueeze(0), states, 1, false);
  };
}

const std::vector<Contender>& Contenders() {
  static const auto& contenders = *new std::vector<Contender>{
      {"softmax", Entmax(0)},
      {"sparsemax", Entmax(1)},
      {"entmax 1.5", Entmax(.5)},
      {"entmax 1.05", Entmax(.05)},
      {"alpha random, learned", Entmax(-1)},
      {"top-16 softmax", TopKSoftmax(16)},
  };
  return contenders;
}

void Measure(const Contender& contender, const Tensor& scores, const Tensor& gradients, bool backward, double deviation) {
  const Pass torch = SoftmaxOfTorch();
  const auto run_torch = [&] { torch(scores, gradients, backward); };
  const auto run_ours = [&] { contender.pass(scores, gradients, backward); };
  std::vector<double> theirs, ours;
  Time(run_torch), Time(run_ours);
  for (int round = 0; round < kRounds; ++round) theirs.push_back(Time(run_torch)), ours.push_back(Time(run_ours));
  const double softmax_ms = Median(theirs), ms = Median(ours);
  std::printf("%-9s %5ld %5g  %-18s %-22s %9.4f %9.4f %7.2f\n", scores.scalar_type() == at::kFloat ? "f32" : "bf16",
              static_cast<long>(scores.size(1)), deviation, backward ? "forward + backward" : "forward", contender.name,
              softmax_ms, ms, ms / softmax_ms);
  std::fflush(stdout);
}

void MeasureAll() {
  std::printf("%ld numbers in each matrix; median of %d rounds of %d calls, in turn; times in ms\n",
              static_cast<long>(kNumbers), kRounds, kCallsPerRound);
  std::printf("%-9s %5s %5s  %-18s %-22s %9s %9s %7s\n", "type", "keys", "dev.", "pass", "normalizer", "torch", "ours",
              "ratio");
  at::manual_seed(1);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (int64_t keys : {64, 128, 512, 1024, 2048, 4096, 8192}) {
      for (double deviation : {1., 4.}) {  // N(0, 1) and N(0, 16)
        const auto options = at::TensorOptions(at::kCUDA).dtype(type);
        const Tensor scores = at::randn({kNumbers / keys, keys}, options) * deviation, gradients = at::randn_like(scores);
        for (bool backward : {false, true}) {
          for (const Contender& contender : Contenders()) Measure(contender, scores, gradients, backward, deviation);
        }
      }
    }
  }
}

int Main(int count, char** arguments) {
  if (!WhyNoGpu().empty()) {
    std::printf("%s\n", WhyNoGpu().c_str());
    return 2;
  }
  if (count > 1 && std::strcmp(arguments[1], "--check") == 0) {
    std::printf("there is a GPU\n");
    return 0;
  }
  MeasureAll();
  return 0;
}

}  // namespace
}  // namespace ablate::gpu

int main(int count, char** arguments) { return ablate::gpu::Main(count, arguments); }
