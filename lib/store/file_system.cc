#include "lib/store/file_system.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "fmt/format.h"
#include "lib/base/files.h"

namespace ablate::store {
namespace {

constexpr uint64_t kFuse = 0x65735546;

struct NamedMagic {
  uint64_t magic;
  const char* name;
};

// From Linux's magic.h and the file systems' own sources.
constexpr NamedMagic kNetwork[] = {
    {0x6969, "NFS"},        {0x517B, "SMB"},      {0xFF534D42, "CIFS"},   {0xFE534D42, "SMB2"},
    {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x19830326, "BeeGFS"}, {0x00C36400, "Ceph"},
    {0x5346414F, "AFS"},    {0x6B414653, "AFS"},  {0x73757245, "Coda"},   {0x01161970, "GFS2"},
    {0x7461636F, "OCFS2"},  {0x20030528, "PVFS"}, {0xAAD7AAEA, "PanFS"},  {0x564C, "NCP"},
};

constexpr const char* kNetworkFuse[] = {"ceph",  "gcsfuse", "glusterfs", "rclone", "s3fs",
                                        "sshfs", "juicefs", "davfs",     "goofys"};

// The type column of the mount with that device number.
std::string MountType(dev_t device) {
  const absl::StatusOr<std::string> mounts = ReadFile("/proc/self/mountinfo");
  if (!mounts.ok()) return "";
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, numbers, word;
    words >> id >> parent >> numbers;
    while (words >> word && word != "-") continue;
    if (numbers == wanted && words >> word) return word;
  }
  return "";
}

}  // namespace

absl::StatusOr<FileSystem> FileSystemOf(const std::string& folder) {
  struct statfs facts;
  struct stat stat_facts;
  if (statfs(folder.c_str(), &facts) != 0 || stat(folder.c_str(), &stat_facts) != 0) {
    const std::string message = fmt::format("{}: can't look at the folder: {}", folder, std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
  }
  FileSystem file_system;
  file_system.magic = static_cast<uint32_t>(facts.f_type);
  if (file_system.magic == kFuse) file_system.type = MountType(stat_facts.st_dev);
  return file_system;
}

absl::Status RefuseNetwork(const FileSystem& file_system, const std::string& database) {
  std::string name;
  for (const NamedMagic& known : kNetwork) {
    if (file_system.magic == known.magic) name = known.name;
  }
  for (const char* known : kNetworkFuse) {
    if (file_system.magic == kFuse && file_system.type.find(known) != std::string::npos) name = file_system.type;
  }
  if (name.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "{}: lies on a network file system ({}), where SQLite's write-ahead log can lose data; choose a local folder by --db",
      database, name));
}

}  // namespace ablate::store
