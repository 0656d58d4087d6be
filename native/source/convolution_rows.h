// The gradient of a convolution by its kernel, for part of the outputs, in the vector instructions
// of one kind of processor. As for recurrence_rows.h, nothing of the C++ library may be used in it.

#ifndef CORNU_NATIVE_CONVOLUTION_ROWS_H_
#define CORNU_NATIVE_CONVOLUTION_ROWS_H_

#include <cstdint>

namespace cornu {

// A convolution of one group over three spatial axes; those that are not there have size 1.
struct Shape {
  int64_t batch, channels, filters;
  int64_t inputs[3], outputs[3], window[3], strides[3], dilation[3], before[3];
};

struct KernelGradientRows {
  // Outputs are taken in pieces, some rows of an image each: how many there are.
  int64_t (*pieces)(const Shape& shape);
  // Numbers in the sums, which stand in an order of their own, and in the scratch of a thread.
  int64_t (*sums_size)(const Shape& shape);
  int64_t (*scratch_size)(const Shape& shape);
  // Adds what one piece contributes, also to the sums of a bias (filters, and room for a multiple of
  // 32 of them) unless that is null.
  void (*add)(const Shape& shape, const float* inputs, const float* changes, int64_t piece,
              float* sums, float* scratch, float* bias);
  // Adds up `parts` sums, and writes the filters of one place in the window, (channels, filters).
  void (*finish)(const Shape& shape, const float* sums, int64_t parts, int64_t place,
                 float* gradient);
};

extern const KernelGradientRows kKernelGradientBase, kKernelGradientAvx2, kKernelGradientAvx512;

}  // namespace cornu

#endif  // CORNU_NATIVE_CONVOLUTION_ROWS_H_
