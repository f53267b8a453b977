#include "lib/kernels/cuda/entmax_backward.cuh"
#include "lib/kernels/cuda/entmax_forward.cuh"
#include "lib/kernels/cuda/keep_highest.cuh"

namespace ablate::kernels::cuda {

template bool EntmaxRowsForward(const ForwardRows<float>&, cudaStream_t);
template bool EntmaxRowsBackward(const BackwardRows<float>&, cudaStream_t);
template bool KeepHighestRows(float*, const int64_t*, long long, int, cudaStream_t);

}  // namespace ablate::kernels::cuda
