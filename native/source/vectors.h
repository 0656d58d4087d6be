// Vectors of float32 in the instructions of the processor that a file is compiled for. Only for files
// *_rows.cc: all that is here belongs to the one that includes it.

#ifndef CORNU_NATIVE_VECTORS_H_
#define CORNU_NATIVE_VECTORS_H_

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#define CORNU_FOR(name) name##Avx512
#define CORNU_WIDTH 16
#elif defined(__AVX2__)
#define CORNU_FOR(name) name##Avx2
#define CORNU_WIDTH 8
#else
#define CORNU_FOR(name) name##Base
#define CORNU_WIDTH 4
#endif

#define CORNU_INLINE inline __attribute__((always_inline))
// (`ivdep` at loops: nothing that they write overlaps with anything else, which the compiler cannot
// see.)

namespace cornu {
namespace {

constexpr int kWidth = CORNU_WIDTH;  // numbers in a vector
// Rows of which all sums stay in registers, for so many columns.
constexpr int kBlock = kWidth == 16 ? 12 : kWidth == 8 ? 6 : 4;
constexpr int kPanel = 2 * kWidth;

typedef float Vector __attribute__((vector_size(4 * CORNU_WIDTH), aligned(4), may_alias));

CORNU_INLINE Vector Load(const float* from) { return *reinterpret_cast<const Vector*>(from); }

CORNU_INLINE void Store(float* to, const Vector& value) { *reinterpret_cast<Vector*>(to) = value; }

CORNU_INLINE float Sum(const Vector& parts) {
  float sum = 0.0f;
  for (int i = 0; i < kWidth; ++i) sum += parts[i];
  return sum;
}

CORNU_INLINE int64_t Parts(int64_t size, int64_t part) { return (size + part - 1) / part; }

CORNU_INLINE int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }

// e^x to the last bit or two: 2^n times the series of the rest, which is at most ln(2) / 2.
CORNU_INLINE float Exponential(float x) {
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln(2) in two parts
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4b400000 + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

}  // namespace
}  // namespace cornu

#endif  // CORNU_NATIVE_VECTORS_H_
