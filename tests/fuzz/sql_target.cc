// What `ablate query` is given, on a database with content: an answer or an error within its time, and the file stays as it
// was.
#include <cstdlib>
#include <filesystem>

#include "lib/base/files.h"
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "tests/fuzz/input.h"

namespace {

std::string MakeDatabase() {
  const std::string path = ablate::fuzz::FileWith("", ".db");
  std::filesystem::remove(path);
  auto writer = ablate::store::Writer::Open(path);
  if (!writer.ok() || !(*writer)->KeepText("a text").ok()) std::abort();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = MakeDatabase();
  static const std::string before = *ablate::ReadFile(path);
  ablate::store::Reader::Options options;
  options.time_limit_s = 0.2;
  const auto reader = ablate::store::Reader::Open(path, options);
  if (!reader.ok()) std::abort();
  uint64_t rows = 0;
  // Bad SQL is the user's, whatever SQLite calls it.
  const absl::Status status =
      (*reader)->ForEachRow(ablate::fuzz::Text(data, size), {}, [&](const auto&, const auto&) { return ++rows < 1000; });
  if (!status.ok() && status.message().empty()) std::abort();
  const auto after = ablate::ReadFile(path);
  if (!after.ok() || *after != before) std::abort();
  return 0;
}
