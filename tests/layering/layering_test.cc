// Who may include whom. The rooms and the reasons are in CONTRIBUTING.md; a new room is one line here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;  // path in the workspace -> content

struct Room {
  std::string folder;
  bool may_load_torch;
  std::vector<std::string> may_include;  // folders ("lib/base/") and files; its own folder always
};

const std::vector<std::string>& Catalogues() {
  static const std::vector<std::string> catalogues = {"lib/normalizers/catalogue.h", "lib/attention/catalogue.h",
                                                      "lib/models/catalogue.h",      "lib/statistics/catalogue.h",
                                                      "lib/attribution/catalogue.h", "lib/tasks/catalogue.h"};
  return catalogues;
}

std::vector<std::string> With(std::vector<std::string> more, const std::vector<std::string>& others) {
  more.insert(more.end(), others.begin(), others.end());
  return more;
}

const std::vector<Room>& Rooms() {
  static const std::vector<std::string> base = {"lib/base/", "proto/"};
  static const std::vector<std::string> runner =
      With(With({"lib/spec/", "lib/store/", "lib/eventlog/", "runner/"}, Catalogues()), base);
  static const std::vector<Room> rooms = {
      {"proto/", false, {}},
      {"lib/base/", false, {}},
      {"lib/random/", false, base},
      {"lib/eventlog/", false, base},
      {"lib/store/", false, base},
      {"lib/spec/", false, With(With({"lib/tasks/", "lib/random/"}, Catalogues()), base)},
      {"lib/tasks/", false, With({"lib/random/"}, base)},
      {"lib/kernels/", true, base},
      {"lib/normalizers/", true, With({"lib/kernels/"}, base)},
      {"lib/attention/", true, With({"lib/normalizers/", "lib/random/"}, base)},
      {"lib/models/", true, With({"lib/attention/", "lib/random/"}, base)},
      {"lib/statistics/", true, base},
      {"lib/attribution/", true, With({"lib/models/", "lib/attention/", "lib/tasks/", "lib/statistics/", "lib/random/"}, base)},
      {"lib/training/", true,
       With({"lib/attribution/", "lib/models/", "lib/attention/", "lib/tasks/", "lib/statistics/", "lib/random/",
             "lib/eventlog/"},
            base)},
      {"lib/testing/", true, With({"lib/"}, base)},
      {"runner/worker/", true, With({"lib/training/", "lib/kernels/", "lib/eventlog/"}, base)},
      {"runner/cli/", false, With({"analysis/"}, runner)},
      {"runner/", false, runner},
      {"analysis/", false, With({"lib/store/", "lib/spec/", "lib/random/"}, base)},
  };
  return rooms;
}

bool StartsWith(const std::string& text, const std::string& prefix) { return text.compare(0, prefix.size(), prefix) == 0; }

// The room with the longest matching folder.
const Room* RoomOf(const std::string& path) {
  const Room* best = nullptr;
  for (const Room& room : Rooms()) {
    if (StartsWith(path, room.folder) && (best == nullptr || room.folder.size() > best->folder.size())) best = &room;
  }
  return best;
}

bool IsTorchFreeCatalogue(const std::string& path) {
  const auto& headers = Catalogues();
  const std::string header = path.substr(0, path.rfind('.')) + ".h";
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

std::vector<std::string> Violations(const Files& files) {
  static const std::regex include("^ *# *include +[\"<]([^\">]+)[\">]");
  static const std::regex torch("^(ATen|c10|torch)/");
  std::vector<std::string> violations;
  for (const auto& [path, content] : files) {
    const Room* room = RoomOf(path);
    if (room == nullptr) {
      violations.push_back(path + ": belongs to no room of tests/layering");
      continue;
    }
    std::istringstream lines(content);
    for (std::string line; std::getline(lines, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string target = match[1];
      const bool torch_free = !room->may_load_torch || IsTorchFreeCatalogue(path);
      if (torch_free && std::regex_search(target, torch)) violations.push_back(path + ": includes torch: " + target);
      if (target == "torch/torch.h" || target == "torch/all.h") violations.push_back(path + ": includes all of torch");
      const bool ours = target.find('/') != std::string::npos && RoomOf(target) != nullptr;
      const bool outside = StartsWith(target, "tests/") || StartsWith(target, "experiments/");
      const bool allowed = StartsWith(target, room->folder) ||
                           std::any_of(room->may_include.begin(), room->may_include.end(),
                                       [&](const std::string& prefix) { return StartsWith(target, prefix); });
      if (outside || (ours && !allowed)) violations.push_back(path + ": " + room->folder + " may not include " + target);
      if (StartsWith(target, "lib/testing/") && !StartsWith(path, "lib/testing/")) {
        violations.push_back(path + ": lib/testing is for tests only");
      }
    }
  }
  return violations;
}

// The checkout: the runfile is a link into it.
fs::path Workspace() { return fs::canonical("WORKSPACE").parent_path(); }

Files Sources() {
  Files files;
  for (const char* top : {"lib", "runner", "analysis"}) {
    for (const auto& entry : fs::recursive_directory_iterator(Workspace() / top)) {
      const std::string extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h" && extension != ".cu" && extension != ".cuh") continue;
      std::ifstream file(entry.path());
      std::stringstream content;
      content << file.rdbuf();
      files[fs::relative(entry.path(), Workspace())] = content.str();
    }
  }
  return files;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(Layering, HoldsInTheTree) {
  const Files files = Sources();
  ASSERT_GT(files.size(), 40u) << "sources not found";
  EXPECT_EQ(Joined(Violations(files)), "");
}

// A new top-level name is a decision, not an accident. Hidden files, Bazel's links and databases are not looked at.
TEST(Layering, TheTopLevelIsWhatWasAgreed) {
  const std::vector<std::string> agreed = {
      "BUILD.bazel", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "WORKSPACE",   "analysis", "docs",
      "experiments", "lib",          "proto",           "runner",  "tests",     "third_party", "tools"};
  std::vector<std::string> seen;
  for (const auto& entry : fs::directory_iterator(Workspace())) {
    const std::string name = entry.path().filename();
    if (name[0] != '.' && !StartsWith(name, "bazel-") && name.find(".db") == std::string::npos) seen.push_back(name);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(Joined(seen), Joined(agreed));
}

struct Case {
  const char* name;
  const char* path;
  const char* line;
  bool allowed;
};

class LayeringRule : public testing::TestWithParam<Case> {};

TEST_P(LayeringRule, Decides) {
  const Case& c = GetParam();
  EXPECT_EQ(Violations({{c.path, c.line}}).empty(), c.allowed) << Joined(Violations({{c.path, c.line}}));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, LayeringRule,
    testing::Values(Case{"StoreSeesBase", "lib/store/a.cc", "#include \"lib/base/files.h\"", true},
                    Case{"StoreDoesNotSeeSpec", "lib/store/a.cc", "#include \"lib/spec/spec.h\"", false},
                    Case{"SpecSeesTheCatalogue", "lib/spec/a.cc", "#include \"lib/normalizers/catalogue.h\"", true},
                    Case{"SpecDoesNotSeeTheMakers", "lib/spec/a.cc", "#include \"lib/normalizers/normalizer.h\"", false},
                    Case{"TheCommandLineIsTorchFree", "runner/cli/a.cc", "#include <ATen/core/Tensor.h>", false},
                    Case{"TheWorkerLoadsTorch", "runner/worker/a.cc", "#include <ATen/core/Tensor.h>", true},
                    Case{"NobodyLoadsAllOfTorch", "lib/models/a.cc", "#include <torch/torch.h>", false},
                    Case{"CataloguesAreTorchFree", "lib/normalizers/catalogue.cc", "#include <c10/util/Half.h>", false},
                    Case{"TheRunnerDoesNotSeeTheWorker", "lib/training/a.cc", "#include \"runner/worker/a.h\"", false},
                    Case{"NobodySeesTests", "lib/base/a.cc", "#include \"tests/lib/a.h\"", false},
                    Case{"TestingIsForTests", "runner/cli/a.cc", "#include \"lib/testing/a.h\"", false},
                    Case{"RoomsAreKnown", "lib/drawer/a.cc", "", false}),
    [](const auto& info) { return info.param.name; });

}  // namespace
