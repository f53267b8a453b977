#include "lib/tasks/generation_metrics.h"

#include "lib/tasks/scores/bleu.h"
#include "lib/tasks/scores/distinct.h"
#include "lib/tasks/scores/rouge.h"

namespace ablate::tasks {

std::vector<std::pair<std::string, double>> ScoreGenerated(const LabelledExamples& task,
                                                           const std::vector<std::vector<std::string>>& references,
                                                           const std::vector<std::vector<int32_t>>& generated) {
  std::vector<std::pair<std::string, double>> scores;
  if (task.text == nullptr) return scores;
  std::vector<std::string> texts;
  for (const std::vector<int32_t>& tokens : generated) texts.push_back(task.text->Text(tokens));
  for (const std::string& metric : task.generation_metrics) {
    if (metric == "bleu") scores.emplace_back(metric, Bleu(texts, references));
    if (metric == "rouge_l") scores.emplace_back(metric, RougeL(texts, references));
    if (metric == "distinct_1") scores.emplace_back(metric, Distinct(texts, 1));
    if (metric == "distinct_2") scores.emplace_back(metric, Distinct(texts, 2));
  }
  return scores;
}

}  // namespace ablate::tasks
