// Scores to probabilities: one warp to a row of up to 1024 keys, its scores in registers; one block to a longer one, its scores
// in shared memory as far as they fit there.
#pragma once

#include <type_traits>

#include "lib/kernels/cuda/row_keys.cuh"
#include "lib/kernels/cuda/threshold_search.cuh"

namespace ablate::kernels::cuda {

template <class Number>
__device__ void WriteState(const RowState<Number>& state, Number* states, long long row) {
  states[row * kStateSize] = state.largest;
  states[row * kStateSize + 1] = state.t;
  states[row * kStateSize + 2] = state.correction;
}

template <class Group, class Keys, class T>
__global__ void __launch_bounds__(Group::kBlock) ForwardKernel(ForwardRows<T> in, bool packed) {
  using Number = Real<T>;
  SHARED(Number, scratch, Group::kScratch);
  Group group{scratch};
  const long long row = group.row();
  if (row >= in.rows) return;
  T* const probabilities = in.probabilities + row * in.keys;
  const Number d = in.alpha_minus_one[row];
  Keys keys(group, RowScores<T>(in, row, packed));
  if (in.kept != nullptr) keys.Keep(FindHighest<Number>(group, keys, in.kept[row]));

  const Extent<Number> extent = FindLargest<Number>(group, keys);
  RowState<Number> state{extent.largest, 0, 0};
  if (extent.bad || !(d >= 0 && d <= 1)) {
    state.largest = NAN;
    keys.Write(group, packed, probabilities, [](Number) { return Number(NAN); });
  } else if (extent.largest == -INFINITY) {
    keys.Write(group, packed, probabilities, [](Number) { return Number(0); });
  } else {
    WithCurve(d, [&](const auto& curve) {
      state = FindState(group, keys, curve, extent.largest);
      keys.Write(group, packed, probabilities, [&](Number score) { return Probability(curve, score, state); });
    });
  }
  if (in.states != nullptr && group.rank() == 0) WriteState(state, in.states, row);
}

template <class Group, class Keys, class T>
void LaunchForward(const ForwardRows<T>& rows, cudaStream_t stream) {
  const bool packed = StartsPack(rows.scores, rows.keys) && StartsPack(rows.probabilities, rows.keys);
  const size_t bytes = Keys::SharedBytes(rows.keys);
  if (bytes > (48 << 10)) ALLOW_SHARED((ForwardKernel<Group, Keys, T>), static_cast<int>(bytes));
  const long long blocks = (rows.rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock;
  LAUNCH((ForwardKernel<Group, Keys, T>), static_cast<unsigned>(blocks), Group::kBlock, bytes, stream, rows, packed);
}

template <int kKeys, class T>
void LaunchWarpForward(const ForwardRows<T>& rows, cudaStream_t stream) {
  using Group = WarpOfRow<Real<T>>;
  LaunchForward<Group, RegisterKeys<Group, T, kKeys>>(rows, stream);
}

constexpr size_t kMostShared = 96 << 10;  // of a block; GPUs since compute capability 8.6 have 99 KiB, the H200 227

template <class T>
bool EntmaxRowsForward(const ForwardRows<T>& rows, cudaStream_t stream) {
  using Short = BlockOfRow<Real<T>, 256>;
  using Long = BlockOfRow<Real<T>, 1024>;
  if (rows.rows < 1 || rows.rows > kMaxRows || rows.keys < 1 || rows.keys > kMaxKeys) return false;
  if constexpr (std::is_same_v<T, double>) {
    LaunchForward<Short, GlobalKeys<Short, T>>(rows, stream);
  } else if (rows.keys <= 64) {
    LaunchWarpForward<2>(rows, stream);
  } else if (rows.keys <= 128) {
    LaunchWarpForward<4>(rows, stream);
  } else if (rows.keys <= 256) {
    LaunchWarpForward<8>(rows, stream);
  } else if (rows.keys <= 512) {
    LaunchWarpForward<16>(rows, stream);
  } else if (rows.keys <= 1024) {
    LaunchWarpForward<32>(rows, stream);
  } else if (rows.keys <= 4096) {
    LaunchForward<Short, SharedKeys<Short, T>>(rows, stream);
  } else if (SharedKeys<Long, T>::SharedBytes(rows.keys) <= kMostShared) {
    LaunchForward<Long, SharedKeys<Long, T>>(rows, stream);
  } else {
    LaunchForward<Long, GlobalKeys<Long, T>>(rows, stream);
  }
  return true;
}

}  // namespace ablate::kernels::cuda
