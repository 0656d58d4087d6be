#include "recurrence_rows.h"

#include <cstring>

#include "vectors.h"

namespace cornu {
namespace {

int64_t PackedSize(int64_t rows, int64_t columns) {
  return rows * ((columns + kPanel - 1) / kPanel * kPanel);
}

void Pack(const float* matrix, int64_t rows, int64_t columns, bool turned, float* packed) {
  const int64_t row_step = turned ? 1 : columns, column_step = turned ? rows : 1;
  for (int64_t first = 0; first < columns; first += kPanel) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = first; column < first + kPanel; ++column) {
        *packed++ = column < columns ? matrix[row * row_step + column * column_step] : 0.0f;
      }
    }
  }
}

// `sums` += rows of `x` times one panel, for `kRows` rows.
template <int kRows>
CORNU_INLINE void AddPanel(const float* x, int64_t x_step, const float* panel, int64_t depth,
                           float* sums, int64_t sums_step) {
  Vector total[kRows][2];
  for (int row = 0; row < kRows; ++row) {
    total[row][0] = Load(sums + row * sums_step);
    total[row][1] = Load(sums + row * sums_step + kWidth);
  }
  for (int64_t k = 0; k < depth; ++k) {
    const Vector left = Load(panel + k * kPanel);
    const Vector right = Load(panel + k * kPanel + kWidth);
    for (int row = 0; row < kRows; ++row) {
      const float item = x[row * x_step + k];
      total[row][0] += item * left;
      total[row][1] += item * right;
    }
  }
  for (int row = 0; row < kRows; ++row) {
    Store(sums + row * sums_step, total[row][0]);
    Store(sums + row * sums_step + kWidth, total[row][1]);
  }
}

template <int kRows>
struct Remainder {
  static void Add(int64_t rows, const float* x, int64_t x_step, const float* panel, int64_t depth,
                  float* sums, int64_t sums_step) {
    if (rows == kRows) {
      AddPanel<kRows>(x, x_step, panel, depth, sums, sums_step);
    } else {
      Remainder<kRows - 1>::Add(rows, x, x_step, panel, depth, sums, sums_step);
    }
  }
};

template <>
struct Remainder<0> {
  static void Add(int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) {}
};

// `sums` (rows, columns) += `x` (rows, depth) times the packed matrix (depth, columns).
void AddProduct(int64_t rows, int64_t columns, int64_t depth, const float* x, int64_t x_step,
                const float* packed, float* sums, int64_t sums_step) {
  for (int64_t column = 0; column < columns; column += kPanel, packed += depth * kPanel) {
    const int64_t width = columns - column < kPanel ? columns - column : kPanel;
    for (int64_t row = 0; row < rows; row += kBlock) {
      const int64_t count = rows - row < kBlock ? rows - row : kBlock;
      const float* from = x + row * x_step;
      float* to = sums + row * sums_step + column;
      if (width == kPanel) {
        Remainder<kBlock>::Add(count, from, x_step, packed, depth, to, sums_step);
        continue;
      }
      float edge[kBlock * kPanel] = {};
      for (int64_t i = 0; i < count; ++i) {
        memcpy(edge + i * kPanel, to + i * sums_step, width * sizeof(float));
      }
      Remainder<kBlock>::Add(count, from, x_step, packed, depth, edge, kPanel);
      for (int64_t i = 0; i < count; ++i) {
        memcpy(to + i * sums_step, edge + i * kPanel, width * sizeof(float));
      }
    }
  }
}

CORNU_INLINE float Sigmoid(float x) {
  const float y = 1.0f / (1.0f + Exponential(-x));
  return x != x ? x : y;
}

CORNU_INLINE float Tanh(float x) {
  const float size = x < 0.0f ? -x : x;
  const float e = Exponential(-2.0f * size);
  const float far = (1.0f - e) / (1.0f + e);
  // Near zero that difference loses digits; the series does not.
  const float square = x * x;
  const float near =
      size * (1.0f + square * (-0.333333333f + square * (0.133333333f - square * 0.0539682540f)));
  const float y = size < 0.1f ? near : far;
  return x != x ? x : (x < 0.0f ? -y : y);
}

CORNU_INLINE int64_t StepAt(const Pass& pass, int64_t number, bool backward) {
  return pass.reverse != backward ? pass.time - 1 - number : number;
}

// The rows' states before the first step into their scratch.
CORNU_INLINE void CopyRows(const Pass& pass, const float* from, float* to) {
  const int64_t count = (pass.last - pass.first) * pass.units;
  if (from == nullptr) {
    memset(to, 0, count * sizeof(float));
  } else {
    memcpy(to, from + pass.first * pass.units, count * sizeof(float));
  }
}

CORNU_INLINE void StoreRows(const Pass& pass, const float* from, float* to) {
  if (to == nullptr) return;
  memcpy(to + pass.first * pass.units, from,
         (pass.last - pass.first) * pass.units * sizeof(float));
}

// What the gates of one row of one step become.
struct LstmRow {
  const float *z;            // sums, (input, forget, candidate, output) side by side
  float *output, *carry;     // states; in: before, out: after
  float *by_gate, *keep, *show;
};

template <bool kFactors>
CORNU_INLINE void LstmGates(int64_t units, const LstmRow& row) {
  const float* __restrict z = row.z;
  float* __restrict output = row.output;
  float* __restrict carry = row.carry;
  float* __restrict by_input = row.by_gate;
  float* __restrict by_forget = kFactors ? row.by_gate + units : nullptr;
  float* __restrict by_candidate = kFactors ? row.by_gate + 2 * units : nullptr;
  float* __restrict by_show = kFactors ? row.by_gate + 3 * units : nullptr;
  float* __restrict keep = row.keep;
  float* __restrict show = row.show;
#pragma GCC ivdep
  for (int64_t u = 0; u < units; ++u) {
    const float i = Sigmoid(z[u]), f = Sigmoid(z[units + u]);
    const float g = Tanh(z[2 * units + u]), o = Sigmoid(z[3 * units + u]);
    const float before = carry[u], after = f * before + i * g, shown = Tanh(after);
    carry[u] = after;
    output[u] = o * shown;
    if (kFactors) {
      by_input[u] = i * (1.0f - i) * g;
      by_forget[u] = f * (1.0f - f) * before;
      by_candidate[u] = (1.0f - g * g) * i;
      by_show[u] = o * (1.0f - o) * shown;
      keep[u] = f;
      show[u] = o * (1.0f - shown * shown);
    }
  }
}

template <bool kFactors>
void LstmPass(const Pass& pass) {
  const int64_t units = pass.units, rows = pass.last - pass.first, gates = 4 * units;
  float *output = pass.scratch, *carry = output + rows * units, *z = carry + rows * units;
  float* old = z + rows * gates;  // of one row
  CopyRows(pass, pass.states[0], output);
  CopyRows(pass, pass.states[1], carry);
  for (int64_t number = 0; number < pass.time; ++number) {
    const int64_t start = StepAt(pass, number, false) * pass.batch + pass.first;
    memcpy(z, pass.projected + start * gates, rows * gates * sizeof(float));
    for (int64_t row = 0; row < rows && pass.bias != nullptr; ++row) {
      for (int64_t i = 0; i < gates; ++i) z[row * gates + i] += pass.bias[i];
    }
    AddProduct(rows, gates, units, output, units, pass.packed, z, gates);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = start + row;
      float *h = output + row * units, *c = carry + row * units;
      const bool kept = pass.kept == nullptr || pass.kept[at];
      if (!kept) {
        memcpy(old, h, units * sizeof(float));
        memcpy(old + units, c, units * sizeof(float));
      }
      LstmRow parts = {z + row * gates, h, c, nullptr, nullptr, nullptr};
      if (kFactors) {
        parts.by_gate = pass.factors[0] + at * gates;
        parts.keep = pass.factors[1] + at * units;
        parts.show = pass.factors[2] + at * units;
      }
      LstmGates<kFactors>(units, parts);
      if (!kept) {
        memcpy(h, old, units * sizeof(float));
        memcpy(c, old + units, units * sizeof(float));
      }
      if (pass.outputs != nullptr) memcpy(pass.outputs + at * units, h, units * sizeof(float));
    }
  }
  StoreRows(pass, output, pass.last_states[0]);
  StoreRows(pass, carry, pass.last_states[1]);
}

void Lstm(const Pass& pass) {
  if (pass.factors[0] != nullptr) {
    LstmPass<true>(pass);
  } else {
    LstmPass<false>(pass);
  }
}

void LstmGradient(const Pass& pass) {
  const int64_t units = pass.units, rows = pass.last - pass.first, gates = 4 * units;
  // Gradients by the output and the carry of the step at hand, from the steps after it.
  float *by_output = pass.scratch, *by_carry = by_output + rows * units;
  CopyRows(pass, pass.states[0], by_output);
  CopyRows(pass, pass.states[1], by_carry);
  for (int64_t number = 0; number < pass.time; ++number) {
    const int64_t start = StepAt(pass, number, true) * pass.batch + pass.first;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = start + row;
      float* __restrict h = by_output + row * units;
      float* __restrict c = by_carry + row * units;
      if (pass.changes != nullptr) {
        const float* __restrict change = pass.changes + at * units;
#pragma GCC ivdep
        for (int64_t u = 0; u < units; ++u) h[u] += change[u];
      }
      float* __restrict source = pass.sources + at * gates;
      if (pass.kept != nullptr && !pass.kept[at]) {
        memset(source, 0, gates * sizeof(float));
        continue;
      }
      const float* __restrict by_gate = pass.factors[0] + at * gates;
      const float* __restrict keep = pass.factors[1] + at * units;
      const float* __restrict show = pass.factors[2] + at * units;
      float* __restrict forget = source + units;
      float* __restrict candidate = source + 2 * units;
      float* __restrict shown = source + 3 * units;
#pragma GCC ivdep
      for (int64_t u = 0; u < units; ++u) {
        const float change = c[u] + show[u] * h[u];
        source[u] = by_gate[u] * change;
        forget[u] = by_gate[units + u] * change;
        candidate[u] = by_gate[2 * units + u] * change;
        shown[u] = by_gate[3 * units + u] * h[u];
        c[u] = keep[u] * change;
        h[u] = 0.0f;
      }
    }
    AddProduct(rows, units, gates, pass.sources + start * gates, gates, pass.packed, by_output,
               units);
  }
  StoreRows(pass, by_output, pass.last_states[0]);
  StoreRows(pass, by_carry, pass.last_states[1]);
}

struct GruRow {
  const float *x, *bias, *z;  // inputs' part, its bias, recurrent part
  float* output;
  float *by_gate, *by_candidate, *by_inner, *keep;
};

template <bool kFactors, bool kBias>
CORNU_INLINE void GruGates(int64_t units, const GruRow& row) {
  const float* __restrict x = row.x;
  const float* __restrict bias = row.bias;
  const float* __restrict z = row.z;
  float* __restrict output = row.output;
  float* __restrict by_update = row.by_gate;
  float* __restrict by_reset = kFactors ? row.by_gate + units : nullptr;
  float* __restrict by_candidate = row.by_candidate;
  float* __restrict by_inner = row.by_inner;
  float* __restrict keep = row.keep;
#pragma GCC ivdep
  for (int64_t i = 0; i < units; ++i) {
    const int64_t j = units + i, k = 2 * units + i;
    const float update = Sigmoid(x[i] + (kBias ? bias[i] : 0.0f) + z[i]);
    const float reset = Sigmoid(x[j] + (kBias ? bias[j] : 0.0f) + z[j]);
    const float candidate = Tanh(x[k] + (kBias ? bias[k] : 0.0f) + reset * z[k]);
    const float before = output[i];
    output[i] = update * before + (1.0f - update) * candidate;
    if (kFactors) {
      const float slope = (1.0f - update) * (1.0f - candidate * candidate);
      by_update[i] = update * (1.0f - update) * (before - candidate);
      by_reset[i] = reset * (1.0f - reset) * slope * z[k];
      by_candidate[i] = slope;
      by_inner[i] = slope * reset;
      keep[i] = update;
    }
  }
}

template <bool kFactors>
void GruPass(const Pass& pass) {
  const int64_t units = pass.units, rows = pass.last - pass.first, gates = 3 * units;
  float *output = pass.scratch, *z = output + rows * units;
  float* old = z + rows * gates;  // of one row
  CopyRows(pass, pass.states[0], output);
  for (int64_t number = 0; number < pass.time; ++number) {
    const int64_t start = StepAt(pass, number, false) * pass.batch + pass.first;
    for (int64_t row = 0; row < rows; ++row) {
      if (pass.inner_bias == nullptr) {
        memset(z + row * gates, 0, gates * sizeof(float));
      } else {
        memcpy(z + row * gates, pass.inner_bias, gates * sizeof(float));
      }
    }
    AddProduct(rows, gates, units, output, units, pass.packed, z, gates);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = start + row;
      float* h = output + row * units;
      const bool kept = pass.kept == nullptr || pass.kept[at];
      if (!kept) memcpy(old, h, units * sizeof(float));
      GruRow parts = {pass.projected + at * gates, pass.bias, z + row * gates, h,
                      nullptr, nullptr, nullptr, nullptr};
      if (kFactors) {
        parts.by_gate = pass.factors[0] + at * 2 * units;
        parts.by_candidate = pass.factors[1] + at * units;
        parts.by_inner = pass.factors[2] + at * units;
        parts.keep = pass.factors[3] + at * units;
      }
      if (pass.bias == nullptr) {
        GruGates<kFactors, false>(units, parts);
      } else {
        GruGates<kFactors, true>(units, parts);
      }
      if (!kept) memcpy(h, old, units * sizeof(float));
      if (pass.outputs != nullptr) memcpy(pass.outputs + at * units, h, units * sizeof(float));
    }
  }
  StoreRows(pass, output, pass.last_states[0]);
}

void Gru(const Pass& pass) {
  if (pass.factors[0] != nullptr) {
    GruPass<true>(pass);
  } else {
    GruPass<false>(pass);
  }
}

void GruGradient(const Pass& pass) {
  const int64_t units = pass.units, rows = pass.last - pass.first, gates = 3 * units;
  // By the output of the step at hand; and what goes through the recurrent product.
  float *by_output = pass.scratch, *inner = by_output + rows * units;
  CopyRows(pass, pass.states[0], by_output);
  for (int64_t number = 0; number < pass.time; ++number) {
    const int64_t start = StepAt(pass, number, true) * pass.batch + pass.first;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = start + row;
      float* __restrict h = by_output + row * units;
      if (pass.changes != nullptr) {
        const float* __restrict change = pass.changes + at * units;
#pragma GCC ivdep
        for (int64_t u = 0; u < units; ++u) h[u] += change[u];
      }
      float* __restrict source = pass.sources + at * 4 * units;
      float* __restrict through = inner + row * gates;
      if (pass.kept != nullptr && !pass.kept[at]) {
        memset(source, 0, 4 * units * sizeof(float));
        memset(through, 0, gates * sizeof(float));
        continue;
      }
      const float* __restrict by_gate = pass.factors[0] + at * 2 * units;
      const float* __restrict by_candidate = pass.factors[1] + at * units;
      const float* __restrict by_inner = pass.factors[2] + at * units;
      const float* __restrict keep = pass.factors[3] + at * units;
      float* __restrict reset = source + units;
      float* __restrict candidate = source + 2 * units;
      float* __restrict inside = source + 3 * units;
#pragma GCC ivdep
      for (int64_t u = 0; u < units; ++u) {
        const float change = h[u];
        source[u] = by_gate[u] * change;
        reset[u] = by_gate[units + u] * change;
        candidate[u] = by_candidate[u] * change;
        inside[u] = by_inner[u] * change;
        h[u] = keep[u] * change;
      }
      memcpy(through, source, 2 * units * sizeof(float));
      memcpy(through + 2 * units, inside, units * sizeof(float));
    }
    AddProduct(rows, units, gates, inner, gates, pass.packed, by_output, units);
  }
  StoreRows(pass, by_output, pass.last_states[0]);
}

}  // namespace

const Rows CORNU_FOR(kRows) = {kPanel, PackedSize, Pack, Lstm, LstmGradient, Gru, GruGradient};

}  // namespace cornu
