#include "runner/cli/presence.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <sstream>

#include "lib/base/files.h"

namespace ablate::runner {

std::optional<std::string> WriterOf(const std::string& database) {
  const std::string path = database + ".lock";
  struct stat file;
  const auto locks = ReadFile("/proc/locks");
  if (stat(path.c_str(), &file) != 0 || !locks.ok()) return std::nullopt;
  // "1: FLOCK  ADVISORY  WRITE 123 fe:01:4711 0 EOF"; a line with "->" waits for the lock.
  const std::string inode = fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, mode, pid, place;
    words >> number >> kind >> advice >> mode >> pid >> place;
    if (kind != "FLOCK" || place != inode) continue;
    const auto text = ReadFile(path);
    std::istringstream holder(text.ok() ? *text : "");
    std::string host;
    if (!(holder >> host >> pid)) return "another process";
    return fmt::format("process {} on {}", pid, host);
  }
  return std::nullopt;
}

}  // namespace ablate::runner
