#include "runner/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <utility>

#include "lib/base/text.h"
#include "lib/base/version.h"

namespace ablate::runner {
namespace {

// The names that a mistyped one may have meant.
std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

ExitCode BadUsage(const std::string& message, const CLI::App& app) {
  const std::string help = app.get_parent() ? "ablate " + app.get_name() + " --help" : "ablate --help";
  std::fprintf(stderr, "ablate: %s\nSee: %s\n", message.c_str(), help.c_str());
  return ExitCode::kBadUsage;
}

// CLI11 reports all words that it could not place; the first is the one to explain.
ExitCode Unplaced(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const std::string word = words.empty() ? "" : words.front();
  if (word.rfind('-', 0) == 0) return BadUsage("unknown flag " + word + DidYouMean(word, FlagsOf(app)), app);
  return BadUsage("\"" + word + "\" is one word too many", app);
}

}  // namespace

Option& Option::Type(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::Required() {
  option_->required();
  return *this;
}

Option& Option::Environment(const std::string& variable) {
  option_->envname(variable);
  return *this;
}

Option& Option::OneOf(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option& Option::Between(int lowest, int highest) {
  option_->check(CLI::Range(lowest, highest));
  return *this;
}

Option& Option::Check(std::function<std::string(const std::string&)> problem_of) {
  option_->check(CLI::Validator(std::move(problem_of), ""));
  return *this;
}

Option& Option::Excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::Group(const std::string& name) {
  option_->group(name);
  return *this;
}

Option VerbOptions::Add(const std::string& names, std::string& value, const std::string& help) {
  return Option(command_->add_option(names, value, help));
}

Option VerbOptions::Add(const std::string& names, int& value, const std::string& help) {
  return Option(command_->add_option(names, value, help));
}

Option VerbOptions::Add(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  CLI::Option* option = command_->add_option(names, values, help);
  if (!option->get_positional()) option->expected(1)->take_all();
  return Option(option);
}

Option VerbOptions::AddFlag(const std::string& names, bool& value, const std::string& help) {
  return Option(command_->add_flag(names, value, help));
}

void VerbOptions::AddFooter(const std::string& text) { command_->footer(text); }

void VerbOptions::Hide() { command_->group(""); }

CommandLine::CommandLine(const std::string& description, const std::string& footer)
    : app_(std::make_unique<CLI::App>(description, "ablate")) {
  app_->set_version_flag("--version", std::string("ablate ") + kVersion);
  app_->footer(footer);
  app_->require_subcommand(1);  // else CLI11 takes a verb's name behind another verb for a verb
}

CommandLine::~CommandLine() = default;

VerbOptions CommandLine::AddVerb(const std::string& name, const std::string& help, std::function<ExitCode()> run) {
  verbs_.push_back({app_->add_subcommand(name, help), std::move(run)});
  return VerbOptions(verbs_.back().command);
}

ExitCode CommandLine::Run(const std::vector<std::string>& words) {
  if (words.empty()) {
    std::fputs(app_->help().c_str(), stderr);
    return ExitCode::kBadUsage;
  }
  const std::string& first = words.front();
  const CLI::App* at = app_.get();
  std::vector<std::string> names;
  for (const Verb& verb : verbs_) {
    names.push_back(verb.command->get_name());
    if (names.back() == first) at = verb.command;
  }
  if (first.rfind('-', 0) != 0 && at == app_.get()) {
    return BadUsage("unknown verb \"" + first + "\"" + DidYouMean(first, names), *at);
  }
  // CLI11 would only say that a verb is missing.
  if (first.rfind('-', 0) == 0 && app_->get_option_no_throw(first) == nullptr) {
    return BadUsage("unknown flag " + first + DidYouMean(first, FlagsOf(*at)), *at);
  }
  try {
    app_->parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 takes them
  } catch (const CLI::Success& asked) {                                   // --help, --version
    return static_cast<ExitCode>(app_->exit(asked));
  } catch (const CLI::ExtrasError&) {
    return Unplaced(*at);
  } catch (const CLI::ParseError& error) {
    return BadUsage(error.what(), *at);
  }
  for (const Verb& verb : verbs_) {
    if (verb.command->parsed()) return verb.run();
  }
  return ExitCode::kOurBug;
}

}  // namespace ablate::runner
