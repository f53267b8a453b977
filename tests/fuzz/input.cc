#include "tests/fuzz/input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ablate::fuzz {
namespace {

std::string MakeFolder() {
  std::string folder = (std::filesystem::temp_directory_path() / "ablate_fuzz_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  return folder;
}

struct Folder {
  ~Folder() { std::filesystem::remove_all(path); }
  const std::string path = MakeFolder();
};

}  // namespace

std::string Text(const uint8_t* data, size_t size) { return std::string(reinterpret_cast<const char*>(data), size); }

std::string FileWith(const std::string& content, const std::string& ending) {
  static const Folder folder;
  const std::string path = folder.path + "/input" + ending;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  return path;
}

void ExpectSensible(const absl::Status& status) {
  if (status.ok() || (!status.message().empty() && !absl::IsInternal(status))) return;
  fmt::print(stderr, "an error that helps nobody: {}\n", status.ToString());
  std::abort();
}

}  // namespace ablate::fuzz
