// Recurrent steps for some rows of a batch, in the vector instructions of one kind of processor.
//
// The file recurrence_rows.cc is compiled once for each kind; nothing of the C++ library may be used
// in it, or a function made for one processor could be linked into what runs on another.

#ifndef CORNU_NATIVE_RECURRENCE_ROWS_H_
#define CORNU_NATIVE_RECURRENCE_ROWS_H_

#include <cstdint>

namespace cornu {

// One pass over a sequence, for rows `first` to before `last` of the batch. Tensors are (time,
// batch, ...) in memory; those that are null are not there, or not wanted.
struct Pass {
  int64_t time, batch, units, first, last;
  bool reverse;              // whether the first step is the last in memory
  const bool* kept;          // (time, batch): whether a step counts
  const float* packed;       // the recurrent kernel, from `pack` (turned round, for gradients)
  const float* bias;         // of the inputs
  const float* inner_bias;   // of the recurrent product
  const float* projected;    // inputs times kernel
  const float* states[2];    // before the first step, or gradients by the last ones
  float* outputs;            // of each step
  float* last_states[2];     // or gradients by the first ones
  // Factors of the derivative of each step: written with the values, read for gradients.
  float* factors[4];
  const float* changes;      // gradients by the outputs
  float* sources;            // gradients by what came from outside
  float* scratch;            // for `scratch_floats(units)` numbers a row
};

struct Rows {
  int64_t panel;  // columns that are computed together
  // Numbers that `pack` writes for a matrix.
  int64_t (*packed_size)(int64_t rows, int64_t columns);
  // A matrix (rows, columns), or its transpose, in the order in which products read it.
  void (*pack)(const float* matrix, int64_t rows, int64_t columns, bool turned, float* packed);
  void (*lstm)(const Pass& pass);
  void (*lstm_gradient)(const Pass& pass);
  void (*gru)(const Pass& pass);
  void (*gru_gradient)(const Pass& pass);
};

// Numbers of scratch that a row needs.
inline int64_t ScratchFloats(int64_t units) { return 8 * units; }

extern const Rows kRowsBase, kRowsAvx2, kRowsAvx512;

}  // namespace cornu

#endif  // CORNU_NATIVE_RECURRENCE_ROWS_H_
