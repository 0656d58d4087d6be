// Convolutions with a window of 3x3 and steps of 1, four outputs at once from 16 products instead of
// 36 (Lavin & Gray 2016, after Winograd 1980), in the vector instructions of one kind of processor. As
// for recurrence_rows.h, nothing of the C++ library may be used in it.

#ifndef CORNU_NATIVE_CONVOLUTION_TILES_H_
#define CORNU_NATIVE_CONVOLUTION_TILES_H_

#include <cstdint>

namespace cornu {

// Images (batch, inputs, channels) and (batch, outputs, filters), outputs in tiles of 2x2.
struct Tiling {
  int64_t batch, channels, filters;  // multiples of 16
  int64_t inputs[2], outputs[2], before[2];
  const float* bias;  // of filters, or null
  bool relu;

  int64_t Tall() const { return (outputs[0] + 1) / 2; }
  int64_t Wide() const { return (outputs[1] + 1) / 2; }
  int64_t Tiles() const { return batch * Tall() * Wide(); }
};

struct TileRows {
  // How many tiles to take together.
  int64_t (*together)(const Tiling& tiling);
  // Numbers in a kernel as the products read it; in the sums of its gradient; in a thread's scratch.
  int64_t (*packed_size)(const Tiling& tiling);
  int64_t (*sums_size)(const Tiling& tiling);
  int64_t (*scratch_size)(const Tiling& tiling);
  // Packs some channels of a kernel (3, 3, channels, filters); if `turned`, of one (3, 3, filters,
  // channels) turned round, for the gradient by the inputs.
  void (*pack)(const Tiling& tiling, const float* kernel, bool turned, int64_t first, int64_t last,
               float* packed);
  // The outputs of some tiles.
  void (*run)(const Tiling& tiling, const float* inputs, const float* packed, int64_t first,
              int64_t last, float* outputs, float* scratch);
  // Adds what some tiles contribute to the gradient by the kernel, and that by the bias if not null.
  void (*add)(const Tiling& tiling, const float* inputs, const float* changes, int64_t first,
              int64_t last, float* sums, float* bias, float* scratch);
  // Adds up `parts` sums, and writes some channels of the gradient.
  void (*finish)(const Tiling& tiling, const float* sums, int64_t parts, int64_t first, int64_t last,
                 float* gradient);
};

extern const TileRows kTileRowsBase, kTileRowsAvx2, kTileRowsAvx512;

}  // namespace cornu

#endif  // CORNU_NATIVE_CONVOLUTION_TILES_H_
