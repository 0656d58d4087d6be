#include "convolution_rows.h"

#include <cstring>

#include "vectors.h"

namespace cornu {
namespace {

constexpr int kTile = kBlock * kPanel;   // numbers in such sums
constexpr int64_t kPositions = 256;      // outputs of a piece: what the second cache holds

// A piece: `rows` rows of outputs from `first`, in one plane of one image.
struct Piece {
  int64_t image, plane, first, rows;
  int64_t tall, wide;  // sizes of the inputs that its windows see, for one plane of the window
};

int64_t RowsOfPiece(const Shape& shape) {
  const int64_t rows = kPositions / shape.outputs[2];
  return rows < 1 ? 1 : rows < shape.outputs[1] ? rows : shape.outputs[1];
}

int64_t Reach(const Shape& shape, int64_t outputs, int axis) {
  return (outputs - 1) * shape.strides[axis] + (shape.window[axis] - 1) * shape.dilation[axis] + 1;
}

int64_t Pieces(const Shape& shape) {
  return shape.batch * shape.outputs[0] * Parts(shape.outputs[1], RowsOfPiece(shape));
}

Piece PieceAt(const Shape& shape, int64_t number) {
  const int64_t rows = RowsOfPiece(shape), parts = Parts(shape.outputs[1], rows);
  Piece piece;
  piece.first = number % parts * rows;
  piece.plane = number / parts % shape.outputs[0];
  piece.image = number / parts / shape.outputs[0];
  const int64_t left = shape.outputs[1] - piece.first;
  piece.rows = rows < left ? rows : left;
  piece.tall = Reach(shape, piece.rows, 1);
  piece.wide = Reach(shape, shape.outputs[2], 2);
  return piece;
}

int64_t SumsSize(const Shape& shape) {
  return shape.window[0] * shape.window[1] * shape.window[2] * Parts(shape.channels, kBlock) *
         Parts(shape.filters, kPanel) * kTile;
}

int64_t PackedInputs(const Shape& shape) {
  return Parts(shape.channels, kBlock) * kBlock * Reach(shape, RowsOfPiece(shape), 1) *
         Reach(shape, shape.outputs[2], 2);
}

int64_t ScratchSize(const Shape& shape) {
  return PackedInputs(shape) +
         Parts(shape.filters, kPanel) * kPanel * RowsOfPiece(shape) * shape.outputs[2];
}

// One position's numbers, `kPart` of them for each part, the parts `step` numbers apart.
template <int kPart>
inline void Scatter(const float* from, int64_t count, float* to, int64_t step) {
  int64_t first = 0;
  for (; first + kPart <= count; first += kPart, to += step) {
    memcpy(to, from + first, kPart * sizeof(float));
  }
  if (first < count) {
    memset(to, 0, kPart * sizeof(float));
    memcpy(to, from + first, (count - first) * sizeof(float));
  }
}

// The inputs that a piece sees, in blocks of channels; zeros where there is padding.
void PackInputs(const Shape& shape, const Piece& piece, int64_t plane, const float* inputs,
                float* packed) {
  const int64_t step = piece.tall * piece.wide * kBlock, blocks = Parts(shape.channels, kBlock);
  for (int64_t i = 0; i < piece.tall; ++i) {
    const int64_t row = piece.first * shape.strides[1] - shape.before[1] + i;
    for (int64_t j = 0; j < piece.wide; ++j, packed += kBlock) {
      const int64_t column = j - shape.before[2];
      if (row < 0 || row >= shape.inputs[1] || column < 0 || column >= shape.inputs[2]) {
        for (int64_t b = 0; b < blocks; ++b) memset(packed + b * step, 0, kBlock * sizeof(float));
        continue;
      }
      const int64_t at = ((piece.image * shape.inputs[0] + plane) * shape.inputs[1] + row) *
                             shape.inputs[2] + column;
      Scatter<kBlock>(inputs + at * shape.channels, shape.channels, packed, step);
    }
  }
}

void PackChanges(const Shape& shape, const Piece& piece, const float* changes, float* packed) {
  const int64_t count = piece.rows * shape.outputs[2];
  const int64_t first =
      ((piece.image * shape.outputs[0] + piece.plane) * shape.outputs[1] + piece.first) *
      shape.outputs[2];
  for (int64_t i = 0; i < count; ++i) {
    Scatter<kPanel>(changes + (first + i) * shape.filters, shape.filters, packed + i * kPanel,
                    count * kPanel);
  }
}

// Sums over positions, for each filter.
void AddBias(const Shape& shape, const Piece& piece, const float* packed, float* sums) {
  const int64_t panels = Parts(shape.filters, kPanel), count = piece.rows * shape.outputs[2];
  for (int64_t panel = 0; panel < panels; ++panel, sums += kPanel) {
    Vector left = Load(sums);
    Vector right = Load(sums + kWidth);
    for (int64_t i = 0; i < count; ++i, packed += kPanel) {
      left += Load(packed);
      right += Load(packed + kWidth);
    }
    Store(sums, left);
    Store(sums + kWidth, right);
  }
}

// Sums over positions of one block of channels times one panel of filters.
void AddTile(int64_t rows, int64_t columns, const float* inputs, int64_t row_step,
             int64_t column_step, const float* changes, float* sums) {
  Vector total[kBlock][2];
  for (int i = 0; i < kBlock; ++i) {
    total[i][0] = Load(sums + i * kPanel);
    total[i][1] = Load(sums + i * kPanel + kWidth);
  }
  for (int64_t row = 0; row < rows; ++row) {
    const float* x = inputs + row * row_step;
    for (int64_t column = 0; column < columns; ++column) {
      const Vector left = Load(changes);
      const Vector right = Load(changes + kWidth);
      for (int i = 0; i < kBlock; ++i) {
        total[i][0] += x[i] * left;
        total[i][1] += x[i] * right;
      }
      x += column_step;
      changes += kPanel;
    }
  }
  for (int i = 0; i < kBlock; ++i) {
    Store(sums + i * kPanel, total[i][0]);
    Store(sums + i * kPanel + kWidth, total[i][1]);
  }
}

// Sums of one plane of the window.
void AddPlane(const Shape& shape, const Piece& piece, const float* inputs, const float* changes,
              float* sums) {
  const int64_t panels = Parts(shape.filters, kPanel), blocks = Parts(shape.channels, kBlock);
  const int64_t columns = shape.outputs[2], row = piece.wide * kBlock;
  for (int64_t i = 0; i < shape.window[1]; ++i) {
    for (int64_t j = 0; j < shape.window[2]; ++j) {
      const float* seen = inputs + i * shape.dilation[1] * row + j * shape.dilation[2] * kBlock;
      for (int64_t block = 0; block < blocks; ++block, seen += piece.tall * row) {
        for (int64_t panel = 0; panel < panels; ++panel, sums += kTile) {
          AddTile(piece.rows, columns, seen, shape.strides[1] * row, shape.strides[2] * kBlock,
                  changes + panel * piece.rows * columns * kPanel, sums);
        }
      }
    }
  }
}

void Add(const Shape& shape, const float* inputs, const float* changes, int64_t number, float* sums,
         float* scratch, float* bias) {
  const Piece piece = PieceAt(shape, number);
  float* packed_changes = scratch + PackedInputs(shape);
  PackChanges(shape, piece, changes, packed_changes);
  if (bias != nullptr) AddBias(shape, piece, packed_changes, bias);
  const int64_t size = SumsSize(shape) / shape.window[0];
  for (int64_t i = 0; i < shape.window[0]; ++i) {
    const int64_t plane =
        piece.plane * shape.strides[0] - shape.before[0] + i * shape.dilation[0];
    if (plane < 0 || plane >= shape.inputs[0]) continue;
    PackInputs(shape, piece, plane, inputs, scratch);
    AddPlane(shape, piece, scratch, packed_changes, sums + i * size);
  }
}

void Finish(const Shape& shape, const float* sums, int64_t parts, int64_t place, float* gradient) {
  const int64_t panels = Parts(shape.filters, kPanel), blocks = Parts(shape.channels, kBlock);
  const int64_t size = SumsSize(shape);
  const float* from = sums + place * blocks * panels * kTile;
  float* to = gradient + place * shape.channels * shape.filters;
  for (int64_t channel = 0; channel < shape.channels; ++channel) {
    for (int64_t panel = 0; panel < panels; ++panel) {
      const float* row = from + (channel / kBlock * panels + panel) * kTile + channel % kBlock * kPanel;
      const int64_t left = shape.filters - panel * kPanel, width = left < kPanel ? left : kPanel;
      for (int64_t i = 0; i < width; ++i) {
        float sum = row[i];
        for (int64_t part = 1; part < parts; ++part) sum += row[part * size + i];
        to[channel * shape.filters + panel * kPanel + i] = sum;
      }
    }
  }
}

}  // namespace

const KernelGradientRows CORNU_FOR(kKernelGradient) = {Pieces, SumsSize, ScratchSize, Add, Finish};

}  // namespace cornu
