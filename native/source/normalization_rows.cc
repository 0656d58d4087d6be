#include "normalization_rows.h"

#include "vectors.h"

namespace cornu {
namespace {

// How a row becomes one of mean 0 and variance 1: ((x - first) - mean) * factor. Differences from
// one of its own elements lose no digits where all are large and near to each other.
struct Scale {
  float first, mean, factor;
};

CORNU_INLINE Scale ScaleOf(const float* __restrict row, int64_t columns, float epsilon) {
  const float first = row[0];
  const int64_t whole = columns / kWidth * kWidth;
  Vector sums = {};
  for (int64_t i = 0; i < whole; i += kWidth) sums += Load(row + i) - first;
  float sum = Sum(sums);
  for (int64_t i = whole; i < columns; ++i) sum += row[i] - first;
  const float mean = sum / columns;
  Vector squares = {};
  for (int64_t i = 0; i < whole; i += kWidth) {
    const Vector centered = Load(row + i) - first - mean;
    squares += centered * centered;
  }
  float square = Sum(squares);
  for (int64_t i = whole; i < columns; ++i) {
    const float centered = row[i] - first - mean;
    square += centered * centered;
  }
  return {first, mean, 1.0f / __builtin_sqrtf(square / columns + epsilon)};
}

void Values(const float* x, const float* __restrict gamma, const float* __restrict beta,
            int64_t rows, int64_t columns, float epsilon, float* outputs) {
  for (int64_t row = 0; row < rows; ++row, x += columns, outputs += columns) {
    const Scale scale = ScaleOf(x, columns, epsilon);
    const float* __restrict from = x;
    float* __restrict to = outputs;
#pragma GCC ivdep
    for (int64_t i = 0; i < columns; ++i) {
      to[i] = (from[i] - scale.first - scale.mean) * scale.factor * gamma[i] + beta[i];
    }
  }
}

void Gradient(const float* changes, const float* x, const float* __restrict gamma, int64_t rows,
              int64_t columns, float epsilon, float* by_x, float* __restrict by_gamma,
              float* __restrict by_beta) {
  const int64_t whole = columns / kWidth * kWidth;
  for (int64_t row = 0; row < rows; ++row, changes += columns, x += columns, by_x += columns) {
    const Scale scale = ScaleOf(x, columns, epsilon);
    Vector sums = {}, products = {};
    for (int64_t i = 0; i < whole; i += kWidth) {
      const Vector change = Load(changes + i);
      const Vector normal = (Load(x + i) - scale.first - scale.mean) * scale.factor;
      const Vector weighed = change * Load(gamma + i);
      sums += weighed;
      products += weighed * normal;
      Store(by_gamma + i, Load(by_gamma + i) + change * normal);
      Store(by_beta + i, Load(by_beta + i) + change);
    }
    float sum = Sum(sums), product = Sum(products);
    for (int64_t i = whole; i < columns; ++i) {
      const float normal = (x[i] - scale.first - scale.mean) * scale.factor;
      sum += changes[i] * gamma[i];
      product += changes[i] * gamma[i] * normal;
      by_gamma[i] += changes[i] * normal;
      by_beta[i] += changes[i];
    }
    const float mean = sum / columns, slope = product / columns;
    const float* __restrict from = x;
    const float* __restrict change = changes;
    float* __restrict to = by_x;
#pragma GCC ivdep
    for (int64_t i = 0; i < columns; ++i) {
      const float normal = (from[i] - scale.first - scale.mean) * scale.factor;
      to[i] = (change[i] * gamma[i] - mean - normal * slope) * scale.factor;
    }
  }
}

}  // namespace

const NormalizationRows CORNU_FOR(kNormalization) = {Values, Gradient};

}  // namespace cornu
