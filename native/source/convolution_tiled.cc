// Convolutions by tiles of 2x2 outputs, tiles spread over threads.

#include <omp.h>

#include <algorithm>

#include "convolution.h"
#include "convolution_tiles.h"

namespace cornu {
namespace {

constexpr int64_t kMultiple = 16;       // of channels and filters
constexpr int64_t kLeast = 32;          // of them, for fewer products to pay
constexpr int64_t kLeastTiles = 64;     // for the kernel's turning to pay

const TileRows& ForThisProcessor() {
  static const TileRows& rows =
      __builtin_cpu_supports("avx512f") ? kTileRowsAvx512
      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? kTileRowsAvx2
                                                                         : kTileRowsBase;
  return rows;
}

Tiling TilingOf(const Geometry& geometry) {
  Tiling tiling = {};
  tiling.batch = geometry.inputs.front();
  tiling.channels = geometry.inputs.back();
  tiling.filters = geometry.outputs.back();
  for (int axis = 0; axis < 2; ++axis) {
    tiling.inputs[axis] = geometry.inputs[axis + 1];
    tiling.outputs[axis] = geometry.outputs[axis + 1];
    tiling.before[axis] = geometry.before[axis];
  }
  return tiling;
}

int64_t Threads() { return omp_get_max_threads(); }

// The outputs of all tiles, for a kernel, or one turned round.
void RunAll(const Tiling& tiling, const float* inputs, const float* kernel, bool turned,
            float* outputs) {
  const TileRows& rows = ForThisProcessor();
  const int64_t together = rows.together(tiling), tiles = tiling.Tiles();
  const int64_t parts = (tiles + together - 1) / together, each = rows.scratch_size(tiling);
  const Room packed_room(rows.packed_size(tiling) * sizeof(float));
  const Room scratch_room(Threads() * each * sizeof(float));
  float* packed = static_cast<float*>(packed_room.data());
  float* scratch = static_cast<float*>(scratch_room.data());
#pragma omp parallel
  {
#pragma omp for
    for (int64_t c = 0; c < tiling.channels; ++c) rows.pack(tiling, kernel, turned, c, c + 1, packed);
#pragma omp for
    for (int64_t part = 0; part < parts; ++part) {
      rows.run(tiling, inputs, packed, part * together, std::min((part + 1) * together, tiles),
               outputs, scratch + omp_get_thread_num() * each);
    }
  }
}

}  // namespace

bool IsTiled(const Geometry& geometry) {
  const Dims ones = {1, 1};
  const int64_t channels = geometry.inputs.back(), filters = geometry.outputs.back();
  return geometry.type == DataType::f32 && geometry.strides == ones && geometry.dilation == ones &&
         geometry.kernel[0] == 3 && geometry.kernel[1] == 3 && geometry.kernel[2] == channels &&
         channels % kMultiple == 0 && filters % kMultiple == 0 &&
         std::min(channels, filters) >= kLeast && TilingOf(geometry).Tiles() >= kLeastTiles;
}

void RunTiled(const Geometry& geometry, const float* inputs, const float* kernel, const float* bias,
              bool relu, float* outputs) {
  Tiling tiling = TilingOf(geometry);
  tiling.bias = bias;
  tiling.relu = relu;
  RunAll(tiling, inputs, kernel, false, outputs);
}

void RunTiledInputGradient(const Geometry& geometry, const float* outputs, const float* kernel,
                           float* inputs) {
  Tiling tiling = TilingOf(geometry);
  std::swap(tiling.channels, tiling.filters);
  std::swap(tiling.inputs, tiling.outputs);
  for (int64_t& before : tiling.before) before = 2 - before;
  RunAll(tiling, outputs, kernel, true, inputs);
}

void RunTiledKernelGradient(const Geometry& geometry, const float* inputs, const float* outputs,
                            float* kernel, float* bias) {
  const TileRows& rows = ForThisProcessor();
  const Tiling tiling = TilingOf(geometry);
  const int64_t together = rows.together(tiling), tiles = tiling.Tiles();
  const int64_t pieces = (tiles + together - 1) / together;
  const int64_t parts = std::min(Threads(), pieces);
  const int64_t sums_size = rows.sums_size(tiling), scratch_size = rows.scratch_size(tiling);
  const Room room(parts * (sums_size + scratch_size + tiling.filters) * sizeof(float));
  float* sums = static_cast<float*>(room.data());
  float* scratch = sums + parts * sums_size;
  float* biases = scratch + parts * scratch_size;
#pragma omp parallel num_threads(parts)
  {
#pragma omp for schedule(static, 1)
    for (int64_t part = 0; part < parts; ++part) {
      float* own = bias == nullptr ? nullptr : biases + part * tiling.filters;
      std::fill_n(sums + part * sums_size, sums_size, 0.0f);
      std::fill_n(biases + part * tiling.filters, tiling.filters, 0.0f);
      for (int64_t i = pieces * part / parts; i < pieces * (part + 1) / parts; ++i) {
        rows.add(tiling, inputs, outputs, i * together, std::min((i + 1) * together, tiles),
                 sums + part * sums_size, own, scratch + part * scratch_size);
      }
    }
#pragma omp for
    for (int64_t c = 0; c < tiling.channels; ++c) rows.finish(tiling, sums, parts, c, c + 1, kernel);
  }
  for (int64_t f = 0; bias != nullptr && f < tiling.filters; ++f) {
    bias[f] = 0.0f;
    for (int64_t part = 0; part < parts; ++part) bias[f] += biases[part * tiling.filters + f];
  }
}

}  // namespace cornu
