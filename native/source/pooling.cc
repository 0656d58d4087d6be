// Pooling over windows of one to three spatial axes, channels last, in float32.
//
// oneDNN's max pooling loses NaN and minus infinity, which must reach the loss to be seen; and all
// the work is in memory, so plain loops over channels are as fast.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common.h"

namespace cornu {
namespace {

constexpr int kAxes = 3;
constexpr int64_t kLeastChannels = 16;  // of what one thread takes, a cache line

struct Windows {
  int64_t batch, channels;
  int64_t inputs[kAxes], outputs[kAxes];  // spatial sizes
  int64_t size[kAxes], strides[kAxes], before[kAxes];
};

Windows Describe(Sizes inputs, Sizes outputs, Sizes size, Sizes strides, Sizes before) {
  const size_t rank = size.size();
  if (rank < 1 || rank > kAxes || strides.size() != rank || before.size() != rank ||
      inputs.size() != rank + 2 || outputs.size() != rank + 2) {
    throw std::invalid_argument("tensors and options must have 1 to 3 spatial axes");
  }
  if (inputs.front() != outputs.front() || inputs.back() != outputs.back()) {
    throw std::invalid_argument("inputs and outputs must agree in batch and channels");
  }
  Windows windows{inputs.front(), inputs.back(), {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {}};
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t place = kAxes - rank + axis;
    windows.inputs[place] = inputs[axis + 1];
    windows.outputs[place] = outputs[axis + 1];
    windows.size[place] = size[axis];
    windows.strides[place] = strides[axis];
    windows.before[place] = before[axis];
    if (size[axis] < 1 || strides[axis] < 1) {
      throw std::invalid_argument("windows and strides must be positive");
    }
  }
  return windows;
}

// The part of a window that is no padding: from `low` to before `high` along each axis.
struct Part {
  int64_t low[kAxes], high[kAxes];

  int64_t Count() const {
    int64_t count = 1;
    for (int axis = 0; axis < kAxes; ++axis) count *= std::max<int64_t>(high[axis] - low[axis], 0);
    return count;
  }
};

Part PartOf(const Windows& windows, const int64_t* output) {
  Part part;
  for (int axis = 0; axis < kAxes; ++axis) {
    const int64_t start = output[axis] * windows.strides[axis] - windows.before[axis];
    part.low[axis] = std::max<int64_t>(start, 0);
    part.high[axis] = std::min(start + windows.size[axis], windows.inputs[axis]);
  }
  return part;
}

// Calls `visit(offset)` for the first channel of each place of a part, in row-major order.
template <typename Visit>
inline void ForEachPlace(const Windows& windows, const Part& part, Visit&& visit) {
  for (int64_t i = part.low[0]; i < part.high[0]; ++i) {
    for (int64_t j = part.low[1]; j < part.high[1]; ++j) {
      const int64_t row = (i * windows.inputs[1] + j) * windows.inputs[2];
      for (int64_t k = part.low[2]; k < part.high[2]; ++k) visit((row + k) * windows.channels);
    }
  }
}

// Calls `visit(output offset, part)` for each output of an image.
template <typename Visit>
inline void ForEachOutput(const Windows& windows, Visit&& visit) {
  int64_t output[kAxes], offset = 0;
  for (output[0] = 0; output[0] < windows.outputs[0]; ++output[0]) {
    for (output[1] = 0; output[1] < windows.outputs[1]; ++output[1]) {
      for (output[2] = 0; output[2] < windows.outputs[2]; ++output[2]) {
        visit(offset, PartOf(windows, output));
        offset += windows.channels;
      }
    }
  }
}

int64_t Volume(const int64_t* sizes) { return sizes[0] * sizes[1] * sizes[2]; }

// One row of outputs, and one place in their windows: those outputs that have an input there.
struct Strip {
  uint8_t number;         // of the place in the window, row-major
  int64_t input, output;  // offsets of the first of them
  int64_t columns;
};

// Sizes for the loops over a strip: how many outputs, their channels, and from one to the next.
struct Loops {
  int64_t columns, channels, input_step, output_step;
};

Loops LoopsOf(const Windows& windows, const Strip& strip, int64_t channels) {
  return {strip.columns, channels, windows.strides[2] * windows.channels, windows.channels};
}

// The strip along the last axis for place `column` in the windows, as if inputs began at 0.
Strip StripAt(const Windows& windows, int64_t column) {
  const int64_t shift = column - windows.before[2], step = windows.strides[2];
  const int64_t first = shift < 0 ? (step - 1 - shift) / step : 0;
  const int64_t left = windows.inputs[2] - shift;
  const int64_t last = left > 0 ? std::min((left + step - 1) / step, windows.outputs[2]) : 0;
  return {0, (first * step + shift) * windows.channels, first * windows.channels,
          std::max<int64_t>(last - first, 0)};
}

// Calls `visit(strip)` for each place in the windows of one row of outputs that has inputs.
template <typename Visit>
inline void ForEachStrip(const Windows& windows, int64_t plane, int64_t row, Visit&& visit) {
  const int64_t outputs = (plane * windows.outputs[1] + row) * windows.outputs[2];
  for (int64_t i = 0; i < windows.size[0]; ++i) {
    const int64_t from_plane = plane * windows.strides[0] - windows.before[0] + i;
    if (from_plane < 0 || from_plane >= windows.inputs[0]) continue;
    for (int64_t j = 0; j < windows.size[1]; ++j) {
      const int64_t from_row = row * windows.strides[1] - windows.before[1] + j;
      if (from_row < 0 || from_row >= windows.inputs[1]) continue;
      const int64_t inputs = (from_plane * windows.inputs[1] + from_row) * windows.inputs[2];
      for (int64_t k = 0; k < windows.size[2]; ++k) {
        Strip strip = StripAt(windows, k);
        strip.number = static_cast<uint8_t>((i * windows.size[1] + j) * windows.size[2] + k);
        strip.input += inputs * windows.channels;
        strip.output += outputs * windows.channels;
        if (strip.columns > 0) visit(strip);
      }
    }
  }
}

// Calls `visit(plane, row)` for each row of outputs of an image.
template <typename Visit>
inline void ForEachRow(const Windows& windows, Visit&& visit) {
  for (int64_t plane = 0; plane < windows.outputs[0]; ++plane) {
    for (int64_t row = 0; row < windows.outputs[1]; ++row) visit(plane, row);
  }
}

// Runs `work(first input, first output, channels)` for each image, in parallel; if there are few
// images, for pieces of their channels.
template <typename Work>
void ForEachImage(const Windows& windows, Work&& work) {
  const int64_t pieces = windows.batch >= 8 ? 1 : std::max<int64_t>(windows.channels / kLeastChannels, 1);
  const int64_t inputs = Volume(windows.inputs), outputs = Volume(windows.outputs);
#pragma omp parallel for collapse(2)
  for (int64_t image = 0; image < windows.batch; ++image) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t first = windows.channels * piece / pieces;
      const int64_t last = windows.channels * (piece + 1) / pieces;
      work(image * inputs * windows.channels + first, image * outputs * windows.channels + first,
           last - first);
    }
  }
}

CORNU_VECTORIZED void TakeLarger(const float* __restrict x, float* __restrict largest,
                                 Loops loops) {
  for (int64_t column = 0; column < loops.columns; ++column) {
    for (int64_t c = 0; c < loops.channels; ++c) {
      largest[c] = ((x[c] > largest[c]) | (x[c] != x[c])) ? x[c] : largest[c];
    }
    x += loops.input_step;
    largest += loops.output_step;
  }
}

// The first place with the largest element, NaN counting as larger than all.
CORNU_VECTORIZED void Compare(const float* __restrict x, float* __restrict largest,
                              uint8_t* __restrict where, uint8_t number, Loops loops) {
  for (int64_t column = 0; column < loops.columns; ++column) {
    for (int64_t c = 0; c < loops.channels; ++c) {
      const bool better = (x[c] > largest[c]) | (x[c] != x[c]);
      largest[c] = better ? x[c] : largest[c];
      where[c] = better ? number : where[c];
    }
    x += loops.input_step;
    largest += loops.output_step;
    where += loops.output_step;
  }
}

CORNU_VECTORIZED void Add(const float* __restrict change, const uint8_t* __restrict where,
                          uint8_t number, float* __restrict sum, Loops loops) {
  for (int64_t column = 0; column < loops.columns; ++column) {
    for (int64_t c = 0; c < loops.channels; ++c) sum[c] += where[c] == number ? change[c] : 0.0f;
    sum += loops.input_step;
    change += loops.output_step;
    where += loops.output_step;
  }
}

CORNU_VECTORIZED void AddScaled(const float* x, float scale, float* sum, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) sum[c] += scale * x[c];
}

void Clear(const Windows& windows, float* inputs, int64_t channels) {
  for (int64_t place = 0; place < Volume(windows.inputs); ++place) {
    std::memset(inputs + place * windows.channels, 0, channels * sizeof(float));
  }
}

// Fill `channels` of each output of a strip.
template <typename T>
void FillStrip(const Windows& windows, const Strip& strip, int64_t channels, T value, T* outputs) {
  for (int64_t column = 0; column < strip.columns; ++column) {
    std::fill_n(outputs + strip.output + column * windows.channels, channels, value);
  }
}

Strip WholeRow(const Windows& windows, int64_t plane, int64_t row) {
  const int64_t outputs = (plane * windows.outputs[1] + row) * windows.outputs[2];
  return {0, 0, outputs * windows.channels, windows.outputs[2]};
}

// The largest element of each window.
void Largest(const Windows& windows, const float* x, float* y) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    ForEachRow(windows, [&](int64_t plane, int64_t row) {
      FillStrip(windows, WholeRow(windows, plane, row), channels, -INFINITY, y + output);
      ForEachStrip(windows, plane, row, [&](const Strip& strip) {
        TakeLarger(x + input + strip.input, y + output + strip.output,
                   LoopsOf(windows, strip, channels));
      });
    });
  });
}

// And the place of each in its window: the first one of those equal.
void Find(const Windows& windows, const float* x, float* y, uint8_t* where) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    std::vector<Strip> strips;
    ForEachRow(windows, [&](int64_t plane, int64_t row) {
      strips.clear();
      ForEachStrip(windows, plane, row, [&](const Strip& strip) { strips.push_back(strip); });
      const Strip whole = WholeRow(windows, plane, row);
      FillStrip(windows, whole, channels, -INFINITY, y + output);
      FillStrip<uint8_t>(windows, whole, channels, 0, where + output);
      // Where nothing is larger than minus infinity, it is the first place that is no padding.
      for (auto strip = strips.rbegin(); strip != strips.rend(); ++strip) {
        if (windows.before[0] + windows.before[1] + windows.before[2] == 0) break;
        FillStrip(windows, *strip, channels, strip->number, where + output);
      }
      for (const Strip& strip : strips) {
        Compare(x + input + strip.input, y + output + strip.output, where + output + strip.output,
                strip.number, LoopsOf(windows, strip, channels));
      }
    });
  });
}

// What stands for each window, added to where its largest element is.
void Spread(const Windows& windows, const float* change, const uint8_t* where, float* sum) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    Clear(windows, sum + input, channels);
    ForEachRow(windows, [&](int64_t plane, int64_t row) {
      ForEachStrip(windows, plane, row, [&](const Strip& strip) {
        Add(change + output + strip.output, where + output + strip.output, strip.number,
            sum + input + strip.input, LoopsOf(windows, strip, channels));
      });
    });
  });
}

void Mean(const Windows& windows, const float* x, float* y) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    ForEachOutput(windows, [&](int64_t offset, const Part& part) {
      float* mean = y + output + offset;
      std::fill(mean, mean + channels, 0.0f);
      const float scale = 1.0f / static_cast<float>(std::max<int64_t>(part.Count(), 1));
      ForEachPlace(windows, part,
                   [&](int64_t place) { AddScaled(x + input + place, scale, mean, channels); });
    });
  });
}

void MeanGradient(const Windows& windows, const float* change, float* sum) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    Clear(windows, sum + input, channels);
    ForEachOutput(windows, [&](int64_t offset, const Part& part) {
      const float scale = 1.0f / static_cast<float>(std::max<int64_t>(part.Count(), 1));
      ForEachPlace(windows, part, [&](int64_t place) {
        AddScaled(change + output + offset, scale, sum + input + place, channels);
      });
    });
  });
}

using Tensor = ffi::Buffer<ffi::F32>;
using Places = ffi::Buffer<ffi::U8>;
using Result = ffi::Result<Tensor>;

void CheckPlaces(const Windows& windows, const Tensor& outputs, Sizes places) {
  if (Volume(windows.size) > 256 || Copied(outputs.dimensions()) != Copied(places)) {
    throw std::invalid_argument("places must have the outputs' shape, windows at most 256 places");
  }
}

ffi::Error LargestHandler(Tensor x, Result y, Sizes size, Sizes strides, Sizes before) {
  return Guarded("max pooling", [&] {
    const auto windows = Describe(x.dimensions(), y->dimensions(), size, strides, before);
    Largest(windows, x.typed_data(), y->typed_data());
  });
}

ffi::Error FindHandler(Tensor x, Result y, ffi::Result<Places> where, Sizes size, Sizes strides,
                       Sizes before) {
  return Guarded("max pooling with places", [&] {
    const auto windows = Describe(x.dimensions(), y->dimensions(), size, strides, before);
    CheckPlaces(windows, *y, where->dimensions());
    Find(windows, x.typed_data(), y->typed_data(), where->typed_data());
  });
}

ffi::Error PutHandler(Tensor change, Places where, Result sum, Sizes size, Sizes strides,
                      Sizes before) {
  return Guarded("max pooling's gradient", [&] {
    const auto windows = Describe(sum->dimensions(), change.dimensions(), size, strides, before);
    CheckPlaces(windows, change, where.dimensions());
    Spread(windows, change.typed_data(), where.typed_data(), sum->typed_data());
  });
}

ffi::Error MeanHandler(Tensor x, Result y, Sizes size, Sizes strides, Sizes before) {
  return Guarded("average pooling", [&] {
    const auto windows = Describe(x.dimensions(), y->dimensions(), size, strides, before);
    Mean(windows, x.typed_data(), y->typed_data());
  });
}

ffi::Error MeanGradientHandler(Tensor change, Result sum, Sizes size, Sizes strides, Sizes before) {
  return Guarded("average pooling's gradient", [&] {
    const auto windows = Describe(sum->dimensions(), change.dimensions(), size, strides, before);
    MeanGradient(windows, change.typed_data(), sum->typed_data());
  });
}

}  // namespace
}  // namespace cornu

#define CORNU_TENSOR xla::ffi::Buffer<xla::ffi::F32>
#define CORNU_PLACES xla::ffi::Buffer<xla::ffi::U8>
#define CORNU_WINDOW_OPTIONS \
  Attr<cornu::Sizes>("size").Attr<cornu::Sizes>("strides").Attr<cornu::Sizes>("before")
#define CORNU_OF_ONE \
  xla::ffi::Ffi::Bind().Arg<CORNU_TENSOR>().Ret<CORNU_TENSOR>().CORNU_WINDOW_OPTIONS
#define CORNU_TO_PLACES                                                             \
  xla::ffi::Ffi::Bind().Arg<CORNU_TENSOR>().Ret<CORNU_TENSOR>().Ret<CORNU_PLACES>() \
      .CORNU_WINDOW_OPTIONS
#define CORNU_FROM_PLACES                                                           \
  xla::ffi::Ffi::Bind().Arg<CORNU_TENSOR>().Arg<CORNU_PLACES>().Ret<CORNU_TENSOR>() \
      .CORNU_WINDOW_OPTIONS

XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_largest, cornu::LargestHandler, CORNU_OF_ONE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_find, cornu::FindHandler, CORNU_TO_PLACES);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_put, cornu::PutHandler, CORNU_FROM_PLACES);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_mean, cornu::MeanHandler, CORNU_OF_ONE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_mean_gradient, cornu::MeanGradientHandler, CORNU_OF_ONE);
