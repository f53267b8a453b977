#include "lib/tasks/data/head.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::tasks {
namespace {

constexpr size_t kPiece = size_t{1} << 15;

}  // namespace

absl::StatusOr<std::string> ReadFirstLines(const std::string& path, int lines, size_t max_bytes) {
  RETURN_IF_ERROR(FileSize(path).status());
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rbe"), gzclose);  // reads plain files as they are
  if (file == nullptr) return absl::PermissionDeniedError(fmt::format("{}: can't open: {}", path, std::strerror(errno)));
  std::string content;
  for (int got = kPiece; std::count(content.begin(), content.end(), '\n') < lines;) {
    const size_t size = content.size();
    content.resize(size + kPiece);
    got = gzread(file.get(), content.data() + size, kPiece);
    content.resize(size + std::max(got, 0));
    if (got < 0) {
      int code;
      return absl::DataLossError(fmt::format("{}: can't read: {}", path, gzerror(file.get(), &code)));
    }
    if (got == 0) return content;
    if (content.size() > max_bytes) {
      return absl::OutOfRangeError(
          fmt::format("{}: its first {} lines take more than the {} bytes allowed", path, lines, max_bytes));
    }
    if (gzdirect(file.get()) == 0 && !absl::EndsWith(path, ".gz")) {
      return absl::InvalidArgumentError(fmt::format("{}: is gzip data; its name must then end in .gz", path));
    }
  }
  content.resize(content.rfind('\n') + 1);
  return content;
}

}  // namespace ablate::tasks
