// Every experiment shown in README.md and docs/, and every one in experiments/, is one that lib/spec accepts.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lib/spec/spec.h"

namespace ablate {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// The fenced blocks of one language, as (line of the first line, text).
std::vector<std::pair<int, std::string>> Blocks(const std::string& page, const std::string& language) {
  std::vector<std::pair<int, std::string>> blocks;
  std::istringstream lines(page);
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!inside && line == "```" + language) {
      inside = true;
      blocks.emplace_back(number + 1, "");
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().second += line + "\n";
    }
  }
  return blocks;
}

std::vector<fs::path> Files(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  return paths;
}

TEST(Docs, ExperimentsShownAreAccepted) {
  spec::Options options;
  options.check_files = false;
  std::vector<fs::path> pages = Files("docs", ".md");
  pages.push_back("README.md");
  int shown = 0;
  for (const fs::path& page : pages) {
    for (const auto& [line, text] : Blocks(Read(page), "textproto")) {
      const auto plan = spec::ParsePlan(text, page.string() + "+" + std::to_string(line), options);
      EXPECT_TRUE(plan.ok()) << plan.status();
      ++shown;
    }
  }
  EXPECT_GE(shown, 4) << "pages not found";
}

TEST(Docs, ExperimentsShippedAreAccepted) {
  const std::vector<fs::path> experiments = Files("experiments", ".textproto");
  EXPECT_GE(experiments.size(), 2u);
  spec::Options options;
  options.check_files = false;
  for (const fs::path& path : experiments) {
    const auto plan = spec::LoadPlan(path.string(), options);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_TRUE(plan->remarks.empty()) << path << ": " << plan->remarks[0];
  }
}

}  // namespace
}  // namespace ablate
