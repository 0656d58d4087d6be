// Products of matrices with what stands around them, and their gradients: dense layers, attention.
//
// The right matrix is packed once, then threads take pieces of the product. Transposes are read by
// their strides, and the bias, relu, and the way back through both are done while numbers pass by.

#include <omp.h>

#include <algorithm>

#include "common.h"
#include "products_rows.h"

namespace cornu {
namespace {

using Floats = ffi::Buffer<ffi::DataType::F32>;

constexpr int64_t kHigh = 96;     // rows of a piece, at most: what the second cache holds
constexpr int64_t kTogether = 4;  // panels that one thread packs at a time
// A right matrix of more numbers than this is packed in parts, of so many numbers in depth and width.
constexpr int64_t kMostPacked = 1 << 20, kPart = 256;

const ProductRows& ForThisProcessor() {
  static const ProductRows& rows = __builtin_cpu_supports("avx512f") ? kProductsAvx512
                                   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                       ? kProductsAvx2
                                       : kProductsBase;
  return rows;
}

int64_t Parts(int64_t size, int64_t part) { return (size + part - 1) / part; }

int64_t Threads() { return std::max<int64_t>(1, omp_get_max_threads()); }

void Need(bool fits) {
  if (!fits) throw std::invalid_argument("the shapes of the tensors do not fit together");
}

Matrix Shifted(Matrix matrix, int64_t rows, int64_t columns) {
  const int64_t step = rows * matrix.row_step + columns * matrix.column_step;
  matrix.data += step;
  if (matrix.shown != nullptr) matrix.shown += step;
  return matrix;
}

// A product whose rows are too many for one piece.
void Stacked(const Matrix& left, const float* packed, Piece piece, float* scratch) {
  const int64_t last = piece.last_row;
  for (int64_t row = piece.first_row; row < last; row += kMostRows) {
    piece.first_row = row;
    piece.last_row = std::min(last, row + kMostRows);
    ForThisProcessor().multiply(left, packed, piece, scratch);
  }
}

// Likewise for a large right matrix: each thread packs the part that it needs next.
void LargeProduct(const Matrix& left, const Matrix& right, const Piece& all, float* sums) {
  const int64_t high = 2 * kMostRows, threads = Threads(), each = kPart * kPart + kScratch;
  const Room room(threads * each * sizeof(float));
#pragma omp parallel for collapse(2) num_threads(threads) schedule(dynamic, 1)
  for (int64_t row = 0; row < all.last_row; row += high) {
    for (int64_t column = 0; column < all.last_column; column += kPart) {
      float* packed = static_cast<float*>(room.data()) + omp_get_thread_num() * each;
      Piece piece = all;
      piece.first_row = row;
      piece.last_row = std::min(all.last_row, row + high);
      piece.last_column = std::min(kPart, all.last_column - column);
      piece.out += column;
      for (int64_t k = 0; k < all.depth; k += kPart) {
        piece.depth = std::min(kPart, all.depth - k);
        piece.add = k > 0;
        ForThisProcessor().pack(Shifted(right, k, column), piece.depth, 0, piece.last_column,
                                packed, row == 0 && sums != nullptr ? sums + column : nullptr);
        Stacked(Shifted(left, 0, k), packed, piece, packed + kPart * kPart);
      }
    }
  }
}

// What `all` says, by all threads. `sums` are those of the right matrix's columns, if not null.
void Product(const Matrix& left, const Matrix& right, const Piece& all, float* sums = nullptr) {
  if (sums != nullptr) std::fill(sums, sums + all.last_column, 0.0f);
  const bool plain = all.bias == nullptr && !all.relu;
  if (plain && all.depth * all.last_column > kMostPacked) {
    return LargeProduct(left, right, all, sums);
  }
  const auto& kind = ForThisProcessor();
  const int64_t rows = all.last_row, columns = all.last_column, threads = Threads();
  const int64_t most = std::max<int64_t>(2, Parts(rows, threads * kHigh)) * threads;
  const int64_t high = Parts(Parts(rows, most), kind.block) * kind.block;
  const int64_t across = std::max<int64_t>(1, Parts(2 * threads, Parts(rows, high)));
  const int64_t wide = Parts(Parts(columns, across), kind.panel) * kind.panel;
  const int64_t together = kTogether * kind.panel;
  const Room room(Parts(columns, kind.panel) * kind.panel * all.depth * sizeof(float));
  const Room scratch(threads * kScratch * sizeof(float));
  float* packed = static_cast<float*>(room.data());
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic, 1)
    for (int64_t column = 0; column < columns; column += together) {
      kind.pack(right, all.depth, column, std::min(columns, column + together), packed, sums);
    }
    float* own = static_cast<float*>(scratch.data()) + omp_get_thread_num() * kScratch;
#pragma omp for collapse(2) schedule(dynamic, 1)
    for (int64_t row = 0; row < rows; row += high) {
      for (int64_t column = 0; column < columns; column += wide) {
        Piece piece = all;
        piece.first_row = row;
        piece.last_row = std::min(rows, row + high);
        piece.first_column = column;
        piece.last_column = std::min(columns, column + wide);
        kind.multiply(left, packed, piece, own);
      }
    }
  }
}

Piece All(int64_t rows, int64_t columns, int64_t depth, float* out) {
  return {0, rows, 0, columns, depth, out, columns};
}

struct Sizes2 {
  int64_t rows, columns;
};

Sizes2 SizesOf(const Floats& matrix) {
  Need(matrix.dimensions().size() == 2);
  return {matrix.dimensions()[0], matrix.dimensions()[1]};
}

// `inputs` times `kernel`, plus `bias` if that is not empty, and then if `relu` no less than 0.
ffi::Error Affine(Floats inputs, Floats kernel, Floats bias, ffi::Result<Floats> outputs,
                  bool relu) {
  return Guarded("product", [&] {
    const auto [rows, depth] = SizesOf(inputs);
    const auto [same, columns] = SizesOf(kernel);
    const auto made = SizesOf(*outputs);
    const int64_t biases = static_cast<int64_t>(bias.element_count());
    Need(same == depth && made.rows == rows && made.columns == columns &&
         (biases == 0 || biases == columns));
    Piece all = All(rows, columns, depth, outputs->typed_data());
    all.bias = biases > 0 ? bias.typed_data() : nullptr;
    all.relu = relu;
    Product({inputs.typed_data(), depth, 1}, {kernel.typed_data(), columns, 1}, all);
  });
}

// From gradients by the outputs of such a product to those by its inputs, its kernel, and its bias,
// of which there are those that are asked for (the bias only with the kernel). `outputs` is empty
// unless relu was applied.
ffi::Error AffineGradient(Floats changes, Floats inputs, Floats kernel, Floats outputs,
                          ffi::RemainingRets results, bool by_inputs, bool by_kernel,
                          bool by_bias) {
  return Guarded("gradient of a product", [&] {
    const auto [rows, depth] = SizesOf(inputs);
    const auto [same, columns] = SizesOf(kernel);
    const auto made = SizesOf(changes);
    const int64_t shown = static_cast<int64_t>(outputs.element_count());
    Need(same == depth && made.rows == rows && made.columns == columns &&
         (shown == 0 || shown == rows * columns) && (by_kernel || !by_bias));
    const Matrix gradient = {changes.typed_data(), columns, 1,
                             shown > 0 ? outputs.typed_data() : nullptr};
    size_t next = 0;
    const auto result = [&](int64_t count) {
      auto buffer = results.get<Floats>(next++);
      Need(buffer.has_value() && static_cast<int64_t>((*buffer)->element_count()) == count);
      return (*buffer)->typed_data();
    };
    if (by_inputs) {
      Product(gradient, {kernel.typed_data(), 1, columns},
              All(rows, depth, columns, result(rows * depth)));
    }
    if (by_kernel) {
      float* out = result(depth * columns);
      Product({inputs.typed_data(), 1, depth}, gradient, All(depth, columns, rows, out),
              by_bias ? result(columns) : nullptr);
    }
  });
}

// Tensors (batch, places, heads, numbers), one head of one example after the other.
struct Heads {
  int64_t batch, queries, keys, heads, size, value_size;
  float scale;
  bool causal;

  int64_t QueryStep() const { return heads * size; }
  int64_t ValueStep() const { return heads * value_size; }
  // Where head number `i` of all begins in a tensor of so many places and numbers.
  int64_t Start(int64_t i, int64_t places, int64_t numbers) const {
    return (i / heads * places * heads + i % heads) * numbers;
  }
};

Heads HeadsOf(const Floats& query, const Floats& key, const Floats& value, const Floats& weights,
              float scale, bool causal) {
  const auto q = query.dimensions(), k = key.dimensions(), v = value.dimensions(),
             w = weights.dimensions();
  Need(q.size() == 4 && k.size() == 4 && v.size() == 4 && w.size() == 4);
  Need(k[0] == q[0] && k[2] == q[2] && k[3] == q[3] && v[0] == k[0] && v[1] == k[1] &&
       v[2] == k[2] && w[0] == q[0] && w[1] == q[2] && w[2] == q[1] && w[3] == k[1]);
  return {q[0], q[1], k[1], q[2], q[3], v[3], scale, causal};
}

// Calls `run` with each number below `count` and the thread's own `scratch` numbers.
template <typename Run>
void ForEach(int64_t count, int64_t scratch, const Run& run) {
  const int64_t threads = std::clamp<int64_t>(count, 1, Threads());
  const Room room(threads * scratch * sizeof(float));
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int64_t i = 0; i < count; ++i) {
    run(i, static_cast<float*>(room.data()) + omp_get_thread_num() * scratch);
  }
}

int64_t Padded(int64_t columns) {
  const int64_t panel = ForThisProcessor().panel;
  return Parts(columns, panel) * panel;
}

// Values averaged with the shares of the exponentials of queries times keys, and these shares,
// (batch, heads, queries, keys).
ffi::Error Attention(Floats query, Floats key, Floats value, ffi::Result<Floats> outputs,
                     ffi::Result<Floats> weights, float scale, bool causal) {
  return Guarded("attention", [&] {
    const Heads at = HeadsOf(query, key, value, *weights, scale, causal);
    Need(outputs->element_count() == static_cast<size_t>(at.batch * at.queries * at.ValueStep()));
    const auto& kind = ForThisProcessor();
    const int64_t turned_keys = Padded(at.keys) * at.size, values = Padded(at.value_size) * at.keys;
    ForEach(at.batch * at.heads, turned_keys + values + kScratch, [&](int64_t i, float* room) {
      const int64_t queries_start = at.Start(i, at.queries, at.size);
      const float* q = query.typed_data() + queries_start;
      const float* k = key.typed_data() + at.Start(i, at.keys, at.size);
      const float* v = value.typed_data() + at.Start(i, at.keys, at.value_size);
      float* shares = weights->typed_data() + i * at.queries * at.keys;
      float* out = outputs->typed_data() + at.Start(i, at.queries, at.value_size);
      float *packed_keys = room, *packed_values = room + turned_keys;
      float* scratch = packed_values + values;
      kind.pack({k, 1, at.QueryStep()}, at.size, 0, at.keys, packed_keys, nullptr);
      kind.pack({v, at.ValueStep(), 1}, at.keys, 0, at.value_size, packed_values, nullptr);
      for (int64_t row = 0; row < at.queries; row += kMostRows) {
        Piece piece = {row, std::min(at.queries, row + kMostRows), 0, at.keys, at.size,
                       shares, at.keys};
        kind.multiply({q, at.QueryStep(), 1}, packed_keys, piece, scratch);
        for (int64_t r = row; r < piece.last_row; ++r) {
          const int64_t visible = at.causal ? std::min(r + 1, at.keys) : at.keys;
          kind.softmax(shares + r * at.keys, visible, at.keys, at.scale);
        }
        piece = {row, piece.last_row, 0, at.value_size, at.keys, out, at.ValueStep()};
        kind.multiply({shares, at.keys, 1}, packed_values, piece, scratch);
      }
    });
  });
}

// From gradients by the outputs to those by queries, keys and values. (Where a query does not see a
// key, its share is 0, and so is all that follows.)
ffi::Error AttentionGradient(Floats changes, Floats query, Floats key, Floats value, Floats weights,
                             ffi::Result<Floats> by_query, ffi::Result<Floats> by_key,
                             ffi::Result<Floats> by_value, float scale, bool causal) {
  return Guarded("gradient of attention", [&] {
    const Heads at = HeadsOf(query, key, value, weights, scale, causal);
    Need(changes.element_count() == static_cast<size_t>(at.batch * at.queries * at.ValueStep()) &&
         by_query->element_count() == query.element_count() &&
         by_key->element_count() == key.element_count() &&
         by_value->element_count() == value.element_count());
    const auto& kind = ForThisProcessor();
    const int64_t turned_values = Padded(at.keys) * at.value_size, keys = Padded(at.size) * at.keys;
    const int64_t block = kMostRows * at.keys;
    const int64_t few = kMostRows * Padded(std::max(at.size, at.value_size));
    const int64_t step = at.QueryStep(), value_step = at.ValueStep();
    ForEach(at.batch * at.heads, turned_values + keys + block + few + kScratch,
            [&](int64_t i, float* room) {
      const int64_t at_query = at.Start(i, at.queries, at.size);
      const int64_t at_key = at.Start(i, at.keys, at.size);
      const int64_t at_value = at.Start(i, at.keys, at.value_size);
      float *packed_values = room, *packed_keys = packed_values + turned_values;
      float *scores = packed_keys + keys, *packed = scores + block, *scratch = packed + few;
      kind.pack({value.typed_data() + at_value, 1, value_step}, at.value_size, 0, at.keys,
                packed_values, nullptr);
      kind.pack({key.typed_data() + at_key, step, 1}, at.keys, 0, at.size, packed_keys, nullptr);
      for (int64_t row = 0; row < at.queries; row += kMostRows) {
        const int64_t count = std::min(kMostRows, at.queries - row);
        const float* shares = weights.typed_data() + (i * at.queries + row) * at.keys;
        const Matrix change = {
            changes.typed_data() + at.Start(i, at.queries, at.value_size) + row * value_step,
            value_step, 1};
        const Matrix q = {query.typed_data() + at_query + row * step, step, 1};
        kind.multiply(change, packed_values,
                      {0, count, 0, at.keys, at.value_size, scores, at.keys}, scratch);
        for (int64_t r = 0; r < count; ++r) {
          kind.softmax_gradient(shares + r * at.keys, scores + r * at.keys, at.keys, at.scale);
        }
        kind.multiply({scores, at.keys, 1}, packed_keys,
                      {0, count, 0, at.size, at.keys,
                       by_query->typed_data() + at_query + row * step, step},
                      scratch);
        kind.pack(q, count, 0, at.size, packed, nullptr);
        Stacked({scores, 1, at.keys}, packed,
                {0, at.keys, 0, at.size, count, by_key->typed_data() + at_key, step, row > 0},
                scratch);
        kind.pack(change, count, 0, at.value_size, packed, nullptr);
        Stacked({shares, 1, at.keys}, packed,
                {0, at.keys, 0, at.value_size, count, by_value->typed_data() + at_value, value_step,
                 row > 0},
                scratch);
      }
    });
  });
}

}  // namespace
}  // namespace cornu

XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_product, cornu::Affine,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Attr<bool>("relu"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_product_gradient, cornu::AffineGradient,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .RemainingRets()
                                  .Attr<bool>("by_inputs")
                                  .Attr<bool>("by_kernel")
                                  .Attr<bool>("by_bias"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_attention, cornu::Attention,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Attr<float>("scale")
                                  .Attr<bool>("causal"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_attention_gradient, cornu::AttentionGradient,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Attr<float>("scale")
                                  .Attr<bool>("causal"));
