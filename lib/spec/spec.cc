#include "lib/spec/spec.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/spec/data_files.h"
#include "lib/spec/expansion.h"
#include "lib/spec/experiment_checks.h"
#include "lib/spec/identity.h"
#include "lib/spec/problems.h"
#include "lib/spec/proto_text.h"
#include "lib/spec/sweeps.h"
#include "lib/spec/values.h"

namespace ablate::spec {
namespace {

// Arms among which the nearest name of a misspelt one is looked for.
constexpr size_t kMostCandidates = 2000;

absl::Status TooLarge(const std::string& path, uint64_t bytes) {
  return absl::InvalidArgumentError(
      fmt::format("{}: is {} bytes long; allowed: at most {} (64 MiB)", path, bytes, kMaxSpecBytes));
}

absl::Status CheckBytes(const std::string& text, const std::string& path) {
  if (text.size() > kMaxSpecBytes) return TooLarge(path, text.size());
  size_t offset = 0;
  if (!IsUtf8(text, &offset)) {
    const size_t line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1;
    const size_t line_start = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
    return absl::InvalidArgumentError(fmt::format("{}:{}:{}: the byte 0x{:02x} is not UTF-8; allowed: text in UTF-8", path,
                                                  line, offset - line_start, static_cast<unsigned char>(text[offset])));
  }
  return absl::OkStatus();
}

class Loader {
 public:
  Loader(const std::string& text, const std::string& path, const Options& options)
      : options_(options),
        problems_(path, options.settings),
        loading_(&problems_),
        files_(options.data_folder, options.check_files) {
    plan_.text = text;
    plan_.digest = Sha256(absl::StrJoin(options.settings, "\n") + '\0' + text);
  }

  absl::StatusOr<Plan> Load() {
    if (ReadProtoText(plan_.text, &plan_.experiment, &source_, &problems_)) {
      if (source_.fields.empty() && problems_.empty()) {
        problems_.Add({1, 1, 0}, "the file says nothing; allowed: an Experiment, with at least a name and a base");
      } else {
        Expand();
      }
    }
    RETURN_IF_ERROR(problems_.ToStatus());
    plan_.file_digests = files_.digests();
    plan_.trials.shrink_to_fit();  // they stay as long as the run
    return std::move(plan_);
  }

 private:
  void Expand() {
    const Experiment& experiment = plan_.experiment;
    CheckExperiment(experiment, source_, &loading_);
    ReadSettings();
    Values base(TrialFields().size(), nullptr);
    if (experiment.has_base()) {
      Lay(ReadTrial(experiment.base(), source_.Find(Experiment::kBaseFieldNumber)->source.get(), &loading_), &base);
    }
    const bool few_trials = CheckTrialCount(experiment, source_, &problems_);
    if (!CheckSweepSizes(experiment, source_, &problems_)) return;
    std::vector<SweepPlan> sweeps = ReadSweeps(base);
    if (!few_trials) return;
    Expansion expansion(experiment.seeds(), &loading_, &files_, &plan_);
    for (SweepPlan& sweep : sweeps) expansion.Add(&sweep);
    expansion.Finish();
    CheckClaims(expansion);
    CheckMetric(experiment, source_, TasksOf(base, sweeps), &problems_);
  }

  void ReadSettings() {
    for (size_t i = 0; i < options_.settings.size(); ++i) {
      const Place place = {0, 0, static_cast<int>(i) + 1};
      const std::string& setting = options_.settings[i];
      const size_t equals = setting.find('=');
      if (equals == std::string::npos) {
        problems_.Add(place, "has no '='; allowed: field=value, as attention.alpha=1.5");
        continue;
      }
      ReadSetting(place, setting.substr(0, equals), setting.substr(equals + 1));
    }
  }

  void ReadSetting(const Place& place, const std::string& path, const std::string& text) {
    const int index = FindField(path);
    if (index < 0 || TrialFields()[index].choice != nullptr || path == "seed") {
      problems_.Add(place, path == "seed" ? "the seed is the experiment's; allowed: other fields" : NoSuchField(path));
      return;
    }
    const Field& field = TrialFields()[index];
    const std::optional<Value> value = FromText(field, text);
    std::string complaint = fmt::format("{} is {}; allowed: {}", path, Quoted(text), Allowed(field));
    if (value) complaint = Complaint(path, field.descriptor(), *value);
    if (!complaint.empty()) {
      problems_.Add(place, complaint);
      loading_.DoubtValue(index);
      return;
    }
    const bool twice =
        std::any_of(settings_.begin(), settings_.end(), [&](const Assignment& other) { return other.first == index; });
    if (twice) return problems_.Add(place, fmt::format("{} is set twice; allowed: once", path));
    settings_.emplace_back(index, loading_.Keep(index, *value, place, nullptr));
  }

  std::vector<SweepPlan> ReadSweeps(const Values& base) {
    const Experiment& experiment = plan_.experiment;
    std::vector<SweepPlan> sweeps;
    for (int i = 0; i < experiment.sweep_size(); ++i) {
      const Source::Element& element = *source_.Find(Experiment::kSweepFieldNumber, i);
      sweeps.push_back(ReadSweep(experiment.sweep(i), *element.source, element.name, base, settings_, &loading_));
    }
    if (sweeps.empty()) {
      const Source::Element* element = source_.Find(Experiment::kBaseFieldNumber);
      const Place place = element == nullptr ? Place{1, 1, 0} : element->name;
      sweeps.push_back(ReadSweep(Sweep::default_instance(), Source(), place, base, settings_, &loading_));
    }
    return sweeps;
  }

  // Names the kept arm where a claim's was folded into it.
  void CheckClaims(const Expansion& expansion) {
    if (loading_.unsure) return;
    for (int i = 0; i < plan_.experiment.claim_size() && !problems_.full(); ++i) {
      Claim& claim = *plan_.experiment.mutable_claim(i);
      const Source& source = *source_.Find(Experiment::kClaimFieldNumber, i)->source;
      const bool known = ResolveArm(expansion, source.Find(Claim::kArmFieldNumber), claim.mutable_arm()) &
                         ResolveArm(expansion, source.Find(Claim::kBaselineFieldNumber), claim.mutable_baseline());
      if (known && claim.arm() == claim.baseline()) {
        problems_.Add(source.Find(Claim::kBaselineFieldNumber)->value,
                      fmt::format("claim compares the arm {} with itself; allowed: two different arms", Quoted(claim.arm())));
      }
    }
  }

  bool ResolveArm(const Expansion& expansion, const Source::Element* element, std::string* name) {
    if (element == nullptr) return false;
    const std::string* kept = expansion.FindArm(*name);
    if (kept != nullptr) {
      *name = *kept;
      return true;
    }
    if (!ArmsAreKnown()) return false;
    std::vector<std::string> candidates = plan_.arms;
    candidates.resize(std::min(candidates.size(), kMostCandidates));
    const std::string nearest = name->size() < 300 ? DidYouMean(*name, candidates) : "";
    candidates.resize(std::min<size_t>(candidates.size(), 5));
    problems_.Add(element->value,
                  fmt::format("there is no arm {}; allowed: one of the {} arms that `ablate plan` prints, as {}{}",
                              Quoted(*name), plan_.arms.size(), OneOf(Quoted(candidates)), nearest));
    return false;
  }

  static std::vector<std::string> Quoted(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    quoted.reserve(names.size());
    for (const std::string& name : names) quoted.push_back(spec::Quoted(name));
    return quoted;
  }
  static std::string Quoted(const std::string& name) { return spec::Quoted(name); }

  // Names of arms leave out what is not read, so they are not known where a field that decides on reading isn't.
  bool ArmsAreKnown() const {
    const std::vector<Field>& fields = TrialFields();
    return std::none_of(fields.begin(), fields.end(), [&](const Field& field) {
      const std::vector<int> deciding = DecidingFields(field);
      return std::any_of(deciding.begin(), deciding.end(), [&](int on) { return loading_.doubtful[on]; });
    });
  }

  static std::vector<std::string> TasksOf(const Values& base, const std::vector<SweepPlan>& sweeps) {
    static const int task = FieldIndex("task");
    std::vector<std::string> tasks;
    const auto add = [&](const Value* value) {
      if (value != nullptr) tasks.push_back(value->text);
    };
    for (const SweepPlan& sweep : sweeps) {
      add(sweep.base.empty() ? base[task] : sweep.base[task]);
      for (const Block& block : sweep.blocks) {
        for (const auto& [field, value] : block.base) {
          if (field == task) add(value);
        }
      }
    }
    return tasks;
  }

  const Options& options_;
  Plan plan_;
  Problems problems_;
  Loading loading_;
  DataFiles files_;
  Source source_;
  std::vector<Assignment> settings_;
};

}  // namespace

absl::StatusOr<Plan> ParsePlan(const std::string& text, const std::string& path, const Options& options) {
  RETURN_IF_ERROR(CheckBytes(text, path));
  return Loader(text, path, options).Load();
}

absl::StatusOr<Plan> LoadPlan(const std::string& path, const Options& options) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxSpecBytes);
  if (text.ok()) return ParsePlan(*text, path, options);
  if (absl::IsOutOfRange(text.status())) {
    ASSIGN_OR_RETURN(const uint64_t bytes, FileSize(path));
    return TooLarge(path, bytes);
  }
  if (absl::IsFailedPrecondition(text.status())) {
    return absl::InvalidArgumentError(
        fmt::format("{}: is a folder; allowed: an experiment file, as {}", path, JoinPath(path, "quickstart.textproto")));
  }
  return text.status();
}

std::vector<Setting> SettingsOf(const Plan& plan, const Trial& trial) { return CountedSettings(trial, plan.file_digests); }

std::string ArrayKey(const Trial& trial) { return UnarrayableText(trial); }

}  // namespace ablate::spec
