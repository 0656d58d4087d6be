// Products of matrices, part by part, in the vector instructions of one kind of processor. As for
// recurrence_rows.h, nothing of the C++ library may be used in it.

#ifndef CORNU_NATIVE_PRODUCTS_ROWS_H_
#define CORNU_NATIVE_PRODUCTS_ROWS_H_

#include <cstdint>

namespace cornu {

// Numbers in memory, seen as a matrix; one of the two steps is 1.
struct Matrix {
  const float* data;
  int64_t row_step, column_step;
  // If not null, numbers that lie as those of `data` do: where they are 0 or less, the matrix is 0.
  // Only for a matrix whose `column_step` is 1.
  const float* shown = nullptr;
};

// A part of a product: which of its rows and columns, and what becomes of them.
struct Piece {
  int64_t first_row, last_row, first_column, last_column;  // the first column begins a panel
  int64_t depth;                                           // over how many numbers it sums
  float* out;                                              // the whole product
  int64_t out_step;                                        // between its rows
  bool add = false;                                        // to what is there
  const float* bias = nullptr;                             // then added to each row
  bool relu = false;                                       // then negative numbers become 0
};

constexpr int64_t kMostRows = 144;     // of a piece
constexpr int64_t kScratch = 144 * 256;  // numbers that `multiply` needs

struct ProductRows {
  int64_t block, panel;  // rows and columns that are computed together
  // The right matrix in the order in which products read it: `depth` times the columns, these
  // rounded up to whole panels. This does some columns of them, which begin with a panel, and adds
  // their sums to `sums`, if that is not null and `column_step` is 1.
  void (*pack)(const Matrix& right, int64_t depth, int64_t first_column, int64_t last_column,
               float* packed, float* sums);
  void (*multiply)(const Matrix& left, const float* packed, const Piece& piece, float* scratch);
  // A row of scores to the shares of their exponentials, of those `visible` alone.
  void (*softmax)(float* row, int64_t visible, int64_t columns, float scale);
  // A row of gradients by shares to gradients by scores.
  void (*softmax_gradient)(const float* shares, float* row, int64_t columns, float scale);
};

extern const ProductRows kProductsBase, kProductsAvx2, kProductsAvx512;

}  // namespace cornu

#endif  // CORNU_NATIVE_PRODUCTS_ROWS_H_
