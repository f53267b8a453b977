// All but the highest scores of each row to -inf, in place: imposed sparsity. One block to a row.
#pragma once

#include "lib/kernels/cuda/row_keys.cuh"

namespace ablate::kernels::cuda {

template <class Group, class T>
__global__ void __launch_bounds__(Group::kBlock) KeepHighestKernel(ForwardRows<T> in, bool packed) {
  using Number = Real<T>;
  SHARED(Number, scratch, Group::kScratch);
  Group group{scratch};
  const long long row = group.row();
  if (row >= in.rows) return;
  GlobalKeys<Group, T> keys(group, RowScores<T>(in, row, packed));
  keys.Keep(FindHighest<Number>(group, keys, in.kept[row]));
  keys.Write(group, packed, in.probabilities + row * in.keys, [](Number score) { return score; });
}

template <class Group, class T>
void LaunchKeepHighest(const ForwardRows<T>& rows, cudaStream_t stream) {
  const long long blocks = (rows.rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock;
  LAUNCH((KeepHighestKernel<Group, T>), static_cast<unsigned>(blocks), Group::kBlock, 0, stream, rows,
         StartsPack(rows.scores, rows.keys));
}

template <class T>
bool KeepHighestRows(T* scores, const int64_t* kept, long long rows, int keys, cudaStream_t stream) {
  if (rows < 1 || rows > kMaxRows || keys < 1 || keys > kMaxKeys) return false;
  ForwardRows<T> in{scores, nullptr, rows, keys, scores};
  in.kept = kept;
  if (keys <= 1024) {
    LaunchKeepHighest<WarpOfRow<Real<T>>>(in, stream);
  } else {
    LaunchKeepHighest<BlockOfRow<Real<T>, 256>>(in, stream);
  }
  return true;
}

}  // namespace ablate::kernels::cuda
