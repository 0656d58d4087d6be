// Convolutions as all routines for them see them.

#ifndef CORNU_NATIVE_CONVOLUTION_H_
#define CORNU_NATIVE_CONVOLUTION_H_

#include "common.h"

namespace cornu {

// Of the convolution itself, for its gradients too.
struct Geometry {
  DataType type;
  Dims inputs, kernel, outputs;  // shapes
  Dims strides, dilation, before;  // for each spatial axis
  bool biased = false;
};

// Whether the routines for tiles of 2x2 outputs do it, and faster than others.
bool IsTiled(const Geometry& geometry);

// They take a bias, or null.
void RunTiled(const Geometry& geometry, const float* inputs, const float* kernel, const float* bias,
              bool relu, float* outputs);
void RunTiledInputGradient(const Geometry& geometry, const float* outputs, const float* kernel,
                           float* inputs);
void RunTiledKernelGradient(const Geometry& geometry, const float* inputs, const float* outputs,
                            float* kernel, float* bias);

}  // namespace cornu

#endif  // CORNU_NATIVE_CONVOLUTION_H_
