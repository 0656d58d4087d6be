#include "convolution_tiles.h"

#include <cstring>

#include "vectors.h"

namespace cornu {
namespace {

constexpr int kSums = kBlock * kPanel;  // numbers in such sums
constexpr int kPlaces = 16;             // of a tile's inputs, turned into factors of products
constexpr int kRest = 16;               // numbers between rows, so that they differ in their place
                                        // in the cache

int64_t Together(const Tiling& tiling) { return tiling.channels + tiling.filters > 192 ? 24 : 48; }

int64_t Panels(const Tiling& tiling) { return Parts(tiling.filters, kPanel); }

int64_t PackedSize(const Tiling& tiling) {
  return kPlaces * Panels(tiling) * tiling.channels * kPanel;
}

int64_t SumsSize(const Tiling& tiling) {
  return kPlaces * Parts(tiling.channels, kBlock) * Panels(tiling) * kSums;
}

// In the scratch: zeros, then factors by place and tile, then products by place, panel and tile.
int64_t RowStep(const Tiling& tiling) { return tiling.channels + kRest; }
int64_t FactorsStep(const Tiling& tiling) { return Together(tiling) * RowStep(tiling); }
int64_t ProductsStep(const Tiling& tiling) { return Panels(tiling) * Together(tiling) * kPanel; }

int64_t ScratchSize(const Tiling& tiling) {
  const int64_t widest = tiling.channels > tiling.filters ? tiling.channels : tiling.filters;
  return widest + kPlaces * (FactorsStep(tiling) + ProductsStep(tiling));
}

// Where a tile begins in an image of `sizes`, and where its `kSide` x `kSide` places are; those
// outside are at `nothing`.
template <int kSide>
CORNU_INLINE void Place(const Tiling& tiling, int64_t tile, const int64_t* sizes,
                        const int64_t* before, int64_t channels, const float* data,
                        const float* nothing, const float** places) {
  const int64_t wide = tiling.Wide(), tall = tiling.Tall();
  const int64_t column = tile % wide * 2 - before[1], row = tile / wide % tall * 2 - before[0];
  const float* image = data + tile / wide / tall * sizes[0] * sizes[1] * channels;
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      const int64_t y = row + i, x = column + j;
      const bool inside = y >= 0 && y < sizes[0] && x >= 0 && x < sizes[1];
      places[i * kSide + j] = inside ? image + (y * sizes[1] + x) * channels : nothing;
    }
  }
}

CORNU_INLINE void TurnInputs(const Vector* d, int step, Vector* to) {
  to[0] = d[0] - d[2 * step];
  to[step] = d[step] + d[2 * step];
  to[2 * step] = d[2 * step] - d[step];
  to[3 * step] = d[step] - d[3 * step];
}

// The factors of one tile, those of each place `step` apart.
void Factors(const float* const* places, int64_t channels, float* to, int64_t step) {
  for (int64_t c = 0; c < channels; c += kWidth) {
    Vector d[kPlaces], half[kPlaces], full[kPlaces];
    for (int i = 0; i < kPlaces; ++i) d[i] = Load(places[i] + c);
    for (int i = 0; i < 4; ++i) TurnInputs(d + i, 4, half + i);
    for (int i = 0; i < 4; ++i) TurnInputs(half + 4 * i, 1, full + 4 * i);
    for (int i = 0; i < kPlaces; ++i) Store(to + i * step + c, full[i]);
  }
}

// Factors of some tiles, and of nothing up to a multiple of the block.
void AllFactors(const Tiling& tiling, const float* inputs, int64_t first, int64_t last,
                const float* nothing, float* to) {
  const float* places[kPlaces];
  const int64_t row = RowStep(tiling), step = FactorsStep(tiling);
  for (int64_t tile = first; tile < last; ++tile, to += row) {
    Place<4>(tiling, tile, tiling.inputs, tiling.before, tiling.channels, inputs, nothing, places);
    Factors(places, tiling.channels, to, step);
    for (int i = 0; i < kPlaces; ++i) memset(to + i * step + tiling.channels, 0, 4 * kRest);
  }
  const int64_t rest = Parts(last - first, kBlock) * kBlock - (last - first);
  for (int i = 0; i < kPlaces; ++i) memset(to + i * step, 0, rest * row * sizeof(float));
}

// Products of one block of tiles and one panel.
CORNU_INLINE void Multiply(const float* factors, int64_t row_step, const float* panel, int64_t depth,
                           float* products) {
  Vector total[kBlock][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Vector left = Load(panel + k * kPanel), right = Load(panel + k * kPanel + kWidth);
    for (int row = 0; row < kBlock; ++row) {
      const float item = factors[row * row_step + k];
      total[row][0] += item * left;
      total[row][1] += item * right;
    }
  }
  for (int row = 0; row < kBlock; ++row) {
    Store(products + row * kPanel, total[row][0]);
    Store(products + row * kPanel + kWidth, total[row][1]);
  }
}

struct Target {
  float* places[4];  // of a tile's outputs; null outside of the image
};

Target TargetOf(const Tiling& tiling, int64_t tile, float* outputs) {
  static constexpr int64_t kNone[2] = {0, 0};
  const float* places[4];
  Place<2>(tiling, tile, tiling.outputs, kNone, tiling.filters, outputs, nullptr, places);
  Target target;
  for (int i = 0; i < 4; ++i) target.places[i] = const_cast<float*>(places[i]);
  return target;
}

CORNU_INLINE void TurnProducts(const Vector* m, int step, Vector* to, int to_step) {
  to[0] = m[0] + m[step] + m[2 * step];
  to[to_step] = m[step] - m[2 * step] - m[3 * step];
}

CORNU_INLINE Vector Finished(Vector value, const Tiling& tiling, int64_t filter) {
  if (tiling.bias != nullptr) value += Load(tiling.bias + filter);
  return tiling.relu ? (value <= 0.0f ? Vector{} : value) : value;  // NaN stays
}

// Outputs of one tile from its products, those of each place `step` apart, of each panel `panel`.
void Outputs(const Tiling& tiling, const float* products, int64_t step, int64_t panel,
             const Target& target) {
  for (int64_t f = 0; f < tiling.filters; f += kWidth) {
    const float* from = products + f / kPanel * panel + f % kPanel;
    Vector m[kPlaces], half[8], y[4];
    for (int i = 0; i < kPlaces; ++i) m[i] = Load(from + i * step);
    for (int i = 0; i < 4; ++i) TurnProducts(m + i, 4, half + i, 4);
    for (int i = 0; i < 2; ++i) TurnProducts(half + 4 * i, 1, y + 2 * i, 1);
    for (int i = 0; i < 4; ++i) {
      if (target.places[i] != nullptr) Store(target.places[i] + f, Finished(y[i], tiling, f));
    }
  }
}

void Run(const Tiling& tiling, const float* inputs, const float* packed, int64_t first, int64_t last,
         float* outputs, float* scratch) {
  const int64_t together = Together(tiling), panels = Panels(tiling), row = RowStep(tiling);
  float* factors = scratch + ScratchSize(tiling) -
                   kPlaces * (FactorsStep(tiling) + ProductsStep(tiling));
  float* products = factors + kPlaces * FactorsStep(tiling);
  memset(scratch, 0, (factors - scratch) * sizeof(float));
  AllFactors(tiling, inputs, first, last, scratch, factors);
  for (int64_t i = 0; i < kPlaces; ++i) {
    for (int64_t panel = 0; panel < panels; ++panel) {
      const float* from = packed + (i * panels + panel) * tiling.channels * kPanel;
      float* to = products + i * ProductsStep(tiling) + panel * together * kPanel;
      for (int64_t tile = 0; tile < last - first; tile += kBlock) {
        Multiply(factors + i * FactorsStep(tiling) + tile * row, row, from, tiling.channels,
                 to + tile * kPanel);
      }
    }
  }
  for (int64_t tile = first; tile < last; ++tile) {
    Outputs(tiling, products + (tile - first) * kPanel, ProductsStep(tiling), together * kPanel,
            TargetOf(tiling, tile, outputs));
  }
}

CORNU_INLINE void TurnKernel(const float* w, int step, float* to, int to_step) {
  const float sum = 0.5f * (w[0] + w[2 * step]), middle = 0.5f * w[step];
  to[0] = w[0];
  to[to_step] = sum + middle;
  to[2 * to_step] = sum - middle;
  to[3 * to_step] = w[2 * step];
}

void Pack(const Tiling& tiling, const float* kernel, bool turned, int64_t first, int64_t last,
          float* packed) {
  const int64_t channels = tiling.channels, filters = tiling.filters, panels = Panels(tiling);
  const int64_t place = channels * filters;
  for (int64_t c = first; c < last; ++c) {
    for (int64_t f = 0; f < panels * kPanel; ++f) {
      float w[9] = {}, half[12], full[kPlaces];
      const float* from = kernel + (turned ? f * channels + c : c * filters + f);
      for (int i = 0; i < 9 && f < filters; ++i) w[i] = from[(turned ? 8 - i : i) * place];
      for (int i = 0; i < 3; ++i) TurnKernel(w + i, 3, half + i, 3);
      for (int i = 0; i < 4; ++i) TurnKernel(half + 3 * i, 1, full + 4 * i, 1);
      float* to = packed + (f / kPanel * channels + c) * kPanel + f % kPanel;
      for (int i = 0; i < kPlaces; ++i) to[i * panels * channels * kPanel] = full[i];
    }
  }
}

CORNU_INLINE void TurnChanges(const Vector* g, int step, Vector* to, int to_step) {
  to[0] = g[0];
  to[to_step] = g[0] + g[step];
  to[2 * to_step] = g[0] - g[step];
  to[3 * to_step] = -g[step];
}

// What stands for the products of one tile, for their gradient, from that of its outputs.
void Changes(const Tiling& tiling, const float* const* places, int64_t step, int64_t panel, float* to,
             float* bias) {
  for (int64_t f = 0; f < tiling.filters; f += kWidth) {
    Vector g[4], half[8], full[kPlaces];
    for (int i = 0; i < 4; ++i) g[i] = Load(places[i] + f);
    if (bias != nullptr) Store(bias + f, Load(bias + f) + (g[0] + g[1] + (g[2] + g[3])));
    for (int i = 0; i < 2; ++i) TurnChanges(g + i, 2, half + i, 2);
    for (int i = 0; i < 4; ++i) TurnChanges(half + 2 * i, 1, full + 4 * i, 1);
    float* into = to + f / kPanel * panel + f % kPanel;
    for (int i = 0; i < kPlaces; ++i) Store(into + i * step, full[i]);
  }
}

// Adds products of a block of channels and a panel, over tiles.
CORNU_INLINE void AddProducts(const float* factors, int64_t row_step, const float* changes,
                              int64_t tiles, float* sums) {
  Vector total[kBlock][2];
  for (int i = 0; i < kBlock; ++i) {
    total[i][0] = Load(sums + i * kPanel);
    total[i][1] = Load(sums + i * kPanel + kWidth);
  }
  for (int64_t tile = 0; tile < tiles; ++tile, factors += row_step, changes += kPanel) {
    const Vector left = Load(changes), right = Load(changes + kWidth);
    for (int i = 0; i < kBlock; ++i) {
      total[i][0] += factors[i] * left;
      total[i][1] += factors[i] * right;
    }
  }
  for (int i = 0; i < kBlock; ++i) {
    Store(sums + i * kPanel, total[i][0]);
    Store(sums + i * kPanel + kWidth, total[i][1]);
  }
}

void Add(const Tiling& tiling, const float* inputs, const float* changes, int64_t first, int64_t last,
         float* sums, float* bias, float* scratch) {
  static constexpr int64_t kNone[2] = {0, 0};
  const int64_t panels = Panels(tiling), blocks = Parts(tiling.channels, kBlock);
  const int64_t together = Together(tiling), row = RowStep(tiling), tiles = last - first;
  float* factors = scratch + ScratchSize(tiling) -
                   kPlaces * (FactorsStep(tiling) + ProductsStep(tiling));
  float* turned = factors + kPlaces * FactorsStep(tiling);
  memset(scratch, 0, (factors - scratch) * sizeof(float));
  if (tiling.filters % kPanel != 0) memset(turned, 0, kPlaces * ProductsStep(tiling) * sizeof(float));
  AllFactors(tiling, inputs, first, last, scratch, factors);
  for (int64_t tile = first; tile < last; ++tile) {
    const float* places[4];
    Place<2>(tiling, tile, tiling.outputs, kNone, tiling.filters, changes, scratch, places);
    Changes(tiling, places, ProductsStep(tiling), together * kPanel, turned + (tile - first) * kPanel,
            bias);
  }
  for (int64_t i = 0; i < kPlaces; ++i) {
    for (int64_t panel = 0; panel < panels; ++panel) {
      const float* from = turned + i * ProductsStep(tiling) + panel * together * kPanel;
      for (int64_t block = 0; block < blocks; ++block) {
        AddProducts(factors + i * FactorsStep(tiling) + block * kBlock, row, from, tiles,
                    sums + ((i * panels + panel) * blocks + block) * kSums);
      }
    }
  }
}

CORNU_INLINE void TurnSums(const Vector* u, int step, Vector* to, int to_step) {
  const Vector sum = 0.5f * (u[step] + u[2 * step]);
  to[0] = u[0] + sum;
  to[to_step] = 0.5f * (u[step] - u[2 * step]);
  to[2 * to_step] = sum + u[3 * step];
}

void Finish(const Tiling& tiling, const float* sums, int64_t parts, int64_t first, int64_t last,
            float* gradient) {
  const int64_t panels = Panels(tiling), blocks = Parts(tiling.channels, kBlock);
  const int64_t step = panels * blocks * kSums, size = SumsSize(tiling);
  for (int64_t c = first; c < last; ++c) {
    for (int64_t f = 0; f < tiling.filters; f += kWidth) {
      const float* from =
          sums + (f / kPanel * blocks + c / kBlock) * kSums + c % kBlock * kPanel + f % kPanel;
      Vector u[kPlaces], half[12], w[9];
      for (int i = 0; i < kPlaces; ++i) {
        u[i] = Load(from + i * step);
        for (int64_t part = 1; part < parts; ++part) u[i] += Load(from + i * step + part * size);
      }
      for (int i = 0; i < 4; ++i) TurnSums(u + i, 4, half + i, 4);
      for (int i = 0; i < 3; ++i) TurnSums(half + 4 * i, 1, w + 3 * i, 1);
      for (int i = 0; i < 9; ++i) {
        Store(gradient + (i * tiling.channels + c) * tiling.filters + f, w[i]);
      }
    }
  }
}

}  // namespace

const TileRows CORNU_FOR(kTileRows) = {Together, PackedSize, SumsSize, ScratchSize,
                                       Pack,     Run,        Add,      Finish};

}  // namespace cornu
