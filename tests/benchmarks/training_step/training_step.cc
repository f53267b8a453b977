// What a normalizer adds to a whole training step: the quickstart's encoder, forward, backward and AdamW, one thread, beside
// the same step with softmax. Steps alternate, so that both see the same load of the machine; a time is the thread's own CPU
// time, and the ratio that of the lower quartiles.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <google/protobuf/text_format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/tasks/batches.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "lib/training/train_step.h"
#include "tests/benchmarks/result_table.h"
#include "tests/benchmarks/timing.h"

namespace ablate::training {
namespace {

using benchmarks::Figure;
using benchmarks::LowerQuartile;
using benchmarks::ThreadSeconds;

// experiments/quickstart.textproto's.
constexpr char kBase[] = R"(
task { recall { keys: 12 values: 4 min_pairs: 6 max_pairs: 12 train_examples: 8192 validation_examples: 512 } }
model { encoder { layers: 2 heads: 4 width: 32 dropout: 0 } }
optimizer { learning_rate: 3e-3 }
training { steps: 1000000 batch_size: 32 }
)";

struct Case {
  const char* name;
  const char* attention;
  double target;  // largest ratio to softmax; 0: none is set
};
const Case kCases[] = {
    {"entmax 1.5", "normalizer: 'entmax' alpha: 1.5", 1.05},
    {"sparsemax", "normalizer: 'sparsemax'", 0},
    {"entmax learned", "normalizer: 'entmax' alpha: 1.5 alpha_learned: true", 0},
    {"top_k_softmax 4", "normalizer: 'top_k_softmax' top_k: 4", 0},
};

// An array that is trained step by step.
class Array {
 public:
  Array(const std::string& attention, int trials, const tasks::LabelledExamples& examples)
      : examples_(examples), batches_(examples.train, 32), state_(StateOf(attention, trials, examples)) {}

  double SecondsOfStep() {
    const double start = ThreadSeconds();
    const auto numbers = TrainStep(examples_.train, batches_, Layout::kClassified, state_);
    const double seconds = ThreadSeconds() - start;
    if (!numbers.ok() || !(*numbers)[0].AllFinite()) std::abort();
    return seconds;
  }

 private:
  static ArrayState StateOf(const std::string& attention, int trials, const tasks::LabelledExamples& examples) {
    std::vector<TrialRequest> requests(trials);
    for (int t = 0; t < trials; ++t) {
      Trial& trial = *requests[t].mutable_trial();
      const std::string text = std::string(kBase) + "attention { " + attention + " } ";
      if (!google::protobuf::TextFormat::ParseFromString(text, &trial)) std::abort();
      trial.set_seed(t + 1);
    }
    auto state = ArrayState::Make(requests, {examples.vocabulary, examples.max_tokens, examples.classes}, at::kCPU);
    if (!state.ok()) std::abort();
    return *std::move(state);
  }

  const tasks::LabelledExamples& examples_;
  tasks::TrainingBatches batches_;
  ArrayState state_;
};

double RatioToSoftmax(const Case& c, int trials, const tasks::LabelledExamples& examples, int steps) {
  Array softmax("normalizer: 'softmax'", trials, examples), other(c.attention, trials, examples);
  std::vector<double> of_softmax, of_other;
  for (int step = 0; step < steps; ++step) {
    of_softmax.push_back(softmax.SecondsOfStep());
    of_other.push_back(other.SecondsOfStep());
  }
  return LowerQuartile(of_other) / LowerQuartile(of_softmax);
}

int Main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 400;
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // as ablate-worker
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  at::set_num_threads(1);
  Trial base;
  if (!google::protobuf::TextFormat::ParseFromString(kBase, &base)) std::abort();
  const auto examples = tasks::LoadTask(base.task(), "");
  if (!examples.ok()) std::abort();
  std::vector<Figure> figures;
  for (const Case& c : kCases) {
    for (const int trials : {1, 4}) {
      const double ratio = RatioToSoftmax(c, trials, *examples, steps);
      const std::string what = fmt::format("step with {}, array of {}", c.name, trials);
      if (c.target == 0) {
        fmt::print("{}: {:.3f} x softmax's\n", what, ratio);
      } else {
        figures.push_back({what, "x softmax's", ratio, Figure::Wanted::kAtMost, c.target});
      }
    }
  }
  fmt::print("{}", benchmarks::TableOf(figures));
  return benchmarks::ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::training

int main(int argc, char** argv) { return ablate::training::Main(argc, argv); }
