// The GPU of this machine, for tests and benchmarks that are skipped where there is none.
#pragma once

#include <string>

namespace ablate::gpu {

// Opens libtorch_cuda.so and our plugin, once. Empty if there is a GPU to work with, else the reason why there is none.
const std::string& WhyNoGpu();

}  // namespace ablate::gpu
