#include "runner/cli/doctor.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "runner/backends/local/find_worker.h"
#include "runner/cli/backend_options.h"
#include "runner/cli/common_options.h"
#include "runner/cli/doctor_checks.h"
#include "runner/cli/doctor_slurm.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, data;
  BackendOptions backend;
  Output output;
};

constexpr const char* kLevels[] = {"OK", "NOTE", "PROBLEM"};
constexpr int kIndent = 9;  // behind the widest level

const char* NameOf(Finding::Level level) { return kLevels[static_cast<int>(level)]; }

std::vector<Finding> Examine(const Options& options) {
  std::vector<Finding> findings = {CheckProgram()};
  const auto add = [&](const std::vector<Finding>& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  add(CheckWorker(FindWorker()));
  add({CheckCores(), CheckMemory()});
  add(CheckGpus());
  add({CheckDisk(options.database), CheckDatabase(options.database), CheckData(options.data)});
  if (!options.backend.slurm()) return findings;
  const auto settings = SettingsOf(Slurm(), options.backend);
  if (settings.ok()) {
    add(CheckSlurm(*settings, options.database));
  } else {
    add({{Finding::Level::kProblem, "slurm", std::string(settings.status().message()), "correct the flag"}});
  }
  return findings;
}

std::string ForPeople(const std::vector<Finding>& findings, int width) {
  std::string text;
  for (const Finding& finding : findings) {
    const std::string line = finding.topic + ": " + finding.text + (finding.advice.empty() ? "" : "\n-> " + finding.advice);
    std::string lead = NameOf(finding.level);
    for (const std::string& part : analysis::WrapText(analysis::EscapeControls(line), width - kIndent)) {
      text += fmt::format("{:<{}}{}\n", lead, kIndent, part);
      lead.clear();
    }
  }
  return text;
}

store::Table ForPrograms(const std::vector<Finding>& findings) {
  store::Table table{{"level", "topic", "text", "advice"}, {}};
  for (const Finding& finding : findings) {
    table.rows.push_back({std::string(NameOf(finding.level)), finding.topic, finding.text, finding.advice});
  }
  return table;
}

ExitCode RunDoctor(const Options& options) {
  const std::vector<Finding> findings = Examine(options);
  const absl::Status printed = IsTable(options.output)
                                   ? PrintText(ForPeople(findings, OutputWidth(options.output)))
                                   : Print(ForPrograms(findings), options.output, Context(options.database, "doctor"));
  if (!printed.ok()) return Fail(ExitCode::kBadUsage, printed);
  for (const Finding& finding : findings) {
    if (finding.level != Finding::Level::kProblem) continue;
    if (finding.topic == "database" || finding.topic == "disk") return ExitCode::kStoreUnusable;
    return finding.topic == "data" ? ExitCode::kBadSpec : ExitCode::kNoDevice;
  }
  return ExitCode::kAllWell;
}

}  // namespace

void AddDoctor(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("doctor", "Whether this machine can run trials, and what to do where it can't",
                                  [options] { return RunDoctor(*options); });
  AddDatabaseOption(verb, options->database);
  AddDataOption(verb, options->data);
  AddBackendOptions(verb, options->backend);
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "Each line is OK, NOTE or PROBLEM; it ends with what to do. Exit code 0 unless there is a PROBLEM: then 3 for the "
      "worker,\n"
      "devices and Slurm, 6 for the database and its disk, 2 for the data folder.\n"
      "Examples:\n"
      "  ablate doctor\n"
      "  ablate doctor --data ~/data --format json\n"
      "  ablate doctor --backend slurm --partition gpu --shared ~/ablate");
}

}  // namespace ablate::runner
