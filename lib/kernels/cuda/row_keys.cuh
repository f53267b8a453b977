// Where the scores of a row are while its threshold is searched: in registers, in shared memory, or only in global memory.
// Thread r of n has the keys (j n + r) kPack + c, so that neighbouring threads read neighbouring memory.
//
// Each has ForEach and Drop (threshold_search.cuh), ForEachKey (highest_keys.cuh), Keep, which masks all but the highest, and
// Write, which writes map(score) for each key. ForEachKey and Keep come before Drop.
#pragma once

#include "lib/kernels/cuda/row_scores.cuh"

namespace ablate::kernels::cuda {

constexpr int kPack = 4;

// visit(first) for the first key of each of this thread's packs.
template <class Group, class Visit>
__device__ __forceinline__ void ForEachPack(const Group& group, int keys, Visit visit) {
  for (int first = group.rank() * kPack; first < keys; first += Group::kThreads * kPack) visit(first);
}

// kKeys scores in each thread.
template <class Group, class T, int kKeys>
struct RegisterKeys {
  using Number = Real<T>;
  static constexpr int kCount = kKeys < kPack ? kKeys : kPack;
  static size_t SharedBytes(int) { return 0; }

  RowScores<T> scores;
  int rank;
  Number z[kKeys / kCount][kCount];

  __device__ __forceinline__ RegisterKeys(const Group& group, const RowScores<T>& scores) : scores(scores), rank(group.rank()) {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) scores.Read(First(j), z[j]);
  }
  __device__ __forceinline__ int First(int j) const { return (j * Group::kThreads + rank) * kCount; }

  template <class Visit>
  __device__ __forceinline__ void ForEachKey(Visit visit) {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) {
#pragma unroll
      for (int c = 0; c < kCount; ++c) visit(z[j][c], First(j) + c);
    }
  }
  template <class Visit>
  __device__ __forceinline__ void ForEach(Visit visit) {
    ForEachKey([&](Number score, int) { visit(score); });
  }
  __device__ __forceinline__ void Keep(const HighestKeys<Number>& kept) {
    ForEachKey([&](Number& score, int key) {
      if (!kept.Has(score, key)) score = -INFINITY;
    });
  }
  __device__ __forceinline__ void Drop(Number, Number, Number) {}
  template <class Map>
  __device__ __forceinline__ void Write(const Group&, bool packed, T* row, Map map) {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) {
      Number mapped[kCount];
#pragma unroll
      for (int c = 0; c < kCount; ++c) mapped[c] = map(z[j][c]);
      StoreKeys(mapped, First(j), scores.keys, packed, row);
    }
  }
};

// Reads the scores from global memory in each pass: for rows too long for shared memory.
template <class Group, class T>
struct GlobalKeys {
  using Number = Real<T>;
  static size_t SharedBytes(int) { return 0; }

  Group* group;
  RowScores<T> scores;

  __device__ GlobalKeys(Group& group, const RowScores<T>& scores) : group(&group), scores(scores) {}

  template <class Visit>
  __device__ __forceinline__ void ForEachKey(Visit visit) {
    ForEachPack(*group, scores.keys, [&](int first) {
      Number z[kPack];
      scores.Read(first, z);
#pragma unroll
      for (int c = 0; c < kPack; ++c) visit(z[c], first + c);
    });
  }
  template <class Visit>
  __device__ __forceinline__ void ForEach(Visit visit) {
    ForEachKey([&](Number score, int) { visit(score); });
  }
  __device__ void Keep(const HighestKeys<Number>& kept) { scores.kept = kept; }
  __device__ void Drop(Number, Number, Number) {}
  template <class Map>
  __device__ __forceinline__ void Write(const Group& group, bool packed, T* row, Map map) {
    ForEachPack(group, scores.keys, [&](int first) {
      Number z[kPack];
      scores.Read(first, z);
#pragma unroll
      for (int c = 0; c < kPack; ++c) z[c] = map(z[c]);
      StoreKeys(z, first, scores.keys, packed, row);
    });
  }
};

// Keeps the scores in shared memory, each thread its own in a column of slots: no barrier, and what cannot be in the support is
// packed away. Write reads the scores anew.
template <class Group, class T>
struct SharedKeys {
  using Number = Real<T>;
  static size_t SharedBytes(int keys) {
    const int threads = Group::kThreads, packs = (keys + kPack - 1) / kPack;
    return sizeof(Number) * kPack * threads * ((packs + threads - 1) / threads);
  }

  GlobalKeys<Group, T> all;
  SharedPointer<Number> slots;
  int rank, count = 0;

  __device__ SharedKeys(Group& group, const RowScores<T>& scores) : all(group, scores), slots(Slots()), rank(group.rank()) {
    all.ForEachKey([&](Number score, int) { At(count++) = score; });
  }
  __device__ static SharedPointer<Number> Slots() {
    DYNAMIC_SHARED(Number, slots);
    return slots;
  }
  __device__ __forceinline__ decltype(auto) At(int i) { return slots[i * Group::kThreads + rank]; }

  template <class Visit>
  __device__ __forceinline__ void ForEachKey(Visit visit) {
    for (int i = 0; i < count; ++i) visit(At(i), (i / kPack * Group::kThreads + rank) * kPack + i % kPack);
  }
  template <class Visit>
  __device__ __forceinline__ void ForEach(Visit visit) {
    for (int i = 0; i < count; ++i) visit(At(i));
  }
  __device__ void Keep(const HighestKeys<Number>& kept) {
    all.Keep(kept);
    ForEachKey([&](decltype(At(0)) score, int key) {
      if (!kept.Has(score, key)) score = -INFINITY;
    });
  }
  // Not by a comparison with largest - 1/d, which near 1e4 drops keys with weight.
  __device__ void Drop(Number d, Number largest, Number t) {
    int left = 0;
    for (int i = 0; i < count; ++i) {
      const Number score = At(i);
      if (d * (score - largest - t) >= -1) At(left++) = score;
    }
    count = left;
  }
  template <class Map>
  __device__ __forceinline__ void Write(const Group& group, bool packed, T* row, Map map) {
    all.Write(group, packed, row, map);
  }
};

}  // namespace ablate::kernels::cuda
