// libinjector.so, preloaded into `ablate` and its workers: a fault at the n-th point of a process's role. The points are the
// calls of libc that change what others see, SQLite's among them, so that none can be forgotten and the product knows nothing
// of it: write, pwrite, fsync, fdatasync, ftruncate, rename, unlink, mkdir, posix_spawn.
//   $ABLATE_FAULT       ROLE:ACTION:N. Role: "runner" (ablate) or "worker" (any other program that a test runs). Actions:
//     count    nothing goes wrong
//     kill     SIGKILL in the place of the call
//     killed   SIGKILL after the call
//     error    the call fails once: EIO; fork and posix_spawn: EAGAIN
//     short    a write writes half of what it should, and then SIGKILL; other calls: as kill
//     part     a write writes half of what it should, as the kernel may; other calls: nothing
//     full     from here on whatever needs room on the disk fails: ENOSPC
//     back     from here on the wall clock is an hour behind
//   $ABLATE_FAULT_FILE  a file of sizeof(Record) zero bytes, which all processes share (injector.h)
#include "tests/faults/injector.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <string>

namespace {

using ablate::faults::Record;

enum class Verdict { kGoOn, kFail, kHalf };

// What becomes of a call that needs room on the disk; fsync and the like need none.
enum class Room { kNeeds, kNeedsNone };

class Injector {
 public:
  Injector() {
    const char* const fault = getenv("ABLATE_FAULT");
    const char* const file = getenv("ABLATE_FAULT_FILE");
    if (fault == nullptr || file == nullptr) return;
    char role[32] = "", program[4096] = "";
    if (sscanf(fault, "%31[^:]:%31[^:]:%llu", role, action_, &at_) != 3) abort();
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    const bool is_runner = length >= 7 && strcmp(program + length - 7, "/ablate") == 0;
    const bool is_worker =
        !is_runner && (strstr(program, "fake_worker") != nullptr || strstr(program, "ablate-worker") != nullptr);
    is_worker_ = is_worker;
    if (strcmp(role, is_runner ? "runner" : is_worker ? "worker" : "") != 0) return;
    const int descriptor = open(file, O_RDWR | O_CLOEXEC);
    void* const shared = mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (descriptor < 0 || shared == MAP_FAILED) abort();
    close(descriptor);
    record_ = static_cast<Record*>(shared);
  }

  // A worker's standard output is its line to the runner; a runner's is for people.
  bool Counts(int descriptor) const {
    return record_ != nullptr && descriptor != STDERR_FILENO && (descriptor != STDOUT_FILENO || is_worker_);
  }
  bool active() const { return record_ != nullptr; }
  bool ClockIsBack() const { return record_ != nullptr && record_->fired.load() != 0 && Is("back"); }

  Verdict At(const char* call, const char* path, Room room) {
    if (record_ == nullptr) return Verdict::kGoOn;
    const uint64_t number = record_->points.fetch_add(1) + 1;
    if (Is("full")) return Full(number, call, path, room);
    if (number != at_ || Is("count")) return Verdict::kGoOn;
    Fire(call, path);
    const bool writes = strcmp(call, "write") == 0 || strcmp(call, "pwrite") == 0;
    if (Is("kill") || (Is("short") && !writes)) raise(SIGKILL);
    const bool spawns = strcmp(call, "posix_spawn") == 0 || strcmp(call, "fork") == 0;
    if (Is("error")) errno = spawns ? EAGAIN : EIO;
    if (Is("error")) return Verdict::kFail;
    return writes && (Is("short") || Is("part")) ? Verdict::kHalf : Verdict::kGoOn;
  }

  // What is left to do once the call is done.
  void After() {
    if (record_ != nullptr && fired_here_ && (Is("killed") || Is("short"))) raise(SIGKILL);
  }

 private:
  bool Is(const char* action) const { return strcmp(action_, action) == 0; }

  Verdict Full(uint64_t number, const char* call, const char* path, Room room) {
    if (number < at_ || room == Room::kNeedsNone) return Verdict::kGoOn;
    if (record_->fired.load() == 0) Fire(call, path);
    errno = ENOSPC;
    return Verdict::kFail;
  }

  void Fire(const char* call, const char* path) {
    fired_here_ = true;
    snprintf(record_->where, sizeof record_->where, "%s %s", call, path);
    record_->fired.store(1);
  }

  Record* record_ = nullptr;
  char action_[32] = "";
  unsigned long long at_ = 0;
  bool is_worker_ = false, fired_here_ = false;
};

Injector& TheInjector() {
  static Injector injector;
  return injector;
}

template <class Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

std::string PathOf(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), path, sizeof path);
  return length < 0 ? "?" : std::string(path, length);
}

// call(bytes): the write of so many bytes.
template <class Call>
ssize_t Write(const char* name, int descriptor, size_t bytes, Call call) {
  Injector& injector = TheInjector();
  if (!injector.Counts(descriptor)) return call(bytes);
  const std::string path = PathOf(descriptor);
  // A full disk does not close pipes.
  const Room room = path[0] == '/' ? Room::kNeeds : Room::kNeedsNone;
  const Verdict verdict = injector.At(name, path.c_str(), room);
  if (verdict == Verdict::kFail) return -1;
  const ssize_t result = call(verdict == Verdict::kHalf ? (bytes + 1) / 2 : bytes);
  injector.After();
  return result;
}

template <class Call>
int Change(const char* name, const char* path, Room room, Call call) {
  Injector& injector = TheInjector();
  if (!injector.active()) return call();
  if (injector.At(name, path, room) == Verdict::kFail) return -1;
  const int result = call();
  injector.After();
  return result;
}

template <class Call>
int Change(const char* name, int descriptor, Call call) {
  return TheInjector().active() ? Change(name, PathOf(descriptor).c_str(), Room::kNeedsNone, call) : call();
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t bytes) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return Write("write", descriptor, bytes, [&](size_t count) { return real(descriptor, data, count); });
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return Write("pwrite", descriptor, bytes, [&](size_t count) { return real(descriptor, data, count, offset); });
}

ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off64_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Write("pwrite", descriptor, bytes, [&](size_t count) { return real(descriptor, data, count, offset); });
}

int fsync(int descriptor) {
  static const auto real = Real<int (*)(int)>("fsync");
  return Change("fsync", descriptor, [&] { return real(descriptor); });
}

int fdatasync(int descriptor) {
  static const auto real = Real<int (*)(int)>("fdatasync");
  return Change("fdatasync", descriptor, [&] { return real(descriptor); });
}

int ftruncate(int descriptor, off_t bytes) noexcept {
  static const auto real = Real<int (*)(int, off_t)>("ftruncate");
  return Change("ftruncate", descriptor, [&] { return real(descriptor, bytes); });
}

int ftruncate64(int descriptor, off64_t bytes) noexcept {
  static const auto real = Real<int (*)(int, off64_t)>("ftruncate64");
  return Change("ftruncate", descriptor, [&] { return real(descriptor, bytes); });
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = Real<int (*)(const char*, const char*)>("rename");
  return Change("rename", to, Room::kNeedsNone, [&] { return real(from, to); });
}

int unlink(const char* path) noexcept {
  static const auto real = Real<int (*)(const char*)>("unlink");
  return Change("unlink", path, Room::kNeedsNone, [&] { return real(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real = Real<int (*)(const char*, mode_t)>("mkdir");
  const bool changes = access(path, F_OK) != 0;
  return changes ? Change("mkdir", path, Room::kNeeds, [&] { return real(path, mode); }) : real(path, mode);
}

pid_t fork() noexcept {
  static const auto real = Real<pid_t (*)()>("fork");
  return Change("fork", "", Room::kNeedsNone, real);
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
                char* const arguments[], char* const environment[]) {
  static const auto real = Real<decltype(&posix_spawn)>("posix_spawn");
  // The one call here that gives its error back in the place of errno.
  const int result = Change("posix_spawn", path, Room::kNeedsNone, [&] {
    const int error = real(pid, path, actions, attributes, arguments, environment);
    errno = error;
    return error == 0 ? 0 : -1;
  });
  return result == 0 ? 0 : errno;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = Real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, time);
  if (clock == CLOCK_REALTIME && TheInjector().ClockIsBack()) time->tv_sec -= 3600;
  return result;
}

}  // extern "C"
