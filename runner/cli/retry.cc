#include "runner/cli/retry.h"

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
    R"(Failed, stopped and cancelled trials wait again, from their newest checkpoints. A running `ablate run` goes on with them at once;
without one the next run does.

Examples:
  ablate retry quickstart
  ablate retry experiments/quickstart.textproto && ablate run experiments/quickstart.textproto)";

}  // namespace

void AddRetry(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("retry", "Let failed, stopped and cancelled trials of an experiment run again", [options] {
    return SendCommand(Command::Kind::kRetry, options->experiment, options->database);
  });
  verb.Add("experiment", options->experiment, "Its file or name").Required().Type("SPEC");
  AddDatabaseOption(verb, options->database);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
