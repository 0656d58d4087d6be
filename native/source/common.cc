#include "common.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace cornu {

namespace {

constexpr size_t kAlignment = 4096;

struct Block {
  size_t size;
  void* data;
};

std::mutex free_mutex;
std::vector<Block>& FreeBlocks() {
  static auto* blocks = new std::vector<Block>();  // lives as long as any thread
  return *blocks;
}

}  // namespace

dnnl::engine& Processor() {
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& Stream() {
  thread_local dnnl::stream stream(Processor());
  return stream;
}

DataType TypeOf(ffi::DataType type) {
  switch (type) {
    case ffi::DataType::F32:
      return DataType::f32;
    case ffi::DataType::BF16:
      return DataType::bf16;
    default:
      throw std::invalid_argument("tensors must be float32 or bfloat16");
  }
}

Dims Copied(Sizes sizes) { return Dims(sizes.begin(), sizes.end()); }

Desc ChannelsLast(const Dims& shape, DataType type) {
  Dims steps(shape.size(), 1);
  for (size_t i = shape.size() - 1; i > 0; --i) steps[i - 1] = steps[i] * shape[i];
  const auto turned = [](Dims sizes) {
    std::rotate(sizes.begin() + 1, sizes.end() - 1, sizes.end());
    return sizes;
  };
  return Desc(turned(shape), type, turned(steps));
}

dnnl::primitive_attr OwnScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Room::Room(size_t bytes) {
  if (bytes == 0) return;
  {
    std::lock_guard<std::mutex> lock(free_mutex);
    auto& blocks = FreeBlocks();
    if (!blocks.empty()) {
      auto largest = std::max_element(
          blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.size < b.size; });
      size_ = largest->size;
      data_ = largest->data;
      blocks.erase(largest);
    }
  }
  if (size_ >= bytes) return;
  std::free(data_);
  size_ = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  data_ = std::aligned_alloc(kAlignment, size_);
  if (data_ == nullptr) throw std::bad_alloc();
}

Room::~Room() {
  if (data_ == nullptr) return;
  std::lock_guard<std::mutex> lock(free_mutex);
  FreeBlocks().push_back({size_, data_});
}

void Extend(Key& key, const Dims& sizes) {
  key.push_back(static_cast<int64_t>(sizes.size()));
  key.insert(key.end(), sizes.begin(), sizes.end());
}

}  // namespace cornu
