// The command line's verbs and their options. A verb NAME is a library //runner/cli:NAME with one function in NAME.h,
//   void AddNAME(CommandLine& line);
// and a line in the list of main.cc. The variables that its options fill live in a shared_ptr that its function holds.
// CLI11 does the parsing; its header costs seconds of compiling, so only command_line.cc has it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runner/cli/exit_codes.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ablate::runner {

// An option, a flag or a positional argument of a verb. Each call says one thing more about it.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& Type(const std::string& name);  // what the help calls its value: FILE
  Option& Required();
  Option& Environment(const std::string& variable);  // whose value it takes when it isn't given
  Option& OneOf(const std::vector<std::string>& values);
  Option& Between(int lowest, int highest);
  Option& Check(std::function<std::string(const std::string&)> problem_of);  // "" where a value is fine
  Option& Excludes(const Option& other);
  Option& Group(const std::string& name);  // under which the help lists it

 private:
  CLI::Option* option_;
};

// The options of one verb. A name without dashes is a positional argument. Values must live as long as the command line.
class VerbOptions {
 public:
  explicit VerbOptions(CLI::App* command) : command_(command) {}

  Option Add(const std::string& names, std::string& value, const std::string& help);
  Option Add(const std::string& names, int& value, const std::string& help);
  // An option may be given again and again, each time with one value; an argument takes all that follow.
  Option Add(const std::string& names, std::vector<std::string>& values, const std::string& help);
  Option AddFlag(const std::string& names, bool& value, const std::string& help);
  void AddFooter(const std::string& text);  // examples
  void Hide();                              // from the list of verbs

 private:
  CLI::App* command_;
};

class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& footer);
  ~CommandLine();

  VerbOptions AddVerb(const std::string& name, const std::string& help, std::function<ExitCode()> run);

  // Runs the verb that `words` (without the program's name) begin with. Help goes to stdout; what is wrong with the words goes
  // to stderr, with the nearest name for a misspelt one, and is kBadUsage.
  ExitCode Run(const std::vector<std::string>& words);

 private:
  struct Verb {
    CLI::App* command;
    std::function<ExitCode()> run;  // prints its own errors to stderr, results to stdout
  };

  std::unique_ptr<CLI::App> app_;
  std::vector<Verb> verbs_;
};

}  // namespace ablate::runner
