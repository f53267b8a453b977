// The words that kernels share with their emulation on the CPU, for nvcc. (The emulation's: lib/testing/cuda_on_cpu.h.)
#pragma once

#ifndef __CUDACC__
#error "for nvcc; tests include lib/testing/cuda_on_cpu.h before the kernel's source"
#endif

#include <cuda_bf16.h>

#define SHARED(T, name, count) __shared__ T name[count]
#define DYNAMIC_SHARED(T, name)                                 \
  extern __shared__ __align__(16) unsigned char name##_bytes[]; \
  T* const name = reinterpret_cast<T*>(name##_bytes)
#define LAUNCH(kernel, grid, block, bytes, stream, ...) kernel<<<grid, block, bytes, stream>>>(__VA_ARGS__)
// Before a launch with more than 48 KiB of dynamic shared memory; no synchronisation.
#define ALLOW_SHARED(kernel, bytes) cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes)

template <class T>
using SharedPointer = T*;
