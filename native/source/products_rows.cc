#include "products_rows.h"

#include "vectors.h"

namespace cornu {
namespace {

constexpr int64_t kDepth = kScratch / kMostRows;  // so deep, a panel fits the first cache
constexpr int64_t kLine = 16;                     // numbers in a line of the cache

// A right matrix whose rows stand together in memory.
template <bool kShown, bool kSums>
void PackAcross(const Matrix& right, int64_t depth, int64_t first, int64_t last, float* packed,
                float* sums) {
  const Vector zero = {};
  for (int64_t k = 0; k < depth; ++k) {
    const float* from = right.data + k * right.row_step;
    const float* shown = kShown ? right.shown + k * right.row_step : nullptr;
    for (int64_t column = first; column < last; column += kPanel) {
      float* to = packed + column * depth + k * kPanel;
      if (last - column >= kPanel) {
        for (int half = 0; half < kPanel; half += kWidth) {
          Vector item = Load(from + column + half);
          if (kShown) item = Load(shown + column + half) <= zero ? zero : item;
          Store(to + half, item);
          if (kSums) Store(sums + column + half, Load(sums + column + half) + item);
        }
        continue;
      }
      for (int64_t i = 0; i < kPanel; ++i) {
        const bool there = column + i < last && !(kShown && shown[column + i] <= 0.0f);
        to[i] = there ? from[column + i] : 0.0f;
        if (kSums && there) sums[column + i] += to[i];
      }
    }
  }
}

// A right matrix whose columns stand together in memory.
void PackAlong(const Matrix& right, int64_t depth, int64_t first, int64_t last, float* packed) {
  for (int64_t column = first; column < last; column += kPanel) {
    float* to = packed + column * depth;
    const int64_t count = Least(last - column, kPanel);
    if (count < kPanel) memset(to, 0, depth * kPanel * sizeof(float));
    for (int64_t k = 0; k < depth; k += kLine) {
      const int64_t length = Least(depth - k, kLine);
      for (int64_t i = 0; i < count; ++i) {
        const float* from = right.data + (column + i) * right.column_step + k;
        for (int64_t j = 0; j < length; ++j) to[(k + j) * kPanel + i] = from[j];
      }
    }
  }
}

void Pack(const Matrix& right, int64_t depth, int64_t first, int64_t last, float* packed,
          float* sums) {
  if (right.column_step != 1) {
    PackAlong(right, depth, first, last, packed);
  } else if (right.shown != nullptr && sums != nullptr) {
    PackAcross<true, true>(right, depth, first, last, packed, sums);
  } else if (right.shown != nullptr) {
    PackAcross<true, false>(right, depth, first, last, packed, sums);
  } else if (sums != nullptr) {
    PackAcross<false, true>(right, depth, first, last, packed, sums);
  } else {
    PackAcross<false, false>(right, depth, first, last, packed, sums);
  }
}

typedef int32_t Places __attribute__((vector_size(4 * kWidth)));

// Lanes `first`, `first` + 1, ... of two vectors, one of the one and one of the other in turn.
template <int kFirst>
CORNU_INLINE Vector Interleaved(const Vector& one, const Vector& two) {
  Places places;
  for (int lane = 0; lane < kWidth; ++lane) {
    places[lane] = kFirst + lane / 2 + (lane % 2) * kWidth;
  }
  return __builtin_shuffle(one, two, places);
}

// So many numbers of each row of a block, of which `count` are there, column by column. Each row
// interleaved with the one half the rows further on, and so on till all are, is the transpose.
template <bool kShown>
CORNU_INLINE void Turn(const float* from, const float* shown, int64_t step, float* to) {
  const Vector zero = {};
  Vector rows[kWidth], turned[kWidth];
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; ++i) {
    rows[i] = i < kBlock ? Load(from + i * step) : zero;
    if (kShown && i < kBlock) rows[i] = Load(shown + i * step) <= zero ? zero : rows[i];
  }
#pragma GCC unroll 4
  for (int round = 1; round < kWidth; round *= 2) {
#pragma GCC unroll 16
    for (int i = 0; i < kWidth / 2; ++i) {
      turned[2 * i] = Interleaved<0>(rows[i], rows[i + kWidth / 2]);
      turned[2 * i + 1] = Interleaved<kWidth / 2>(rows[i], rows[i + kWidth / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) rows[i] = turned[i];
  }
  // What is too much of each is overwritten by the next.
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; ++i) Store(to + i * kBlock, rows[i]);
}

// Blocks of rows of a left matrix whose rows stand together.
template <bool kShown>
void PackLeftAlong(const Matrix& left, int64_t rows, int64_t depth, float* packed) {
  for (int64_t row = 0; row < rows; row += kBlock, packed += kBlock * depth) {
    const int64_t count = Least(rows - row, kBlock);
    if (count < kBlock) memset(packed, 0, depth * kBlock * sizeof(float));
    int64_t done = 0;
    if (count == kBlock) {
      const float* from = left.data + row * left.row_step;
      const float* shown = kShown ? left.shown + row * left.row_step : nullptr;
      // The last vectors would write beyond the block: what follows does those.
      for (; done + kWidth < depth; done += kWidth) {
        Turn<kShown>(from + done, kShown ? shown + done : nullptr, left.row_step,
                     packed + done * kBlock);
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      const float* __restrict from = left.data + (row + i) * left.row_step;
      const float* __restrict shown = kShown ? left.shown + (row + i) * left.row_step : nullptr;
      float* __restrict to = packed + i;
      for (int64_t k = done; k < depth; ++k) {
        to[k * kBlock] = kShown && shown[k] <= 0.0f ? 0.0f : from[k];
      }
    }
  }
}

// Likewise, if its columns stand together.
void PackLeftAcross(const Matrix& left, int64_t rows, int64_t depth, float* packed) {
  const int64_t whole = rows / kBlock * kBlock;
  for (int64_t k = 0; k < depth; ++k) {
    const float* from = left.data + k * left.column_step;
    float* to = packed + k * kBlock;
    for (int64_t row = 0; row < whole; row += kBlock) {
      memcpy(to + row * depth, from + row, kBlock * sizeof(float));
    }
    for (int64_t i = 0; i < kBlock && whole < rows; ++i) {
      to[whole * depth + i] = whole + i < rows ? from[whole + i] : 0.0f;
    }
  }
}

void PackLeft(Matrix left, int64_t row, int64_t rows, int64_t k, int64_t depth, float* packed) {
  left.data += row * left.row_step + k * left.column_step;
  if (left.column_step != 1) return PackLeftAcross(left, rows, depth, packed);
  if (left.shown == nullptr) return PackLeftAlong<false>(left, rows, depth, packed);
  left.shown += row * left.row_step + k;
  PackLeftAlong<true>(left, rows, depth, packed);
}

// Where the product of a block and a panel goes.
struct Place {
  float* out;
  int64_t step, rows, columns;
  bool add;
  const float* bias;
  bool relu;
};

CORNU_INLINE void Finish(Vector& item, const float* out, const float* bias, const Place& place) {
  const Vector zero = {};
  if (place.add) item += Load(out);
  if (place.bias != nullptr) item += Load(bias);
  if (place.relu) item = item <= zero ? zero : item;
}

// What is left over at the edges of the product.
void StoreEdge(const float* tile, const Place& place) {
  for (int64_t row = 0; row < place.rows; ++row) {
    for (int64_t column = 0; column < place.columns; ++column) {
      float& out = place.out[row * place.step + column];
      float item = tile[row * kPanel + column];
      if (place.add) item += out;
      if (place.bias != nullptr) item += place.bias[column];
      out = place.relu && item <= 0.0f ? 0.0f : item;
    }
  }
}

void Tile(const float* left, const float* right, int64_t depth, const Place& place) {
  const Vector zero = {};
  Vector total[kBlock][2];
#pragma GCC unroll 12
  for (int row = 0; row < kBlock; ++row) total[row][0] = total[row][1] = zero;
  for (int64_t k = 0; k < depth; ++k, left += kBlock, right += kPanel) {
    const Vector one = Load(right), two = Load(right + kWidth);
#pragma GCC unroll 12
    for (int row = 0; row < kBlock; ++row) {
      const float item = left[row];
      total[row][0] += item * one;
      total[row][1] += item * two;
    }
  }
  if (place.rows == kBlock && place.columns == kPanel) {
#pragma GCC unroll 12
    for (int row = 0; row < kBlock; ++row) {
      float* out = place.out + row * place.step;
      Finish(total[row][0], out, place.bias, place);
      Finish(total[row][1], out + kWidth, place.bias + kWidth, place);
      Store(out, total[row][0]);
      Store(out + kWidth, total[row][1]);
    }
    return;
  }
  float tile[kBlock * kPanel];
#pragma GCC unroll 12
  for (int row = 0; row < kBlock; ++row) {
    Store(tile + row * kPanel, total[row][0]);
    Store(tile + row * kPanel + kWidth, total[row][1]);
  }
  StoreEdge(tile, place);
}

void Multiply(const Matrix& left, const float* packed, const Piece& piece, float* scratch) {
  const int64_t rows = piece.last_row - piece.first_row, depth = piece.depth;
  const int64_t parts = (depth + kDepth - 1) / kDepth, most = (depth + parts - 1) / parts;
  for (int64_t k = 0; k < depth; k += most) {
    const int64_t length = Least(depth - k, most);
    const bool last = k + length == depth;
    PackLeft(left, piece.first_row, rows, k, length, scratch);
    for (int64_t column = piece.first_column; column < piece.last_column; column += kPanel) {
      const float* right = packed + column * depth + k * kPanel;
      for (int64_t row = 0; row < rows; row += kBlock) {
        Place place;
        place.out = piece.out + (piece.first_row + row) * piece.out_step + column;
        place.step = piece.out_step;
        place.rows = Least(rows - row, kBlock);
        place.columns = Least(piece.last_column - column, kPanel);
        place.add = piece.add || k > 0;
        place.bias = last && piece.bias != nullptr ? piece.bias + column : nullptr;
        place.relu = last && piece.relu;
        Tile(scratch + row * length, right, length, place);
      }
    }
  }
}

float Largest(const float* row, int64_t count) {
  float top = row[0];
  int64_t i = 0;
  if (count >= kWidth) {
    Vector tops = Load(row);
    for (; i + kWidth <= count; i += kWidth) {
      const Vector item = Load(row + i);
      tops = item > tops ? item : tops;
    }
    for (int lane = 0; lane < kWidth; ++lane) top = tops[lane] > top ? tops[lane] : top;
  }
  for (; i < count; ++i) top = row[i] > top ? row[i] : top;
  return top;
}

void Softmax(float* __restrict row, int64_t visible, int64_t columns, float scale) {
  const float top = Largest(row, visible);
#pragma GCC ivdep
  for (int64_t i = 0; i < visible; ++i) row[i] = Exponential((row[i] - top) * scale);
  Vector sums = {};
  int64_t i = 0;
  for (; i + kWidth <= visible; i += kWidth) sums += Load(row + i);
  float sum = Sum(sums);
  for (; i < visible; ++i) sum += row[i];
  const float share = 1.0f / sum;
#pragma GCC ivdep
  for (int64_t j = 0; j < visible; ++j) row[j] *= share;
  memset(row + visible, 0, (columns - visible) * sizeof(float));
}

void SoftmaxGradient(const float* __restrict shares, float* __restrict row, int64_t columns,
                     float scale) {
  Vector sums = {};
  int64_t i = 0;
  for (; i + kWidth <= columns; i += kWidth) sums += Load(shares + i) * Load(row + i);
  float sum = Sum(sums);
  for (; i < columns; ++i) sum += shares[i] * row[i];
#pragma GCC ivdep
  for (int64_t j = 0; j < columns; ++j) row[j] = shares[j] * (row[j] - sum) * scale;
}

}  // namespace

const ProductRows CORNU_FOR(kProducts) = {kBlock, kPanel, Pack, Multiply, Softmax, SoftmaxGradient};

}  // namespace cornu
