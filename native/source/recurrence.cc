// LSTM and GRU over whole sequences, and their gradients, in float32.
//
// Each thread takes some rows of the batch through all steps, so that threads never wait for each
// other and a row's states stay in the cache. (oneDNN's own routines meet after each step.)

#include <omp.h>

#include <algorithm>

#include "common.h"
#include "recurrence_rows.h"

namespace cornu {
namespace {

constexpr int64_t kLeastRows = 4;  // of a thread

const Rows& ForThisProcessor() {
  static const Rows& rows = __builtin_cpu_supports("avx512f") ? kRowsAvx512
                            : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                ? kRowsAvx2
                                : kRowsBase;
  return rows;
}

// The arguments or results of a call, in turn, each checked against the shape that it must have.
template <typename Tensors>
class Reader {
 public:
  explicit Reader(const Tensors& tensors) : tensors_(tensors) {}

  size_t Count() const { return tensors_.size(); }

  Dims Shape(size_t index) const { return Copied(At(index).dimensions()); }

  template <typename T = float>
  T* Next(const Dims& shape) {
    const auto buffer = At(next_++);
    constexpr auto type = sizeof(T) == 1 ? ffi::DataType::PRED : ffi::DataType::F32;
    if (buffer.element_type() != type || Copied(buffer.dimensions()) != shape) {
      throw std::invalid_argument("tensor " + std::to_string(next_) + " has a wrong shape or type");
    }
    return reinterpret_cast<T*>(buffer.untyped_data());
  }

  // One that is not there if it is empty.
  template <typename T = float>
  T* NextIfAny(const Dims& shape) {
    if (At(next_).element_count() > 0) return Next<T>(shape);
    ++next_;
    return nullptr;
  }

  bool More() const { return next_ < tensors_.size(); }

 private:
  ffi::AnyBuffer At(size_t index) const {
    if (index >= tensors_.size()) throw std::invalid_argument("there are too few tensors");
    if constexpr (std::is_same_v<Tensors, ffi::RemainingArgs>) {
      return tensors_.template get<ffi::AnyBuffer>(index).value();
    } else {
      return *tensors_.template get<ffi::AnyBuffer>(index).value();
    }
  }

  const Tensors& tensors_;
  size_t next_ = 0;
};

using Arguments = Reader<ffi::RemainingArgs>;
using Results = Reader<ffi::RemainingRets>;

// Packs the kernel, then takes all rows through the sequence, in parallel.
void RunAll(Pass pass, const float* kernel, int64_t gates, bool turned,
            void (*run)(const Pass& pass)) {
  const Rows& rows = ForThisProcessor();
  const int64_t depth = turned ? gates * pass.units : pass.units;
  const int64_t columns = turned ? pass.units : gates * pass.units;
  const Room packed(rows.packed_size(depth, columns) * sizeof(float));
  rows.pack(kernel, depth, columns, turned, static_cast<float*>(packed.data()));
  pass.packed = static_cast<const float*>(packed.data());
  const int64_t each = ScratchFloats(pass.units);
  const Room scratch(pass.batch * each * sizeof(float));
  const int64_t parts =
      std::clamp<int64_t>(pass.batch / kLeastRows, 1, static_cast<int64_t>(omp_get_max_threads()));
#pragma omp parallel for num_threads(parts) schedule(static, 1)
  for (int64_t part = 0; part < parts; ++part) {
    Pass own = pass;
    own.first = pass.batch * part / parts;
    own.last = pass.batch * (part + 1) / parts;
    own.scratch = static_cast<float*>(scratch.data()) + own.first * each;
    run(own);
  }
}

// Sizes from the shape of a tensor (time, batch, units times `parts`).
Pass Begin(const Dims& shape, int64_t parts, bool reverse) {
  if (shape.size() != 3 || shape[2] % parts != 0) {
    throw std::invalid_argument("sequences must be (time, batch, units times the number of gates)");
  }
  Pass pass = {};
  pass.time = shape[0];
  pass.batch = shape[1];
  pass.units = shape[2] / parts;
  pass.reverse = reverse;
  return pass;
}

struct Cell {
  int64_t gates;               // side by side in the kernel
  int states;
  std::vector<int64_t> factors;  // tensors, in units
  int64_t sources;             // in units
  void (*Rows::*run)(const Pass&);
  void (*Rows::*gradient)(const Pass&);
};

const Cell& LstmCell() {
  static const auto* cell = new Cell{4, 2, {4, 1, 1}, 4, &Rows::lstm, &Rows::lstm_gradient};
  return *cell;
}

const Cell& GruCell() {
  static const auto* cell = new Cell{3, 1, {2, 1, 1, 1}, 4, &Rows::gru, &Rows::gru_gradient};
  return *cell;
}

// Arguments: inputs times kernel, recurrent kernel, bias of the inputs, bias of the recurrent product,
// whether steps count, states before the first. Results: outputs (if `keep`), last states, and (if
// wanted) factors of the derivative. Biases and the mask are empty if there are none.
void Values(const Cell& cell, Arguments arguments, Results results, bool reverse, bool keep) {
  Pass pass = Begin(arguments.Shape(0), cell.gates, reverse);
  const int64_t time = pass.time, batch = pass.batch, units = pass.units;
  const Dims state = {batch, units};
  pass.projected = arguments.Next({time, batch, cell.gates * units});
  const float* kernel = arguments.Next({units, cell.gates * units});
  pass.bias = arguments.NextIfAny({cell.gates * units});
  pass.inner_bias = arguments.NextIfAny({cell.gates * units});
  pass.kept = arguments.NextIfAny<bool>({time, batch, 1});
  for (int i = 0; i < cell.states; ++i) pass.states[i] = arguments.Next(state);
  if (keep) pass.outputs = results.Next({time, batch, units});
  for (int i = 0; i < cell.states; ++i) pass.last_states[i] = results.Next(state);
  for (size_t i = 0; i < cell.factors.size() && results.More(); ++i) {
    pass.factors[i] = results.Next({time, batch, cell.factors[i] * units});
  }
  RunAll(pass, kernel, cell.gates, false, ForThisProcessor().*cell.run);
}

// Arguments: gradients by the outputs (if `keep`) and by the last states, recurrent kernel, whether
// steps count, factors. Results: gradients by what came from outside, and by the first states.
void Gradient(const Cell& cell, Arguments arguments, Results results, bool reverse, bool keep) {
  Pass pass = Begin(arguments.Shape(arguments.Count() - 1), 1, reverse);
  const int64_t time = pass.time, batch = pass.batch, units = pass.units;
  const Dims state = {batch, units};
  if (keep) pass.changes = arguments.Next({time, batch, units});
  for (int i = 0; i < cell.states; ++i) pass.states[i] = arguments.Next(state);
  const float* kernel = arguments.Next({units, cell.gates * units});
  pass.kept = arguments.NextIfAny<bool>({time, batch, 1});
  for (size_t i = 0; i < cell.factors.size(); ++i) {
    pass.factors[i] = arguments.Next({time, batch, cell.factors[i] * units});
  }
  pass.sources = results.Next({time, batch, cell.sources * units});
  for (int i = 0; i < cell.states; ++i) pass.last_states[i] = results.Next(state);
  RunAll(pass, kernel, cell.gates, true, ForThisProcessor().*cell.gradient);
}

template <const Cell& (*kCell)(), auto kRun>
ffi::Error Handler(ffi::RemainingArgs arguments, ffi::RemainingRets results, bool reverse,
                   bool keep) {
  return Guarded("recurrence", [&] {
    kRun(kCell(), Arguments(arguments), Results(results), reverse, keep);
  });
}

constexpr auto LstmValues = Handler<LstmCell, Values>;
constexpr auto LstmGradients = Handler<LstmCell, Gradient>;
constexpr auto GruValues = Handler<GruCell, Values>;
constexpr auto GruGradients = Handler<GruCell, Gradient>;

}  // namespace
}  // namespace cornu

#define CORNU_SEQUENCE \
  xla::ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attr<bool>("reverse").Attr<bool>("keep")

XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_lstm, cornu::LstmValues, CORNU_SEQUENCE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_lstm_gradient, cornu::LstmGradients, CORNU_SEQUENCE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_gru, cornu::GruValues, CORNU_SEQUENCE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_gru_gradient, cornu::GruGradients, CORNU_SEQUENCE);
