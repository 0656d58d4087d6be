// Convolution of one to three spatial axes, and its gradients by the inputs and by the kernel.
//
// Tensors are (batch, *spatial, channels), kernels (*window, channels / groups, filters), as XLA
// passes them; oneDNN gets them by their strides in memory. Only the kernel, or its gradient, is
// copied into the order that the fast routines need. The gradient by the kernel of one group is our
// own routine where there are enough channels: oneDNN's for AVX2 runs at half the speed.
//
// A bias is added with the convolution, and its gradient summed with that by the kernel. oneDNN's relu
// makes zeros of NaN, so it is a loop of ours, over a few images while they are in the cache.

#include <omp.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_map>

#include "convolution.h"
#include "convolution_rows.h"

namespace cornu {
namespace {

constexpr int64_t kLeastChannels = 8;      // and filters, for our own routine
constexpr int64_t kMostNumbers = 1 << 26;  // in the sums of all its threads
constexpr int64_t kMostPanel = 32;         // filters that our own routine takes together
constexpr int64_t kCached = 1 << 16;       // outputs that stay in the second cache

enum Kind : int64_t { kForward = 0, kInputGradient = 1, kKernelGradient = 2 };

struct Program {
  dnnl::primitive run;
  Desc inputs, outputs, bias;
  Desc kernel;  // in XLA's order
  Desc packed;  // as the routine needs it
  dnnl::primitive repack;  // between the two, if they differ
  size_t scratchpad_bytes = 0;
  Desc scratchpad;
  std::string name;
};

Desc KernelDesc(const Geometry& geometry) {
  const Dims& shape = geometry.kernel;
  const size_t rank = shape.size() - 2;
  const int64_t channels = shape[rank], filters = shape[rank + 1];
  const int64_t groups = geometry.inputs.back() / channels;
  Dims sizes = {filters / groups, channels}, steps = {1, filters};
  if (groups > 1) {
    sizes.insert(sizes.begin(), groups);
    steps.insert(steps.begin(), filters / groups);
  }
  const size_t first = sizes.size();
  sizes.insert(sizes.end(), shape.begin(), shape.begin() + rank);
  steps.resize(sizes.size());
  int64_t step = channels * filters;
  for (size_t axis = rank; axis-- > 0;) {
    steps[first + axis] = step;
    step *= shape[axis];
  }
  return Desc(sizes, geometry.type, steps);
}

void Check(const Geometry& geometry) {
  const size_t rank = geometry.strides.size();
  const auto& [type, inputs, kernel, outputs, strides, dilation, before, biased] = geometry;
  if (rank < 1 || rank > 3) throw std::invalid_argument("there must be 1 to 3 spatial axes");
  if (dilation.size() != rank || before.size() != rank || inputs.size() != rank + 2 ||
      kernel.size() != rank + 2 || outputs.size() != rank + 2) {
    throw std::invalid_argument("tensors and options must have the same number of spatial axes");
  }
  const int64_t channels = kernel[rank];
  if (channels == 0 || inputs.back() % channels != 0 || inputs.front() != outputs.front() ||
      kernel.back() != outputs.back() || kernel.back() % (inputs.back() / channels) != 0) {
    throw std::invalid_argument("the shapes of inputs, kernel and outputs do not fit together");
  }
}

// What must stand after each axis so that its last window ends with it; negative where the last
// elements are in no window.
Dims After(const Geometry& geometry) {
  Dims after(geometry.strides.size());
  for (size_t axis = 0; axis < after.size(); ++axis) {
    const int64_t reach = (geometry.kernel[axis] - 1) * geometry.dilation[axis] + 1;
    after[axis] = (geometry.outputs[axis + 1] - 1) * geometry.strides[axis] + reach -
                  geometry.inputs[axis + 1] - geometry.before[axis];
  }
  return after;
}

template <typename Description>
void Finish(Program& program, const Description& description, const Desc& packed, Kind kind) {
  program.run = dnnl::primitive(description.get());
  program.packed = packed;
  program.scratchpad = description.scratchpad_desc();
  program.scratchpad_bytes = program.scratchpad.get_size();
  program.name = description.impl_info_str();
  if (packed == program.kernel) return;
  const bool gradient = kind == kKernelGradient;
  program.repack = dnnl::reorder(dnnl::reorder::primitive_desc(
      Processor(), gradient ? packed : program.kernel, Processor(), gradient ? program.kernel : packed));
}

std::shared_ptr<const Program> Make(Kind kind, const Geometry& geometry) {
  Check(geometry);
  auto program = std::make_shared<Program>();
  program->inputs = ChannelsLast(geometry.inputs, geometry.type);
  program->outputs = ChannelsLast(geometry.outputs, geometry.type);
  program->kernel = KernelDesc(geometry);
  if (geometry.biased) {
    program->bias = Desc({geometry.kernel.back()}, geometry.type, dnnl::memory::format_tag::a);
  }
  const Desc any(program->kernel.get_dims(), geometry.type, dnnl::memory::format_tag::any);
  Dims gaps = geometry.dilation;
  for (int64_t& gap : gaps) gap -= 1;  // oneDNN counts the elements left out
  const Dims after = After(geometry);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto attributes = OwnScratchpad();
  const dnnl::convolution_forward::primitive_desc forward(
      Processor(), dnnl::prop_kind::forward_training, algorithm, program->inputs, any,
      program->bias, program->outputs, geometry.strides, gaps, geometry.before, after, attributes);
  if (kind == kForward) {
    Finish(*program, forward, forward.weights_desc(), kind);
  } else if (kind == kInputGradient) {
    const dnnl::convolution_backward_data::primitive_desc backward(
        Processor(), algorithm, program->inputs, any, program->outputs, geometry.strides, gaps,
        geometry.before, after, forward, attributes);
    Finish(*program, backward, backward.weights_desc(), kind);
  } else {
    const dnnl::convolution_backward_weights::primitive_desc backward(
        Processor(), algorithm, program->inputs, any, program->bias, program->outputs,
        geometry.strides, gaps, geometry.before, after, forward, attributes);
    Finish(*program, backward, backward.diff_weights_desc(), kind);
  }
  return program;
}

std::shared_ptr<const Program> Find(Kind kind, const Geometry& geometry) {
  static auto* programs = new Programs<Program>();
  Key key = {kind, static_cast<int64_t>(geometry.type), geometry.biased};
  for (const Dims* sizes : {&geometry.inputs, &geometry.kernel, &geometry.outputs,
                            &geometry.strides, &geometry.dilation, &geometry.before}) {
    Extend(key, *sizes);
  }
  return programs->Get(key, [&] { return Make(kind, geometry); });
}

dnnl::memory MemoryOf(const Desc& desc, const void* data) {
  return dnnl::memory(desc, Processor(), const_cast<void*>(data));
}

// Runs a program on a kernel in its order.
void Execute(Kind kind, const Program& program, void* inputs, const dnnl::memory& kernel, void* bias,
             void* outputs) {
  static constexpr int kArguments[3][4] = {
      {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
      {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_BIAS},
      {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_BIAS}};
  const Room room(program.scratchpad_bytes);
  std::unordered_map<int, dnnl::memory> arguments = {
      {kArguments[kind][0], MemoryOf(program.inputs, inputs)},
      {kArguments[kind][1], kernel},
      {kArguments[kind][2], MemoryOf(program.outputs, outputs)},
      {DNNL_ARG_SCRATCHPAD, MemoryOf(program.scratchpad, room.data())}};
  if (bias != nullptr) arguments.emplace(kArguments[kind][3], MemoryOf(program.bias, bias));
  program.run.execute(Stream(), arguments);
  Stream().wait();
}

void Repack(const Program& program, const dnnl::memory& from, const dnnl::memory& to) {
  program.repack.execute(Stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  Stream().wait();
}

void RunByOneDnn(Kind kind, const Geometry& geometry, void* inputs, void* kernel, void* outputs,
         void* bias = nullptr) {
  const auto program = Find(kind, geometry);
  const bool repacks = bool(program->repack);
  const Room packed(repacks ? program->packed.get_size() : 0);
  const auto plain = MemoryOf(program->kernel, kernel);
  const auto used = repacks ? MemoryOf(program->packed, packed.data()) : plain;
  if (repacks && kind != kKernelGradient) Repack(*program, plain, used);
  Execute(kind, *program, inputs, used, bias, outputs);
  if (repacks && kind == kKernelGradient) Repack(*program, used, plain);
}

void Run(Kind kind, const Geometry& geometry, void* inputs, void* kernel, void* outputs,
         void* bias = nullptr) {
  Check(geometry);
  if (!IsTiled(geometry)) return RunByOneDnn(kind, geometry, inputs, kernel, outputs, bias);
  float *x = static_cast<float*>(inputs), *y = static_cast<float*>(outputs);
  float *weights = static_cast<float*>(kernel), *added = static_cast<float*>(bias);
  if (kind == kForward) return RunTiled(geometry, x, weights, added, false, y);
  if (kind == kInputGradient) return RunTiledInputGradient(geometry, y, weights, x);
  RunTiledKernelGradient(geometry, x, y, weights, added);
}

CORNU_VECTORIZED void Relu(float* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) x[i] = x[i] <= 0.0f ? 0.0f : x[i];  // NaN stays
}

// Numbers of each image.
int64_t SizeOf(const Dims& shape) {
  return std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<int64_t>());
}

// The largest part of the batch, all parts being alike, whose outputs stay in the cache.
int64_t ImagesAtOnce(const Geometry& geometry) {
  const int64_t batch = geometry.outputs.front();
  int64_t images = std::min(batch, std::max<int64_t>(kCached / SizeOf(geometry.outputs), 1));
  while (batch % images != 0) --images;
  return images;
}

void RunWithRelu(const Geometry& geometry, float* inputs, float* kernel, float* bias,
                 float* outputs) {
  if (IsTiled(geometry)) return RunTiled(geometry, inputs, kernel, bias, true, outputs);
  Geometry part = geometry;
  const int64_t images = ImagesAtOnce(geometry), parts = geometry.outputs.front() / images;
  const int64_t threads = omp_get_max_threads(), size = SizeOf(geometry.outputs);
  if (parts < threads) {
    Run(kForward, geometry, inputs, kernel, outputs, bias);
#pragma omp parallel for
    for (int64_t thread = 0; thread < threads; ++thread) {
      const int64_t count = geometry.outputs.front() * size;
      const int64_t first = count * thread / threads;
      Relu(outputs + first, count * (thread + 1) / threads - first);
    }
    return;
  }
  part.inputs.front() = part.outputs.front() = images;
  const auto program = Find(kForward, part);
  const bool repacks = bool(program->repack);
  const Room packed(repacks ? program->packed.get_size() : 0);
  const auto plain = MemoryOf(program->kernel, kernel);
  const auto used = repacks ? MemoryOf(program->packed, packed.data()) : plain;
  if (repacks) Repack(*program, plain, used);
  // oneDNN's own loops find themselves in a parallel one, and use one thread.
#pragma omp parallel for
  for (int64_t i = 0; i < parts; ++i) {
    float* to = outputs + i * images * size;
    Execute(kForward, *program, inputs + i * images * SizeOf(part.inputs), used, bias, to);
    Relu(to, images * size);
  }
}

const KernelGradientRows& ForThisProcessor() {
  static const KernelGradientRows& rows =
      __builtin_cpu_supports("avx512f") ? kKernelGradientAvx512
      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? kKernelGradientAvx2
                                                                         : kKernelGradientBase;
  return rows;
}

bool IsOurs(const Geometry& geometry) {
  const int64_t channels = geometry.inputs.back(), filters = geometry.outputs.back();
  return geometry.type == DataType::f32 && channels == geometry.kernel.end()[-2] &&
         channels >= kLeastChannels && filters >= kLeastChannels;
}

Shape ShapeOf(const Geometry& geometry) {
  Shape shape = {geometry.inputs.front(), geometry.inputs.back(), geometry.outputs.back(),
                 {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {}};
  const size_t rank = geometry.strides.size();
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t place = 3 - rank + axis;
    shape.inputs[place] = geometry.inputs[axis + 1];
    shape.outputs[place] = geometry.outputs[axis + 1];
    shape.window[place] = geometry.kernel[axis];
    shape.strides[place] = geometry.strides[axis];
    shape.dilation[place] = geometry.dilation[axis];
    shape.before[place] = geometry.before[axis];
  }
  return shape;
}

// Each thread adds up what some of the outputs contribute, in sums of its own.
void RunOurs(const Geometry& geometry, const float* inputs, const float* changes, float* gradient,
             float* bias) {
  const auto& rows = ForThisProcessor();
  const Shape shape = ShapeOf(geometry);
  const int64_t pieces = rows.pieces(shape);
  const int64_t sums_size = rows.sums_size(shape);
  const int64_t bias_size = (shape.filters + kMostPanel - 1) / kMostPanel * kMostPanel;
  const int64_t scratch_size = rows.scratch_size(shape) + bias_size;
  const int64_t affordable = kMostNumbers / (sums_size + scratch_size);
  const int64_t parts = std::max<int64_t>(
      1, std::min({static_cast<int64_t>(omp_get_max_threads()), pieces, affordable}));
  const Room room(parts * (sums_size + scratch_size) * sizeof(float));
  float* sums = static_cast<float*>(room.data());
  float* scratch = sums + parts * sums_size;
  const auto biases = [&](int64_t part) { return scratch + (part + 1) * scratch_size - bias_size; };
#pragma omp parallel num_threads(parts)
  {
#pragma omp for schedule(static, 1)
    for (int64_t part = 0; part < parts; ++part) {
      std::fill(sums + part * sums_size, sums + (part + 1) * sums_size, 0.0f);
      std::fill(biases(part), biases(part) + bias_size, 0.0f);
      for (int64_t i = pieces * part / parts; i < pieces * (part + 1) / parts; ++i) {
        rows.add(shape, inputs, changes, i, sums + part * sums_size, scratch + part * scratch_size,
                 bias == nullptr ? nullptr : biases(part));
      }
    }
#pragma omp for
    for (int64_t place = 0; place < shape.window[0] * shape.window[1] * shape.window[2]; ++place) {
      rows.finish(shape, sums, parts, place, gradient);
    }
  }
  if (bias == nullptr) return;
  std::copy_n(biases(0), shape.filters, bias);
  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t i = 0; i < shape.filters; ++i) bias[i] += biases(part)[i];
  }
}

void RunKernelGradient(const Geometry& geometry, void* inputs, void* outputs, void* kernel,
                       void* bias) {
  Check(geometry);
  if (IsTiled(geometry) || !IsOurs(geometry)) {
    return Run(kKernelGradient, geometry, inputs, kernel, outputs, bias);
  }
  RunOurs(geometry, static_cast<float*>(inputs), static_cast<float*>(outputs),
          static_cast<float*>(kernel), static_cast<float*>(bias));
}

using Tensor = ffi::Buffer<ffi::F32>;

ffi::Error Forward(ffi::AnyBuffer inputs, ffi::AnyBuffer kernel, ffi::Result<ffi::AnyBuffer> outputs,
                   Sizes strides, Sizes dilation, Sizes before) {
  return Guarded("convolution", [&] {
    const Geometry geometry = {TypeOf(inputs.element_type()), Copied(inputs.dimensions()),
                               Copied(kernel.dimensions()),   Copied(outputs->dimensions()),
                               Copied(strides),               Copied(dilation),
                               Copied(before)};
    Run(kForward, geometry, inputs.untyped_data(), kernel.untyped_data(), outputs->untyped_data());
  });
}

ffi::Error InputGradient(ffi::AnyBuffer outputs, ffi::AnyBuffer kernel,
                         ffi::Result<ffi::AnyBuffer> inputs, Sizes strides, Sizes dilation,
                         Sizes before) {
  return Guarded("convolution's gradient by the inputs", [&] {
    const Geometry geometry = {TypeOf(outputs.element_type()), Copied(inputs->dimensions()),
                               Copied(kernel.dimensions()),    Copied(outputs.dimensions()),
                               Copied(strides),                Copied(dilation),
                               Copied(before)};
    Run(kInputGradient, geometry, inputs->untyped_data(), kernel.untyped_data(),
        outputs.untyped_data());
  });
}

ffi::Error KernelGradient(ffi::AnyBuffer inputs, ffi::AnyBuffer outputs,
                          ffi::Result<ffi::AnyBuffer> kernel, Sizes strides, Sizes dilation,
                          Sizes before) {
  return Guarded("convolution's gradient by the kernel", [&] {
    const Geometry geometry = {TypeOf(inputs.element_type()), Copied(inputs.dimensions()),
                               Copied(kernel->dimensions()),  Copied(outputs.dimensions()),
                               Copied(strides),               Copied(dilation),
                               Copied(before)};
    RunKernelGradient(geometry, inputs.untyped_data(), outputs.untyped_data(),
                      kernel->untyped_data(), nullptr);
  });
}

void CheckBias(const Geometry& geometry, int64_t size) {
  if (size != geometry.kernel.back()) {
    throw std::invalid_argument("the bias must have one number for each filter");
  }
}

// With a bias for each filter, or an empty one, and relu where that is wanted.
ffi::Error Activated(Tensor inputs, Tensor kernel, Tensor bias, ffi::Result<Tensor> outputs,
                     Sizes strides, Sizes dilation, Sizes before, bool relu) {
  return Guarded("convolution with bias and activation", [&] {
    const bool biased = bias.element_count() > 0;
    const Geometry geometry = {DataType::f32,                Copied(inputs.dimensions()),
                               Copied(kernel.dimensions()),  Copied(outputs->dimensions()),
                               Copied(strides),              Copied(dilation),
                               Copied(before),               biased};
    Check(geometry);
    if (biased) CheckBias(geometry, bias.element_count());
    float* added = biased ? bias.typed_data() : nullptr;
    if (relu) {
      RunWithRelu(geometry, inputs.typed_data(), kernel.typed_data(), added, outputs->typed_data());
    } else {
      Run(kForward, geometry, inputs.typed_data(), kernel.typed_data(), outputs->typed_data(), added);
    }
  });
}

// From the gradient by the outputs, and the inputs, to those by the kernel and the bias.
ffi::Error BiasedKernelGradient(Tensor outputs, Tensor inputs, ffi::Result<Tensor> kernel,
                                ffi::Result<Tensor> bias, Sizes strides, Sizes dilation,
                                Sizes before) {
  return Guarded("convolution's gradient by kernel and bias", [&] {
    const Geometry geometry = {DataType::f32,                Copied(inputs.dimensions()),
                               Copied(kernel->dimensions()), Copied(outputs.dimensions()),
                               Copied(strides),              Copied(dilation),
                               Copied(before),               true};
    CheckBias(geometry, bias->element_count());
    RunKernelGradient(geometry, inputs.typed_data(), outputs.typed_data(), kernel->typed_data(),
                      bias->typed_data());
  });
}

}  // namespace
}  // namespace cornu

#define CORNU_TENSOR xla::ffi::Buffer<xla::ffi::F32>
#define CORNU_GEOMETRY \
  Attr<cornu::Sizes>("strides").Attr<cornu::Sizes>("dilation").Attr<cornu::Sizes>("before")
#define CORNU_CONVOLUTION(symbol, handler)                                           \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(symbol, handler,                                     \
                                xla::ffi::Ffi::Bind()                                \
                                    .Arg<xla::ffi::AnyBuffer>()                      \
                                    .Arg<xla::ffi::AnyBuffer>()                      \
                                    .Ret<xla::ffi::AnyBuffer>()                      \
                                    .CORNU_GEOMETRY)

CORNU_CONVOLUTION(cornu_convolution, cornu::Forward);
CORNU_CONVOLUTION(cornu_convolution_input_gradient, cornu::InputGradient);
CORNU_CONVOLUTION(cornu_convolution_kernel_gradient, cornu::KernelGradient);
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_convolution_activated, cornu::Activated,
                              xla::ffi::Ffi::Bind()
                                  .Arg<CORNU_TENSOR>()
                                  .Arg<CORNU_TENSOR>()
                                  .Arg<CORNU_TENSOR>()
                                  .Ret<CORNU_TENSOR>()
                                  .CORNU_GEOMETRY.Attr<bool>("relu"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(cornu_convolution_biased_kernel_gradient, cornu::BiasedKernelGradient,
                              xla::ffi::Ffi::Bind()
                                  .Arg<CORNU_TENSOR>()
                                  .Arg<CORNU_TENSOR>()
                                  .Ret<CORNU_TENSOR>()
                                  .Ret<CORNU_TENSOR>()
                                  .CORNU_GEOMETRY);

// The name of the routine that would run, empty if there is none. `sizes` are the shapes of inputs,
// kernel and outputs, then strides, dilation and padding before, for `rank` spatial axes.
extern "C" const char* cornu_convolution_routine(
    int64_t kind, int64_t rank, int64_t bfloat16, const int64_t* sizes) {
  using cornu::Dims;
  thread_local std::string name;
  const auto next = [&](int64_t count) {
    Dims part(sizes, sizes + count);
    sizes += count;
    return part;
  };
  cornu::Geometry geometry;
  geometry.type = bfloat16 ? cornu::DataType::bf16 : cornu::DataType::f32;
  geometry.inputs = next(rank + 2);
  geometry.kernel = next(rank + 2);
  geometry.outputs = next(rank + 2);
  geometry.strides = next(rank);
  geometry.dilation = next(rank);
  geometry.before = next(rank);
  try {
    if (cornu::IsTiled(geometry)) return "cornu";
    if (kind == cornu::kKernelGradient && cornu::IsOurs(geometry)) return "cornu";
    name = cornu::Find(static_cast<cornu::Kind>(kind), geometry)->name;
  } catch (const std::exception&) {  // there is none: the caller computes it otherwise
    name.clear();
  }
  return name.c_str();
}
