#include "runner/cli/provenance.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_split.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/version.h"

namespace ablate::runner {
namespace {

// The commit, the top folder, the files that git doesn't know (a NUL behind each, one more behind all), and what differs from
// the commit. Locks are not taken, so that a commit elsewhere is not disturbed.
constexpr char kAsk[] =
    "exec 2>/dev/null; git rev-parse --verify HEAD && git rev-parse --show-toplevel && "
    "git ls-files --others --exclude-standard --full-name -z -- \"$(git rev-parse --show-toplevel)\" && printf '\\0' && "
    "git --no-optional-locks diff --no-ext-diff --binary HEAD --";
// Of what git says, and of all files together that it doesn't know: data sets lie about in working folders, and a run is to
// start at once.
constexpr uint64_t kMostReadBytes = uint64_t{64} << 20;

struct Sources {
  std::string commit, top, diff;
  std::vector<std::string> untracked;
};

// At most kMostReadBytes of it.
std::string ReadAll(FILE* pipe) {
  std::string said;
  char buffer[1 << 16];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    if (said.size() < kMostReadBytes) said.append(buffer, count);
  }
  return pclose(pipe) == 0 ? said : "";
}

// Empty where git failed.
Sources ParseAnswer(const std::string& said) {
  Sources sources;
  const size_t commit_end = said.find('\n'), top_end = said.find('\n', commit_end + 1);
  if (commit_end == std::string::npos || top_end == std::string::npos) return sources;
  sources.commit = said.substr(0, commit_end);
  sources.top = said.substr(commit_end + 1, top_end - commit_end - 1);
  size_t at = top_end + 1;
  for (size_t end; (end = said.find('\0', at)) != std::string::npos; at = end + 1) {
    if (end == at) break;
    sources.untracked.push_back(said.substr(at, end - at));
  }
  sources.diff = said.substr(std::min(said.size(), at + 1));
  return sources;
}

// "Linux 6.1.0, Intel(R) Xeon(R) ..., NVIDIA driver 550.54".
std::string SystemText() {
  utsname system = {};
  uname(&system);
  std::string text = fmt::format("{} {}", system.sysname, system.release);
  const auto processors = ReadFile("/proc/cpuinfo");
  const size_t model = processors.ok() ? processors->find("model name") : std::string::npos;
  if (model != std::string::npos) {
    const size_t begin = processors->find(": ", model) + 2;
    text += ", " + processors->substr(begin, processors->find('\n', begin) - begin);
  }
  // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  ...".
  const auto driver = ReadFile("/proc/driver/nvidia/version");
  if (driver.ok()) text += ", " + driver->substr(0, driver->find('\n'));
  return text;
}

// A file's lines as a patch that adds them all.
std::string Addition(const std::string& name, const std::string& content) {
  const bool whole = content.back() == '\n';
  const auto lines = std::count(content.begin(), content.end(), '\n') + (whole ? 0 : 1);
  std::string patch = fmt::format("--- /dev/null\n+++ b/{}\n@@ -0,0 +1,{} @@\n", name, lines);
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    patch += '+' + content.substr(begin, end - begin) + '\n';
    begin = end + 1;
  }
  return whole ? patch : patch + "\\ No newline at end of file\n";
}

// Of the files that git doesn't know, but for the database, what lies beside it, and what can't be read.
std::string UntrackedPatch(const std::vector<std::string>& names, const std::string& top, const std::string& database) {
  std::string patch;
  uint64_t may_read = kMostReadBytes;
  for (const std::string& name : names) {
    const std::string path = JoinPath(top, name);
    if (path.compare(0, database.size(), database) == 0) continue;
    const auto size = FileSize(path);
    if (size.ok() && *size > may_read) patch += fmt::format("left out: {}, {} bytes, unread\n", name, *size);
    const auto content = ReadFile(path, may_read);
    if (!content.ok()) continue;
    may_read -= content->size();
    AddToPatch(name, *content, patch);
  }
  return patch;
}

bool InRepository() {
  char folder[4096];
  if (getcwd(folder, sizeof folder) == nullptr) return false;
  // Folders in which git does not look, nor in those above them.
  const char* const ceilings = std::getenv("GIT_CEILING_DIRECTORIES");
  const std::vector<std::string> ends = absl::StrSplit(ceilings == nullptr ? "" : ceilings, ':');
  for (std::string at = folder;; at = ParentFolder(at)) {
    if (FileExists(JoinPath(at, ".git"))) return true;
    if (at == "/" || std::count(ends.begin(), ends.end(), ParentFolder(at)) > 0) return false;
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

std::function<store::LaunchRecord()> Provenance::Into(store::Writer& store, const spec::Plan& plan) {
  return [this, &store, &plan] {
    const Facts facts = Ask(plan, store.path());
    // What keeps the store from taking a text also keeps it from taking the launch, and is told there.
    for (const std::string& text : facts.texts) store.KeepText(text).IgnoreError();
    return facts.record;
  };
}

Provenance::Facts Provenance::Ask(const spec::Plan& plan, const std::string& database) {
  Facts facts;
  store::LaunchRecord& record = facts.record;
  record.command_line = command_line_;
  record.ablate_version = kVersion;
  record.system = SystemText();
  record.spec_digest = Sha256(plan.text);
  facts.texts.push_back(plan.text);
  for (const auto& [path, digest] : plan.file_digests) record.data_files += fmt::format("{} {}\n", path, digest);
  if (git_ == nullptr) return facts;
  const Sources sources = ParseAnswer(ReadAll(std::exchange(git_, nullptr)));
  record.git_commit = sources.commit;
  const auto keep = [&facts](const std::string& text) {
    if (text.empty()) return std::string();
    facts.texts.push_back(text);
    return Sha256(text);
  };
  record.git_diff_digest =
      keep(sources.diff.size() <= kMostPatchBytes
               ? sources.diff
               : fmt::format("a patch of {} bytes, sha256:{}\n", sources.diff.size(), Sha256(sources.diff)));
  record.untracked_digest = keep(UntrackedPatch(sources.untracked, sources.top, database));
  return facts;
}

void AddToPatch(const std::string& name, const std::string& content, std::string& patch) {
  const bool is_text = content.find('\0') == std::string::npos;
  if (!is_text || content.size() > kMostFileBytes || patch.size() > kMostPatchBytes) {
    patch += fmt::format("left out: {}, {} bytes, sha256:{}\n", name, content.size(), Sha256(content));
    return;
  }
  patch += fmt::format("diff --git a/{0} b/{0}\nnew file mode 100644\n", name);
  patch += content.empty() ? std::string("index 0000000..e69de29\n") : Addition(name, content);
}

}  // namespace ablate::runner
