// Where results come from: the words of the command line, the state of the sources in the working folder, this machine.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "lib/spec/plan.h"
#include "lib/store/writer.h"

namespace ablate::runner {

// Asks git as soon as it is made, and waits for the answer only when it is wanted: meanwhile the plan is read.
class Provenance {
 public:
  Provenance(int argc, const char* const* argv);
  ~Provenance();
  Provenance(const Provenance&) = delete;
  Provenance& operator=(const Provenance&) = delete;

  struct Facts {
    store::LaunchRecord record;
    std::vector<std::string> texts;  // that the record's digests are of, for store::Writer::KeepText
  };

  // Command line (quoted for a shell), ablate's version, the machine, and, if the working folder is in a git repository, its
  // commit, `git diff HEAD`, and the files that git neither knows nor ignores, as a patch (those of `database` aside). A patch
  // above kMostPatchBytes and a file above kMostFileBytes is left out, and the text says so. Of all these files together 64 MiB
  // are read. Without git, or where it fails, these are empty.
  Facts Ask(const spec::Plan& plan, const std::string& database);

  // Asks when it is called, and keeps the texts in the store. All references must outlive it.
  std::function<store::LaunchRecord()> Into(store::Writer& store, const spec::Plan& plan);

 private:
  std::string command_line_;
  FILE* git_ = nullptr;
};

inline constexpr size_t kMostPatchBytes = 4 << 20;
inline constexpr size_t kMostFileBytes = 256 << 10;

// Adds what makes a file with this content; what is no text or too long is named by size and digest.
void AddToPatch(const std::string& name, const std::string& content, std::string& patch);

// The words as a shell would read them back.
std::string Quoted(int argc, const char* const* argv);

}  // namespace ablate::runner
