#include "runner/devices/devices.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "runner/devices/cpu.h"
#include "runner/devices/cuda.h"

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

Names Slots(const std::string& devices, const Machine& machine) {
  const auto slots = SlotsFor(devices, machine);
  return slots.ok() ? slots->devices : Names{std::string(slots.status().message())};
}

TEST(SlotsFor, TakesWhatThereIs) {
  EXPECT_EQ(Slots("auto", With(3, 0, false)), (Names{"cpu", "cpu", "cpu"}));
  EXPECT_EQ(Slots("auto", With(3, 2, true)), (Names{"cuda:0", "cuda:1"}));
  EXPECT_EQ(Slots("auto", With(1, 2, false)), (Names{"cpu"}));
  EXPECT_EQ(SlotsFor("auto", With(1, 0, false))->remark, "");
  EXPECT_NE(SlotsFor("auto", With(1, 2, false))->remark, "");
  EXPECT_EQ(Slots("cpu", With(2, 2, true)), (Names{"cpu", "cpu"}));
  EXPECT_EQ(Slots("cpu:3", With(2, 0, true)), (Names{"cpu", "cpu", "cpu"}));
  EXPECT_EQ(Slots("cuda", With(2, 1, true)), (Names{"cuda:0"}));
  EXPECT_EQ(Slots("cuda:2,0", With(2, 3, true)), (Names{"cuda:2", "cuda:0"}));
}

TEST(SlotsFor, SaysWhatIsWrong) {
  for (const char* words : {"", "gpu", "cpu:0", "cpu:1025", "cpu:x", "cuda:", "cuda:a", "cuda:0,", "cuda:0,0", "cpu,cuda:0"}) {
    EXPECT_EQ(SlotsFor(words, With(2, 1, true)).status().code(), absl::StatusCode::kInvalidArgument) << words;
  }
  EXPECT_EQ(Slots("cuda:5", With(2, 2, true)), (Names{"no device cuda:5; there are cuda:0, cuda:1"}));
  EXPECT_EQ(SlotsFor("cuda", With(2, 0, true)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SlotsFor("cuda", With(2, 1, false)).status().code(), absl::StatusCode::kNotFound);
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
