#include "runner/cli/cancel.h"

#include <memory>
#include <string>

#include "runner/cli/common_options.h"
#include "runner/cli/send_command.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string experiment, database;
};

constexpr char kFooter[] =
    R"(Waiting trials are cancelled; running ones stop at their next step and keep what was recorded. A running `ablate run` is told;
without one the database is changed here. `ablate retry` takes it back.

Examples:
  ablate cancel quickstart
  ablate cancel experiments/quickstart.textproto --db sst2.db)";

}  // namespace

void AddCancel(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("cancel", "Stop an experiment's running trials and cancel the waiting ones", [options] {
    return SendCommand(Command::Kind::kCancel, options->experiment, options->database);
  });
  verb.Add("experiment", options->experiment, "Its file or name").Required().Type("SPEC");
  AddDatabaseOption(verb, options->database);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
