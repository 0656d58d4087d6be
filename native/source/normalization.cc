// Layer normalization and its gradients, in float32: each row is read into the first cache once.

#include <omp.h>

#include <algorithm>

#include "common.h"
#include "normalization_rows.h"

namespace cornu {
namespace {

using Floats = ffi::Buffer<ffi::DataType::F32>;

const NormalizationRows& ForThisProcessor() {
  static const NormalizationRows& rows =
      __builtin_cpu_supports("avx512f") ? kNormalizationAvx512
      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? kNormalizationAvx2
                                                                         : kNormalizationBase;
  return rows;
}

struct Rows {
  int64_t count, columns, parts;  // a part for each thread

  int64_t First(int64_t part) const { return count * part / parts; }
};

// The last axis of `x` is that of a row, as long as `gamma`.
Rows RowsOf(const Floats& x, const Floats& gamma) {
  const auto sizes = x.dimensions();
  const int64_t columns = sizes.size() > 0 ? sizes[sizes.size() - 1] : 0;
  if (columns == 0 || static_cast<int64_t>(gamma.element_count()) != columns) {
    throw std::invalid_argument("the last axis must be as long as gamma");
  }
  const int64_t count = static_cast<int64_t>(x.element_count()) / columns;
  return {count, columns, std::max<int64_t>(1, std::min<int64_t>(omp_get_max_threads(), count))};
}

void Need(bool fits) {
  if (!fits) throw std::invalid_argument("the shapes of the tensors do not fit together");
}

ffi::Error Values(Floats x, Floats gamma, Floats beta, ffi::Result<Floats> outputs,
                  float epsilon) {
  return Guarded("layer normalization", [&] {
    const Rows rows = RowsOf(x, gamma);
    Need(beta.element_count() == gamma.element_count() &&
         outputs->element_count() == x.element_count());
#pragma omp parallel for num_threads(rows.parts) schedule(static, 1)
    for (int64_t part = 0; part < rows.parts; ++part) {
      const int64_t first = rows.First(part), start = first * rows.columns;
      ForThisProcessor().values(x.typed_data() + start, gamma.typed_data(), beta.typed_data(),
                                rows.First(part + 1) - first, rows.columns, epsilon,
                                outputs->typed_data() + start);
    }
  });
}

// From gradients by the outputs to those by `x`, `gamma` and `beta`.
ffi::Error Gradient(Floats changes, Floats x, Floats gamma, ffi::Result<Floats> by_x,
                    ffi::Result<Floats> by_gamma, ffi::Result<Floats> by_beta, float epsilon) {
  return Guarded("gradient of layer normalization", [&] {
    const Rows rows = RowsOf(x, gamma);
    Need(changes.element_count() == x.element_count() &&
         by_x->element_count() == x.element_count() &&
         by_gamma->element_count() == gamma.element_count() &&
         by_beta->element_count() == gamma.element_count());
    const Room room(rows.parts * 2 * rows.columns * sizeof(float));
    float* sums = static_cast<float*>(room.data());  // by gamma, then by beta, of each part
    std::fill(sums, sums + rows.parts * 2 * rows.columns, 0.0f);
#pragma omp parallel for num_threads(rows.parts) schedule(static, 1)
    for (int64_t part = 0; part < rows.parts; ++part) {
      const int64_t first = rows.First(part), start = first * rows.columns;
      float* own = sums + part * 2 * rows.columns;
      ForThisProcessor().gradient(changes.typed_data() + start, x.typed_data() + start,
                                  gamma.typed_data(), rows.First(part + 1) - first, rows.columns,
                                  epsilon, by_x->typed_data() + start, own, own + rows.columns);
    }
    for (int64_t i = 0; i < rows.columns; ++i) {
      float gamma_sum = 0.0f, beta_sum = 0.0f;
      for (int64_t part = 0; part < rows.parts; ++part) {
        gamma_sum += sums[part * 2 * rows.columns + i];
        beta_sum += sums[(part * 2 + 1) * rows.columns + i];
      }
      by_gamma->typed_data()[i] = gamma_sum;
      by_beta->typed_data()[i] = beta_sum;
    }
  });
}

}  // namespace
}  // namespace cornu

XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_layer_norm, cornu::Values,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Attr<float>("epsilon"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_layer_norm_gradient, cornu::Gradient,
                              xla::ffi::Ffi::Bind()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Arg<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Ret<cornu::Floats>()
                                  .Attr<float>("epsilon"));
