// Pooling over windows of one to three spatial axes, channels last, in float32.
//
// oneDNN's max pooling loses NaN and minus infinity, which must reach the loss to be seen; and all
// the work is in memory, so plain loops over channels are as fast.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common.h"

// Loops that the compiler makes into vector instructions, for the processor that they run on.
#define CORNU_VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))

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

// The first place with the largest element, NaN counting as larger than all.
CORNU_VECTORIZED void Compare(const float* x, float* largest, int32_t* where, int32_t place,
                              int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    const bool better = (x[c] > largest[c]) | (x[c] != x[c]);
    largest[c] = better ? x[c] : largest[c];
    where[c] = better ? place : where[c];
  }
}

CORNU_VECTORIZED void TakeLarger(const float* x, float* largest, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    largest[c] = ((x[c] > largest[c]) | (x[c] != x[c])) ? x[c] : largest[c];
  }
}

CORNU_VECTORIZED void PickAt(const float* values, const int32_t* where, int32_t place, float* picked,
                             int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) picked[c] = where[c] == place ? values[c] : picked[c];
}

CORNU_VECTORIZED void AddAt(const float* change, const int32_t* where, int32_t place, float* sum,
                            int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) sum[c] += where[c] == place ? change[c] : 0.0f;
}

CORNU_VECTORIZED void AddScaled(const float* x, float scale, float* sum, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) sum[c] += scale * x[c];
}

void Clear(const Windows& windows, float* inputs, int64_t channels) {
  for (int64_t place = 0; place < Volume(windows.inputs); ++place) {
    std::memset(inputs + place * windows.channels, 0, channels * sizeof(float));
  }
}

// The largest element of each window.
void Largest(const Windows& windows, const float* x, float* y) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    ForEachOutput(windows, [&](int64_t offset, const Part& part) {
      float* largest = y + output + offset;
      bool first = true;
      ForEachPlace(windows, part, [&](int64_t place) {
        const float* item = x + input + place;
        if (first) {
          std::memcpy(largest, item, channels * sizeof(float));
        } else {
          TakeLarger(item, largest, channels);
        }
        first = false;
      });
      if (first) std::fill(largest, largest + channels, -INFINITY);
    });
  });
}

struct Found {
  std::vector<float> largest;
  std::vector<int32_t> where;  // number of the place in its part

  explicit Found(int64_t channels) : largest(channels), where(channels) {}

  void Search(const Windows& windows, const Part& part, const float* x) {
    std::fill(largest.begin(), largest.end(), -INFINITY);
    std::fill(where.begin(), where.end(), 0);
    int32_t number = 0;
    ForEachPlace(windows, part, [&](int64_t place) {
      Compare(x + place, largest.data(), where.data(), number++, largest.size());
    });
  }
};

// What stands in `values` where the largest element of each window of `x` stands.
void Pick(const Windows& windows, const float* x, const float* values, float* y) {
  if (x == values) return Largest(windows, x, y);
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    Found found(channels);
    ForEachOutput(windows, [&](int64_t offset, const Part& part) {
      found.Search(windows, part, x + input);
      float* picked = y + output + offset;
      std::fill(picked, picked + channels, 0.0f);
      int32_t number = 0;
      ForEachPlace(windows, part, [&](int64_t place) {
        PickAt(values + input + place, found.where.data(), number++, picked, channels);
      });
    });
  });
}

// Adds what stands for each window to where the largest element of the window stands in `x`.
void Spread(const Windows& windows, const float* x, const float* change, float* sum) {
  ForEachImage(windows, [&](int64_t input, int64_t output, int64_t channels) {
    Clear(windows, sum + input, channels);
    Found found(channels);
    ForEachOutput(windows, [&](int64_t offset, const Part& part) {
      found.Search(windows, part, x + input);
      int32_t number = 0;
      ForEachPlace(windows, part, [&](int64_t place) {
        AddAt(change + output + offset, found.where.data(), number++, sum + input + place, channels);
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
using Result = ffi::Result<Tensor>;

ffi::Error PickHandler(Tensor values, Tensor x, Result y, Sizes size, Sizes strides, Sizes before) {
  return Guarded("max pooling", [&] {
    const auto windows = Describe(x.dimensions(), y->dimensions(), size, strides, before);
    Pick(windows, x.typed_data(), values.typed_data(), y->typed_data());
  });
}

ffi::Error SpreadHandler(Tensor change, Tensor x, Result sum, Sizes size, Sizes strides,
                         Sizes before) {
  return Guarded("max pooling's gradient", [&] {
    const auto windows = Describe(x.dimensions(), change.dimensions(), size, strides, before);
    Spread(windows, x.typed_data(), change.typed_data(), sum->typed_data());
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
#define CORNU_WINDOW_OPTIONS \
  Attr<cornu::Sizes>("size").Attr<cornu::Sizes>("strides").Attr<cornu::Sizes>("before")
#define CORNU_OF_TWO                                                                \
  xla::ffi::Ffi::Bind().Arg<CORNU_TENSOR>().Arg<CORNU_TENSOR>().Ret<CORNU_TENSOR>() \
      .CORNU_WINDOW_OPTIONS
#define CORNU_OF_ONE \
  xla::ffi::Ffi::Bind().Arg<CORNU_TENSOR>().Ret<CORNU_TENSOR>().CORNU_WINDOW_OPTIONS

XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_pick, cornu::PickHandler, CORNU_OF_TWO);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_spread, cornu::SpreadHandler, CORNU_OF_TWO);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_mean, cornu::MeanHandler, CORNU_OF_ONE);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_window_mean_gradient, cornu::MeanGradientHandler, CORNU_OF_ONE);
