// Where results come from: the words of the command line, and the state of the sources in the working folder.
#pragma once

#include <cstdio>
#include <string>

#include "lib/store/writer.h"

namespace ablate::runner {

// Asks git as soon as it is made, and waits for the answer only when it is wanted: meanwhile the plan is read.
class Provenance {
 public:
  Provenance(int argc, const char* const* argv);
  ~Provenance();
  Provenance(const Provenance&) = delete;
  Provenance& operator=(const Provenance&) = delete;

  // Command line (quoted for a shell), ablate's version, and, if the working folder is in a git repository, its commit and the
  // digest of `git diff HEAD` (empty where nothing differs). Without git, or where it fails, both are empty.
  store::LaunchRecord Record();

 private:
  std::string command_line_;
  FILE* git_ = nullptr;
};

// The words as a shell would read them back.
std::string Quoted(int argc, const char* const* argv);

}  // namespace ablate::runner
