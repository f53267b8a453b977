#include "lib/kernels/cuda/entmax_backward.cuh"
#include "lib/kernels/cuda/entmax_forward.cuh"
#include "lib/kernels/cuda/keep_highest.cuh"

namespace ablate::kernels::cuda {

template bool EntmaxRowsForward(const ForwardRows<__nv_bfloat16>&, cudaStream_t);
template bool EntmaxRowsBackward(const BackwardRows<__nv_bfloat16>&, cudaStream_t);
template bool KeepHighestRows(__nv_bfloat16*, const int64_t*, long long, int, cudaStream_t);

}  // namespace ablate::kernels::cuda
