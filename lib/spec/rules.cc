#include "lib/spec/rules.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "lib/attention/catalogue.h"
#include "lib/normalizers/catalogue.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/task_checks.h"

namespace ablate::spec {
namespace {

// Start values of learned alphas: nearer to 1 and 2 their gradient is not reliable.
constexpr double kLeastLearnedAlpha = 1.01;
constexpr double kMostLearnedAlpha = 1.99;

// One of a trial's attentions: fields of it that rules name.
struct AttentionFields {
  explicit AttentionFields(const std::string& path)
      : normalizer(FieldIndex(path + ".normalizer")),
        alpha(FieldIndex(path + ".alpha")),
        alpha_learned(FieldIndex(path + ".alpha_learned")),
        balance_k(FieldIndex(path + ".balance.k")) {}
  int normalizer, alpha, alpha_learned, balance_k;
};

// Fields that rules name, looked up once.
struct Named {
  const std::vector<AttentionFields> attentions = {AttentionFields("attention"), AttentionFields("decoder_attention"),
                                                   AttentionFields("cross_attention")};
  // Heads and width of each model.
  const std::vector<std::pair<int, int>> heads_and_width = {
      {FieldIndex("model.encoder.heads"), FieldIndex("model.encoder.width")},
      {FieldIndex("model.sequence_to_sequence.heads"), FieldIndex("model.sequence_to_sequence.width")},
      {FieldIndex("model.decoder.heads"), FieldIndex("model.decoder.width")}};
  const int model = FieldIndex("model"), positions = FieldIndex("model.encoder.positions");
  const int task = FieldIndex("task");
  const int min_pairs = FieldIndex("task.recall.min_pairs"), max_pairs = FieldIndex("task.recall.max_pairs");
  const int keys = FieldIndex("task.recall.keys");
  const int min_tokens = FieldIndex("task.majority.min_tokens"), max_tokens = FieldIndex("task.majority.max_tokens");
  const int top_k = FieldIndex("attention.top_k");
  const int balance_k = FieldIndex("attention.balance.k");
  const int structure = FieldIndex("attention.sparsity.structure"), protect = FieldIndex("attention.sparsity.protect");
  const int n = FieldIndex("attention.sparsity.n"), m = FieldIndex("attention.sparsity.m");
  const int pretrained = FieldIndex("model.encoder.pretrained"), norm = FieldIndex("model.encoder.norm");
};

const Named& Fields() {
  static const auto& named = *new Named;
  return named;
}

const std::string& Path(int field) { return TrialFields()[field].path; }

std::vector<std::string> NormalizersWithThreshold() {
  std::vector<std::string> names;
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    if (entry.has_threshold) names.push_back(entry.name);
  }
  return names;
}

}  // namespace

struct Rules::Trial {
  const Values& values;
  const std::vector<char>& reads;
  const Place& fallback;

  const std::string& Text(int field) const { return Effective(values, reads, field).text; }
  double Number(int field) const { return Effective(values, reads, field).number; }
};

Rules::Rules(Loading* loading, DataFiles* files) : loading_(*loading), files_(*files) {
  const std::vector<Field>& fields = TrialFields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const int field = static_cast<int>(i);
    if (fields[i].facts.required()) required_.push_back(field);
    if (fields[i].facts.data_file()) data_files_.push_back(field);
    const bool is_task = fields[i].path == "task" || fields[i].path.rfind("task.", 0) == 0;
    if (is_task) task_fields_.push_back(field);
    if (is_task || fields[i].facts.data_file()) task_and_files_.push_back(field);
  }
}

void Rules::Check(const Values& values, const std::vector<char>& reads, const Place& fallback) {
  const Trial trial = {values, reads, fallback};
  CheckRequired(trial);
  if (IsNewTask(trial)) {
    CheckFiles(trial);
    CheckTaskSettings(trial);
  }
  CheckModel(trial);
  CheckTask(trial);
  CheckModelOfTask(trial);
  CheckAlpha(trial);
  CheckBalance(trial);
  CheckKinds(trial);
  CheckKeys(trial);
}

bool Rules::Knows(const Trial& trial, std::initializer_list<int> fields) const {
  return std::all_of(fields.begin(), fields.end(),
                     [&](int field) { return trial.reads[field] && !loading_.IsDoubtful(field); });
}

void Rules::Tell(const Trial& trial, const std::vector<int>& causes, const std::string& message) {
  for (int field : causes) {
    if (trial.values[field] != nullptr) return loading_.problems->Add(trial.values[field]->place, message);
  }
  loading_.problems->Add(trial.fallback, message);
}

void Rules::CheckRequired(const Trial& trial) {
  for (int field : required_) {
    if (trial.values[field] != nullptr || !trial.reads[field] || loading_.IsDoubtful(field)) continue;
    std::vector<int> causes;
    for (int deciding : DecidingFields(TrialFields()[field])) causes.insert(causes.begin(), deciding);
    Tell(trial, causes, fmt::format("{} is missing; it is required: {}", Path(field), Allowed(TrialFields()[field])));
  }
}

void Rules::CheckFiles(const Trial& trial) {
  bool all_there = files_.check();
  bool any = false;
  for (int field : data_files_) {
    if (trial.values[field] == nullptr || !Knows(trial, {field})) continue;
    any = true;
    const std::string& path = trial.values[field]->text;
    const absl::StatusOr<std::string>& digest = files_.Digest(path);
    if (digest.ok()) continue;
    all_there = false;
    Tell(trial, {field},
         fmt::format("{} is {}; allowed: a file in the data folder; {}", Path(field), Quoted(path),
                     std::string(digest.status().message())));
  }
  if (any && all_there) CheckHeaders(trial);
}

// Tasks that differ only in numbers have the same headers to check.
void Rules::CheckHeaders(const Trial& trial) {
  std::string key;
  bool complete = true;
  for (int field : task_fields_) {
    if (!trial.reads[field]) continue;
    complete =
        complete && !loading_.IsDoubtful(field) && !(TrialFields()[field].facts.required() && trial.values[field] == nullptr);
    const google::protobuf::FieldDescriptor* descriptor = TrialFields()[field].descriptor();
    const bool is_number = descriptor != nullptr &&
                           descriptor->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING &&
                           descriptor->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_ENUM;
    if (!is_number) key += trial.Text(field) + '\n';
  }
  if (!complete || !checked_headers_.insert(key).second) return;
  ablate::Trial message;
  MakeTrial(trial.values, trial.reads, &message);
  const absl::Status status = tasks::CheckTaskFiles(message.task(), files_.folder());
  if (status.ok()) return;
  std::vector<int> causes = {Fields().task};
  for (int field : data_files_) {
    const bool named = trial.values[field] != nullptr && trial.reads[field] &&
                       status.message().find(trial.values[field]->text) != absl::string_view::npos;
    if (named) causes.insert(causes.begin(), field);
  }
  Tell(trial, causes, std::string(status.message()));
}

void Rules::CheckModel(const Trial& trial) {
  const Named& f = Fields();
  if (Knows(trial, {f.pretrained, f.norm}) && !trial.Text(f.pretrained).empty() && trial.Text(f.norm) != "POST") {
    Tell(trial, {f.norm, f.pretrained},
         fmt::format("{} is {} with pretrained weights, which are of post-norm encoders; allowed: POST", Path(f.norm),
                     trial.Text(f.norm)));
  }
  if (Knows(trial, {f.pretrained, f.positions}) && !trial.Text(f.pretrained).empty() && trial.Text(f.positions) != "LEARNED") {
    Tell(trial, {f.positions, f.pretrained},
         fmt::format("{} is {} with pretrained weights, which are of encoders with learned positions; allowed: LEARNED",
                     Path(f.positions), trial.Text(f.positions)));
  }
  for (const auto& [heads_field, width_field] : f.heads_and_width) {
    if (!Knows(trial, {heads_field, width_field})) continue;
    const int heads = static_cast<int>(trial.Number(heads_field)), width = static_cast<int>(trial.Number(width_field));
    if (width % heads == 0) continue;
    Tell(trial, {heads_field, width_field},
         fmt::format("{} is {}, which does not divide {}, {}; allowed: a divisor of it", Path(heads_field), heads,
                     Path(width_field), width));
  }
}

void Rules::CheckModelOfTask(const Trial& trial) {
  const Named& f = Fields();
  if (!Knows(trial, {f.model, f.task}) || trial.values[f.model] == nullptr || trial.values[f.task] == nullptr) return;
  Task task;
  task.GetReflection()->MutableMessage(&task, Task::descriptor()->FindFieldByName(trial.Text(f.task)));
  const tasks::Objective objective = tasks::ObjectiveOf(task);
  const std::string& model = trial.Text(f.model);
  const char* allowed = "decoder";
  if (objective == tasks::Objective::kClassification) allowed = "encoder";
  if (objective == tasks::Objective::kSequenceToSequence) allowed = "sequence_to_sequence or decoder";
  const std::vector<std::string> names = absl::StrSplit(allowed, " or ");
  if (std::find(names.begin(), names.end(), model) != names.end()) return;
  Tell(trial, {f.model, f.task},
       fmt::format("model is {}, which can't learn task.{}; allowed: {}", model, trial.Text(f.task), allowed));
}

void Rules::AtMost(const Trial& trial, int field, int bound, const char* reason) {
  if (!Knows(trial, {field, bound}) || trial.Number(field) <= trial.Number(bound)) return;
  Tell(trial, {field, bound},
       fmt::format("{} is {}; allowed: at most {}, which is {}{}", Path(field), trial.Text(field), Path(bound),
                   trial.Text(bound), reason));
}

void Rules::CheckTask(const Trial& trial) {
  const Named& f = Fields();
  AtMost(trial, f.min_pairs, f.max_pairs, "");
  AtMost(trial, f.max_pairs, f.keys, ": each key occurs once");
  AtMost(trial, f.min_tokens, f.max_tokens, "");
  AtMost(trial, f.n, f.m, "");
}

// What is inherited as a whole was told of already.
bool Rules::IsOwn(const Trial& trial, int field, int other) const {
  return TrialFields()[field].inherits < 0 || trial.values[field] != nullptr || trial.values[other] != nullptr;
}

// What a task asks of its own fields; the message names the first of them.
void Rules::CheckTaskSettings(const Trial& trial) {
  const bool doubtful =
      std::any_of(task_fields_.begin(), task_fields_.end(), [&](int field) { return loading_.IsDoubtful(field); });
  if (doubtful) return;
  ablate::Trial message;
  MakeTrial(trial.values, trial.reads, &message);
  if (message.task().has_recall() || message.task().has_majority()) return;  // CheckTask tells each of their bounds
  const absl::Status status = tasks::CheckTaskSettings(message.task());
  if (status.ok()) return;
  std::vector<int> causes = {Fields().task};
  for (int field : task_fields_) {
    const bool named = trial.reads[field] && status.message().find(Path(field)) == 0 && Path(field) != Path(Fields().task);
    if (named) causes.insert(causes.begin(), field);
  }
  Tell(trial, causes, std::string(status.message()));
}

void Rules::CheckAlpha(const Trial& trial) {
  for (const AttentionFields& f : Fields().attentions) {
    if (!Knows(trial, {f.alpha, f.alpha_learned}) || trial.Number(f.alpha_learned) == 0) continue;
    const double alpha = trial.Number(f.alpha);
    if ((alpha >= kLeastLearnedAlpha && alpha <= kMostLearnedAlpha) || !IsOwn(trial, f.alpha, f.alpha_learned)) continue;
    Tell(trial, {f.alpha},
         fmt::format("{} is {} where it is learned; allowed there: a number, {} to {}", Path(f.alpha), trial.Text(f.alpha),
                     kLeastLearnedAlpha, kMostLearnedAlpha));
  }
}

void Rules::CheckBalance(const Trial& trial) {
  static const auto& names = *new std::vector<std::string>(NormalizersWithThreshold());
  for (const AttentionFields& f : Fields().attentions) {
    if (!Knows(trial, {f.balance_k, f.normalizer}) || trial.Number(f.balance_k) == 0) continue;
    const std::string& normalizer = trial.Text(f.normalizer);
    if (std::find(names.begin(), names.end(), normalizer) != names.end() || !IsOwn(trial, f.balance_k, f.normalizer)) continue;
    Tell(trial, {f.balance_k},
         fmt::format("{} is {} with the normalizer {}, which has no threshold to balance at; allowed: 0, or one of {}",
                     Path(f.balance_k), trial.Text(f.balance_k), normalizer, OneOf(names)));
  }
}

// Balance with imposed sparsity that could make it impossible: looked into only there, since it takes a graph.
bool Rules::MayBeInfeasible(const Trial& trial) const {
  const Named& f = Fields();
  if (!Knows(trial, {f.balance_k, f.structure, f.protect}) || trial.Number(f.balance_k) == 0) return false;
  return trial.Text(f.structure) == "WINDOW" || trial.Text(f.protect) == "FIRST_TOKEN";
}

// What an attention can't have in a decoder, between source and target, or together with balance.
void Rules::CheckKinds(const Trial& trial) {
  const Named& f = Fields();
  if (!Knows(trial, {f.model}) || (trial.Text(f.model) == "encoder" && !MayBeInfeasible(trial))) return;
  ablate::Trial message;
  MakeTrial(trial.values, trial.reads, &message);
  for (const attention::Kind kind : attention::KindsOf(message.model())) {
    const std::string path = attention::FieldOf(message.model(), kind);
    for (const attention::Obstacle& obstacle : attention::Obstacles(attention::SettingsOf(message, kind), kind)) {
      const int field = FieldIndex(path + "." + obstacle.field), shared = FieldIndex("attention." + obstacle.field);
      if (!Knows(trial, {field})) continue;
      Tell(trial, {field, shared}, fmt::format("{} is {}, which {}", Path(field), obstacle.value, obstacle.reason));
    }
  }
}

void Rules::CheckKeys(const Trial& trial) {
  const Named& f = Fields();
  for (int field : {f.balance_k, f.top_k}) {
    // Left at its default, 8 keys of a shorter example are all of its keys: nothing that anyone asked for is lost.
    if (trial.values[field] == nullptr || !Knows(trial, {field}) || trial.Number(field) == 0) continue;
    const int most = MaxTokens(trial);
    if (most == 0 || trial.Number(field) <= most) continue;
    Tell(trial, {field},
         fmt::format("{} is {}; allowed: at most {}, the most tokens of an example of task.{}", Path(field), trial.Text(field),
                     most, trial.Text(f.task)));
  }
}

int Rules::MaxTokens(const Trial& trial) {
  if (last_max_tokens_ >= 0) return last_max_tokens_;
  const bool doubtful =
      std::any_of(task_fields_.begin(), task_fields_.end(), [&](int field) { return loading_.IsDoubtful(field); });
  if (doubtful) return last_max_tokens_ = 0;
  ablate::Trial message;
  MakeTrial(trial.values, trial.reads, &message);
  return last_max_tokens_ = tasks::MaxTokens(message.task());
}

bool Rules::IsNewTask(const Trial& trial) {
  bool is_new = last_task_.empty();
  last_task_.resize(task_and_files_.size(), nullptr);
  for (size_t i = 0; i < task_and_files_.size(); ++i) {
    const Value* value = trial.values[task_and_files_[i]];
    is_new = is_new || value != last_task_[i];
    last_task_[i] = value;
  }
  if (is_new) last_max_tokens_ = -1;
  return is_new;
}

}  // namespace ablate::spec
