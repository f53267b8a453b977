// That the plugin opens beside LibTorch and registers its kernels. That needs no GPU.
#include <ATen/core/dispatch/Dispatcher.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "lib/normalizers/entmax_rows.h"

namespace ablate {
namespace {

constexpr char kPlugin[] = "lib/kernels/cuda/libablate_cuda.so";

bool HasKernel(const char* operation) {
  const auto found = c10::Dispatcher::singleton().findSchema({operation, ""});
  return found.has_value() && found->hasKernelForDispatchKey(c10::DispatchKey::CUDA);
}

std::string FolderOfLibTorch() {
  Dl_info info = {};
  dladdr(dlsym(RTLD_DEFAULT, "_ZN3c1010Dispatcher13realSingletonEv"), &info);  // c10::Dispatcher::realSingleton
  const std::string path = info.dli_fname == nullptr ? "" : info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

TEST(CudaPlugin, RegistersItsKernels) {
  if (access(kPlugin, R_OK) != 0) GTEST_SKIP() << "built without nvcc: there is no plugin";
  EXPECT_FALSE(HasKernel("ablate::entmax_rows_forward"));
  const std::string c10_cuda = FolderOfLibTorch() + "/libc10_cuda.so";
  ASSERT_NE(dlopen(c10_cuda.c_str(), RTLD_NOW | RTLD_GLOBAL), nullptr) << dlerror();
  ASSERT_NE(dlopen(kPlugin, RTLD_NOW | RTLD_GLOBAL), nullptr) << dlerror();
  for (const char* operation : {"ablate::entmax_rows_forward", "ablate::entmax_rows_backward", "ablate::fused_rows_forward",
                                "ablate::fused_rows_backward", "ablate::keep_highest_rows_"}) {
    EXPECT_TRUE(HasKernel(operation)) << operation;
  }
}

}  // namespace
}  // namespace ablate
