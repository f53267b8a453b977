#include "lib/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate {
namespace {

constexpr size_t kChunk = 1 << 18;

absl::Status TooLong(const std::string& path, uint64_t max_bytes) {
  return absl::OutOfRangeError(fmt::format("{}: longer than the {} bytes allowed here", path, max_bytes));
}

absl::Status WriteAll(int file, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, "can't write", path);
    content.remove_prefix(written);
  }
  return absl::OkStatus();
}

absl::Status Replace(const std::string& path, std::string_view content, bool durable) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return ErrnoStatus(errno, "can't create", temporary);
  absl::Status status = WriteAll(file, content, temporary);
  if (status.ok() && durable && fsync(file) != 0) status = ErrnoStatus(errno, "can't sync", temporary);
  if (close(file) != 0 && status.ok()) status = ErrnoStatus(errno, "can't close", temporary);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = ErrnoStatus(errno, "can't rename to", path);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return durable ? SyncFolder(ParentFolder(path)) : absl::OkStatus();
}

}  // namespace

absl::Status ErrnoStatus(int error, std::string_view what, const std::string& path) {
  const std::string message = fmt::format("{}: {}: {}", path, what, std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  if (error == EPIPE) return absl::FailedPreconditionError(message);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

absl::Status SyncFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return ErrnoStatus(errno, "can't open", path);
  const int result = fsync(folder), error = errno;
  close(folder);
  return result == 0 ? absl::OkStatus() : ErrnoStatus(error, "can't sync", path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return ErrnoStatus(errno, "can't open", path);
  struct stat facts;
  if (fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    close(file);
    return absl::FailedPreconditionError(fmt::format("{}: is a folder, not a file", path));
  }
  std::string content;
  absl::Status status;
  if (S_ISREG(facts.st_mode) && static_cast<uint64_t>(facts.st_size) > max_bytes) status = TooLong(path, max_bytes);
  while (status.ok()) {
    const size_t size = content.size();
    content.resize(size + kChunk);
    const ssize_t got = read(file, content.data() + size, kChunk);
    content.resize(size + std::max<ssize_t>(got, 0));
    if (got == 0) break;
    if (got < 0 && errno != EINTR) status = ErrnoStatus(errno, "can't read", path);
    if (content.size() > max_bytes) status = TooLong(path, max_bytes);
  }
  close(file);
  if (!status.ok()) return status;
  return content;
}

absl::StatusOr<std::string> ReadMaybeGzipped(const std::string& path, uint64_t max_bytes) {
  if (path.size() < 3 || path.compare(path.size() - 3, 3, ".gz") != 0) return ReadFile(path, max_bytes);
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return ErrnoStatus(errno, "can't open", path);
  std::string content;
  absl::Status status;
  while (status.ok()) {
    const size_t size = content.size();
    content.resize(size + kChunk);
    const int got = gzread(file, content.data() + size, kChunk);
    content.resize(size + std::max(got, 0));
    if (got < 0) {
      int code;
      status = absl::DataLossError(fmt::format("{}: broken gzip data: {}", path, gzerror(file, &code)));
    }
    if (content.size() > max_bytes) status = TooLong(path, max_bytes);
    if (got < static_cast<int>(kChunk)) break;
  }
  const int closed = gzclose(file);
  if (status.ok() && closed == Z_BUF_ERROR) {
    status = absl::DataLossError(fmt::format("{}: broken gzip data: ends too early", path));
  }
  if (!status.ok()) return status;
  return content;
}

absl::Status WriteFileDurably(const std::string& path, std::string_view content) { return Replace(path, content, true); }

absl::Status WriteFileAtomically(const std::string& path, std::string_view content) { return Replace(path, content, false); }

absl::Status MakeFolders(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0) return absl::OkStatus();  // most often all but the last are there
  for (size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const std::string folder = path.substr(0, end);
    if (mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return ErrnoStatus(errno, "can't make the folder", folder);
  }
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return ErrnoStatus(errno, "can't look at", path);
  if (!S_ISDIR(facts.st_mode)) return absl::FailedPreconditionError(fmt::format("{}: is a file, not a folder", path));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return ErrnoStatus(errno, "can't list", path);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

bool FileExists(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0;
}

absl::StatusOr<uint64_t> FileSize(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return ErrnoStatus(errno, "can't look at", path);
  return static_cast<uint64_t>(facts.st_size);
}

absl::Status WriteLine(int file, const std::string& line) { return WriteAll(file, line + "\n", "a pipe"); }

std::string JoinPath(std::string_view folder, std::string_view path) {
  if (folder.empty() || (!path.empty() && path.front() == '/')) return std::string(path);
  return fmt::format("{}{}{}", folder, folder.back() == '/' ? "" : "/", path);
}

std::string ParentFolder(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

std::string FileName(std::string_view path) { return std::string(path.substr(path.find_last_of('/') + 1)); }

bool IsBelow(const std::string& path, const std::string& folder) {
  const std::filesystem::path inner = std::filesystem::path(path).lexically_normal();
  const std::filesystem::path relative = inner.lexically_relative(std::filesystem::path(folder).lexically_normal());
  return !relative.empty() && relative != "." && *relative.begin() != "..";
}

std::string WithoutLinks(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

}  // namespace ablate
