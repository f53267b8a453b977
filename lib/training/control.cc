#include "lib/training/control.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/files.h"

namespace ablate::training {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(20);
constexpr char kLeave[] = "checkpoint_and_leave";
constexpr char kStop[] = "stop_";

}  // namespace

Control::Control(const std::string& launch_folder) : folder_(JoinPath(launch_folder, "control")) {}

const Commands& Control::Read() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return commands_;
  next_look_ = now + kBetweenLooks;
  utimensat(AT_FDCWD, folder_.c_str(), nullptr, 0);  // the heartbeat that proto/launch.proto speaks of
  const auto names = ListFolder(folder_);
  if (!names.ok()) return commands_;
  for (const std::string& name : *names) {
    if (name == kLeave) commands_.checkpoint_and_leave = true;
    if (name.rfind(kStop, 0) == 0) commands_.stop.insert(name.substr(sizeof kStop - 1));
  }
  return commands_;
}

}  // namespace ablate::training
