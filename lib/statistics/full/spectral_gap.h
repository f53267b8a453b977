// How well a graph of connections mixes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ablate::statistics {

// 1 - second singular value of D_out^{-1/2} A D_in^{-1/2}, [0, 1], A [rows, columns] of 0 and 1, empty rows and columns left
// out; 0 exactly where the bipartite graph of rows and columns falls apart, 1 where it is complete. The eigenvalues of D^{-1} A
// say less: those of a causal band are 1, 1/2, 1/3, ... whatever its width. 1 where fewer than two rows or columns are left.
double SpectralGap(const std::vector<uint8_t>& connections, size_t rows, size_t columns);

}  // namespace ablate::statistics
