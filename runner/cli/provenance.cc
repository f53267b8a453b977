#include "runner/cli/provenance.h"

#include <unistd.h>

#include <cstring>

#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/version.h"

namespace ablate::runner {
namespace {

// First line: the commit. The rest: what differs from it. Locks are not taken, so that a commit elsewhere is not disturbed.
constexpr char kAsk[] = "exec 2>/dev/null; git rev-parse --verify HEAD && git --no-optional-locks diff --no-ext-diff HEAD --";

bool InRepository() {
  char folder[4096];
  if (getcwd(folder, sizeof folder) == nullptr) return false;
  for (std::string at = folder;; at = ParentFolder(at)) {
    if (FileExists(JoinPath(at, ".git"))) return true;
    if (at == "/") return false;
  }
}

std::string QuotedWord(const std::string& word) {
  const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string Quoted(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) line += (i > 0 ? " " : "") + QuotedWord(argv[i]);
  return line;
}

Provenance::Provenance(int argc, const char* const* argv) : command_line_(Quoted(argc, argv)) {
  if (InRepository()) git_ = popen(kAsk, "re");
}

Provenance::~Provenance() {
  if (git_ != nullptr) pclose(git_);
}

store::LaunchRecord Provenance::Record() {
  store::LaunchRecord record;
  record.command_line = command_line_;
  record.ablate_version = kVersion;
  if (git_ == nullptr) return record;
  std::string said;
  char buffer[1 << 16];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, git_)) > 0;) said.append(buffer, count);
  const bool well = pclose(git_) == 0;
  git_ = nullptr;
  const size_t line = said.find('\n');
  if (!well || line == std::string::npos) return record;
  record.git_commit = said.substr(0, line);
  if (line + 1 < said.size()) record.git_diff_digest = Sha256(said.substr(line + 1));
  return record;
}

}  // namespace ablate::runner
