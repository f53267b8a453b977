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

Verb AddRetry(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("retry", "Let failed, stopped and cancelled trials of an experiment run again");
  command->add_option("experiment", options->experiment, "Its file or name")->required()->type_name("SPEC");
  AddDatabaseOption(*command, options->database);
  command->footer(kFooter);
  return {command, [options] { return SendCommand(Command::Kind::kRetry, options->experiment, options->database); }};
}

}  // namespace ablate::runner
