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

// Blocks of rows of a left matrix whose rows stand together.
template <bool kShown>
void PackLeftAlong(const Matrix& left, int64_t rows, int64_t depth, float* packed) {
  for (int64_t row = 0; row < rows; row += kBlock, packed += kBlock * depth) {
    const int64_t count = Least(rows - row, kBlock);
    if (count < kBlock) memset(packed, 0, depth * kBlock * sizeof(float));
    for (int64_t i = 0; i < count; ++i) {
      const float* __restrict from = left.data + (row + i) * left.row_step;
      const float* __restrict shown = kShown ? left.shown + (row + i) * left.row_step : nullptr;
      float* __restrict to = packed + i;
      for (int64_t k = 0; k < depth; ++k) {
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
  Vector total[kBlock][2] = {};
  for (int64_t k = 0; k < depth; ++k, left += kBlock, right += kPanel) {
    const Vector one = Load(right), two = Load(right + kWidth);
    for (int row = 0; row < kBlock; ++row) {
      const float item = left[row];
      total[row][0] += item * one;
      total[row][1] += item * two;
    }
  }
  if (place.rows == kBlock && place.columns == kPanel) {
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
