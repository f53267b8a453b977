// The archive for machines with a GPU, unpacked in an empty folder of one that has none: it says so, and starts nothing else.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int code;
  std::string output;
};

Outcome Shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, count);
  return {WEXITSTATUS(pclose(pipe)), output};
}

class Bundle : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("bundle_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    const Outcome unpacked = Shell("tar -C " + folder_.string() + " -xzf tests/gpu/ablate-gpu.tar.gz");
    ASSERT_EQ(unpacked.code, 0) << unpacked.output;
    if (!fs::exists(folder_ / "ablate-gpu/lib/ablate/libablate_cuda.so"))
      GTEST_SKIP() << "built without nvcc: no kernels inside";
  }
  void TearDown() override { fs::remove_all(folder_); }

  // With no GPU to be seen, wherever the test runs.
  Outcome RunScript(const std::string& python) {
    return Shell("cd / && env -u LD_LIBRARY_PATH CUDA_VISIBLE_DEVICES= PYTHON=" + python + " " +
                 (folder_ / "ablate-gpu/run").string());
  }

  fs::path folder_;
};

TEST_F(Bundle, SaysThatThereIsNoGpu) {
  const char* python = std::getenv("ABLATE_PYTHON");
  if (python == nullptr || *python == '\0') GTEST_SKIP() << "ABLATE_PYTHON is not set";
  const Outcome run = RunScript(python);
  EXPECT_EQ(run.code, 2) << run.output;
  EXPECT_NE(run.output.find("no GPU here: nothing was tested or measured"), std::string::npos) << run.output;
  EXPECT_EQ(run.output.find("Kernels against the reference"), std::string::npos) << run.output;
  std::ifstream results(folder_ / "ablate-gpu/results.txt");
  std::stringstream kept;
  kept << results.rdbuf();
  EXPECT_EQ(kept.str(), run.output);
}

TEST_F(Bundle, SaysThatThereIsNoTorch) {
  const Outcome run = RunScript("/bin/false");
  EXPECT_EQ(run.code, 3) << run.output;
  EXPECT_NE(run.output.find("no torch in /bin/false: nothing was tested"), std::string::npos) << run.output;
}

TEST_F(Bundle, HasWhatItsProgramsLoad) {
  for (const char* name : {"bin/ablate", "bin/ablate-worker", "bin/kernels_gpu_test", "bin/normalizers_gpu_benchmark",
                           "lib/libfmt.so.9", "lib/libstdc++.so.6", "experiments/quickstart.textproto", "README.md"}) {
    EXPECT_TRUE(fs::exists(folder_ / "ablate-gpu" / name)) << name;
  }
}

}  // namespace
