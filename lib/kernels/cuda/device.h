// The words that kernels share with their emulation on the CPU, for nvcc. (The emulation's: lib/testing/cuda_on_cpu.h.)
#pragma once

#ifndef __CUDACC__
#error "for nvcc; tests include lib/testing/cuda_on_cpu.h before the kernel's source"
#endif

#define SHARED(T, name, count) __shared__ T name[count]
#define LAUNCH(kernel, grid, block, bytes, stream, ...) kernel<<<grid, block, bytes, stream>>>(__VA_ARGS__)

template <class T>
using SharedPointer = T*;
