#include "runner/devices/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "runner/devices/cpu.h"
#include "runner/devices/cuda.h"
#include "runner/devices/inventory.h"
#include "runner/devices/memory.h"
#include "runner/devices/slots.h"

namespace ablate::runner {
namespace {

using Names = std::vector<std::string>;

std::string FakeNvml() { return std::string(std::getenv("TEST_SRCDIR")) + "/ablate/tests/runner/devices/libfake_nvml.so"; }

Names Uuids(const char* visible) {
  const auto devices = ListCudaDevices(visible, FakeNvml());
  EXPECT_TRUE(devices.ok()) << devices.status();
  Names uuids;
  for (const CudaDevice& device : *devices) uuids.push_back(device.device + " " + device.uuid);
  return uuids;
}

TEST(CudaDevices, AreListedWithNameUuidAndMemory) {
  const auto devices = ListCudaDevices(nullptr, FakeNvml());
  ASSERT_TRUE(devices.ok()) << devices.status();
  ASSERT_EQ(devices->size(), 2u);
  EXPECT_EQ((*devices)[1].device, "cuda:1");
  EXPECT_EQ((*devices)[1].name, "Fake 141");
  EXPECT_EQ((*devices)[1].memory_bytes, 141ull << 30);
  EXPECT_EQ((*devices)[1].free_bytes, (141ull << 30) / 4);
  EXPECT_TRUE((*devices)[0].processes.empty());
  ASSERT_EQ((*devices)[1].processes.size(), 1u);
  EXPECT_EQ((*devices)[1].processes[0].pid, 1u);
  EXPECT_EQ((*devices)[1].processes[0].bytes, 30ull << 30);
  EXPECT_NE((*devices)[1].processes[0].program, "");  // process 1 is always there
}

TEST(CudaDevices, OfAProcessNotSeenFromHereOnlyItsNumberIsKnown) {
  const auto devices = ListCudaDevices("MIG-cccc", FakeNvml());
  ASSERT_TRUE(devices.ok()) << devices.status();
  ASSERT_EQ((*devices)[0].processes.size(), 1u);
  EXPECT_EQ((*devices)[0].processes[0].bytes, 0u);
  EXPECT_EQ((*devices)[0].processes[0].program, "");
}

TEST(CudaDevices, FollowCudaVisibleDevices) {
  EXPECT_EQ(Uuids("1,0"), (Names{"cuda:0 GPU-abbb-2", "cuda:1 GPU-aaaa-1"}));
  EXPECT_EQ(Uuids(" 1"), (Names{"cuda:0 GPU-abbb-2"}));
  EXPECT_EQ(Uuids("GPU-ab"), (Names{"cuda:0 GPU-abbb-2"}));
  EXPECT_EQ(Uuids("MIG-cccc,0"), (Names{"cuda:0 MIG-cccc", "cuda:1 GPU-aaaa-1"}));
  EXPECT_EQ(Uuids("0,7,1"), (Names{"cuda:0 GPU-aaaa-1"}));  // CUDA's rule: what names no device ends the list
  EXPECT_EQ(Uuids(""), Names{});
  EXPECT_EQ(Uuids("-1"), Names{});
  EXPECT_EQ(Uuids("MIG-none"), Names{});
}

TEST(CudaDevices, WithoutADriverThereAreNone) {
  EXPECT_EQ(ListCudaDevices(nullptr, "libno_such_driver.so.1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ListCudaDevices(nullptr, "libz.so.1").status().code(), absl::StatusCode::kInternal);  // a library, but not NVML
}

Machine With(uint32_t cores, uint32_t gpus, bool kernels) {
  Machine machine;
  machine.cores = cores;
  machine.cuda_devices = [gpus]() -> absl::StatusOr<std::vector<CudaDevice>> {
    if (gpus == 0) return absl::NotFoundError("no NVIDIA driver");
    std::vector<CudaDevice> devices(gpus);
    for (uint32_t i = 0; i < gpus; ++i) devices[i].device = "cuda:" + std::to_string(i);
    return devices;
  };
  machine.worker_has_cuda = [kernels] { return kernels; };
  return machine;
}

// The slots for one trial.
Names Slots(const std::string& words, const Machine& machine) {
  const auto devices = DevicesFor(words, machine);
  if (!devices.ok()) return {std::string(devices.status().message())};
  Names names;
  for (const Slot& slot : SlotsOn(devices->inventory, {})) names.push_back(slot.device);
  return names;
}

TEST(DevicesFor, TakesWhatThereIs) {
  EXPECT_EQ(Slots("auto", With(3, 0, false)), (Names{"cpu", "cpu", "cpu"}));
  EXPECT_EQ(Slots("auto", With(3, 2, true)), (Names{"cuda:0", "cuda:1"}));
  EXPECT_EQ(Slots("auto", With(1, 2, false)), (Names{"cpu"}));
  EXPECT_EQ(DevicesFor("auto", With(1, 0, false))->remark, "");
  EXPECT_NE(DevicesFor("auto", With(1, 2, false))->remark, "");
  EXPECT_EQ(Slots("cpu", With(2, 2, true)), (Names{"cpu", "cpu"}));
  EXPECT_EQ(Slots("cpu:3", With(2, 0, true)), (Names{"cpu", "cpu", "cpu"}));
  EXPECT_EQ(Slots("cuda", With(2, 1, true)), (Names{"cuda:0"}));
  EXPECT_EQ(Slots("cuda:2,0", With(2, 3, true)), (Names{"cuda:2", "cuda:0"}));
}

TEST(DevicesFor, SaysWhatIsWrong) {
  for (const char* words : {"", "gpu", "cpu:0", "cpu:1025", "cpu:x", "cuda:", "cuda:a", "cuda:0,", "cuda:0,0", "cpu,cuda:0"}) {
    EXPECT_EQ(DevicesFor(words, With(2, 1, true)).status().code(), absl::StatusCode::kInvalidArgument) << words;
  }
  EXPECT_EQ(Slots("cuda:5", With(2, 2, true)), (Names{"no device cuda:5; there are cuda:0, cuda:1"}));
  EXPECT_EQ(DevicesFor("cuda", With(2, 0, true)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(DevicesFor("cuda", With(2, 1, false)).status().code(), absl::StatusCode::kNotFound);
}

constexpr char kEightGpus[] = R"(
host_cores: 64
device { device: "cuda:0" memory_bytes: 80000000000 }
device { device: "cuda:1" memory_bytes: 80000000000 free_bytes: 40000000000 process { pid: 7 bytes: 40000000000 } }
device { device: "cuda:2" memory_bytes: 80000000000 }
device { device: "cuda:3" memory_bytes: 80000000000 }
device { device: "cuda:4" memory_bytes: 80000000000 }
device { device: "cuda:5" memory_bytes: 80000000000 }
device { device: "cuda:6" memory_bytes: 80000000000 }
device { device: "cuda:7" memory_bytes: 80000000000 }
)";

TEST(Inventory, OfEightPretendedGpusGivesSlots) {
  const auto eight = ParseInventory(kEightGpus, "eight.textproto");
  ASSERT_TRUE(eight.ok()) << eight.status();
  const auto count = [&](const Demand& demand) { return SlotsOn(*eight, demand).size(); };
  EXPECT_EQ(count({1, 8, 0, 4}), 8u);
  EXPECT_EQ(count({64, 8, 0, 4}), 8u);   // one full array each
  EXPECT_EQ(count({65, 8, 0, 4}), 16u);  // a trial would wait: two workers each
  EXPECT_EQ(count({9999, 8, 0, 4}), 32u);
  EXPECT_EQ(count({9999, 8, 0, 1}), 8u);
  // The second device has 36 GB to use: two shares of 18 GB less a context hold eight trials of 2 GB, three shares don't.
  EXPECT_EQ(count({9999, 8, 2'000'000'000, 4}), 16u);
  EXPECT_EQ(count({9999, 8, 5'000'000'000, 4}), 8u);  // not even one: fewer trials in an array, not fewer slots
  const std::vector<Slot> slots = SlotsOn(*eight, {9999, 8, 2'000'000'000, 4});
  EXPECT_EQ(slots[1].device, "cuda:1");
  EXPECT_EQ(slots[1].memory_bytes, 18'000'000'000 - kContextBytes);
  EXPECT_EQ(slots[8].device, "cuda:0");
}

TEST(Inventory, CoresOfTheHostBoundWorkers) {
  const auto few = ParseInventory("host_cores: 6 device { device: \"cuda:0\" } device { device: \"cuda:1\" }", "few");
  ASSERT_TRUE(few.ok()) << few.status();
  EXPECT_EQ(SlotsOn(*few, {9999, 8, 0, 4}).size(), 6u);
}

TEST(Inventory, CpuSlotsShareItsMemory) {
  const auto cpu = ParseInventory("device { device: \"cpu\" cores: 4 memory_bytes: 16000000000 }", "cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.status();
  const std::vector<Slot> slots = SlotsOn(*cpu, {});
  ASSERT_EQ(slots.size(), 4u);
  EXPECT_EQ(slots[3].memory_bytes, 3'600'000'000 - kWorkerBytes);
}

TEST(Inventory, SaysAllThatIsWrong) {
  const auto broken = ParseInventory(R"(device { device: "gpu" }
device { device: "cpu" cores: 0 }
device { device: "cpu" memory_bytes: 5 free_bytes: 6 }
device { }
)",
                                     "broken.textproto");
  ASSERT_EQ(broken.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(broken.status().message());
  for (const char* part : {"broken.textproto:1:18: device is \"gpu\"", "broken.textproto:2:31: cores is 0; allowed: a whole",
                           "broken.textproto:3:18: device \"cpu\" is named twice", "free_bytes is 6; allowed: at most",
                           "broken.textproto:4:1: device.device is missing"}) {
    EXPECT_THAT(message, testing::HasSubstr(part));
  }
  EXPECT_EQ(ParseInventory("", "empty").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseInventory("devise {}", "typo").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadInventory("/no/such/file.textproto").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(IsInventoryPath("eight.textproto") && IsInventoryPath("./eight"));
  EXPECT_FALSE(IsInventoryPath("cuda:0,1") || IsInventoryPath("auto"));
}

// A folder that stands for "/".
class ControlGroup : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& content) {
    ASSERT_TRUE(MakeFolders(ParentFolder(root_ + path)).ok());
    ASSERT_TRUE(WriteFileAtomically(root_ + path, content).ok());
  }
  const std::string root_ = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ControlGroup, Version2TakesTheSmallestQuotaOnTheWayUp) {
  Write("/proc/self/cgroup", "0::/a/b\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 0u);
  Write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 0u);
  Write("/sys/fs/cgroup/a/cpu.max", "350000 100000\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 3u);
  Write("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 1u);
}

TEST_F(ControlGroup, Version1AlsoInsideAContainer) {
  Write("/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/not/visible/here\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 2u);
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(QuotaOfControlGroup(root_), 0u);
}

TEST_F(ControlGroup, NonsenseIsNoQuota) {
  EXPECT_EQ(QuotaOfControlGroup(root_), 0u);
  Write("/proc/self/cgroup", "0::/\nnonsense\n::\n");
  Write("/sys/fs/cgroup/cpu.max", "abc");
  EXPECT_EQ(QuotaOfControlGroup(root_), 0u);
}

TEST_F(ControlGroup, MemoryIsWhatTheTightestGroupLeaves) {
  EXPECT_EQ(AvailableMemory(root_), 0u);
  Write("/proc/meminfo", "MemTotal:       9000 kB\nMemAvailable:   8000 kB\n");
  EXPECT_EQ(AvailableMemory(root_), 8000u * 1024);
  Write("/proc/self/cgroup", "0::/a/b\n");
  Write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  Write("/sys/fs/cgroup/a/b/memory.current", "1000\n");
  EXPECT_EQ(AvailableMemory(root_), 8000u * 1024);
  Write("/sys/fs/cgroup/a/memory.max", "5000\n");
  Write("/sys/fs/cgroup/a/memory.current", "3000\n");
  EXPECT_EQ(AvailableMemory(root_), 2000u);
  Write("/sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 600\n");
  EXPECT_EQ(AvailableMemory(root_), 2600u);  // pages of files are given back when needed
}

TEST(UsableCores, FollowsTheAffinityMask) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &before) && CPU_COUNT(&one) == 0) CPU_SET(core, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(UsableCores(), 1u);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_LE(UsableCores(), static_cast<uint32_t>(CPU_COUNT(&before)));
}

}  // namespace
}  // namespace ablate::runner
