// Layer normalization of some rows, in the vector instructions of one kind of processor. As for
// recurrence_rows.h, nothing of the C++ library may be used in it.

#ifndef CORNU_NATIVE_NORMALIZATION_ROWS_H_
#define CORNU_NATIVE_NORMALIZATION_ROWS_H_

#include <cstdint>

namespace cornu {

struct NormalizationRows {
  // Each row with mean 0 and variance 1 (`epsilon` added), times `gamma`, plus `beta`.
  void (*values)(const float* x, const float* gamma, const float* beta, int64_t rows,
                 int64_t columns, float epsilon, float* outputs);
  // From gradients by the outputs to gradients by `x`; those by `gamma` and `beta` are added to.
  void (*gradient)(const float* changes, const float* x, const float* gamma, int64_t rows,
                   int64_t columns, float epsilon, float* by_x, float* by_gamma, float* by_beta);
};

extern const NormalizationRows kNormalizationBase, kNormalizationAvx2, kNormalizationAvx512;

}  // namespace cornu

#endif  // CORNU_NATIVE_NORMALIZATION_ROWS_H_
