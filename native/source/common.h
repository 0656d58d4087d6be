// What all handlers share: the processor, memory descriptions, programs kept by shape, room for
// intermediate results, and errors.

#ifndef CORNU_NATIVE_COMMON_H_
#define CORNU_NATIVE_COMMON_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "oneapi/dnnl/dnnl.hpp"
#include "xla/ffi/api/ffi.h"

// Loops that the compiler makes into vector instructions, for the processor that they run on.
#define CORNU_VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))

namespace cornu {

namespace ffi = xla::ffi;

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;
using Sizes = ffi::Span<const int64_t>;
using Key = std::vector<int64_t>;

dnnl::engine& Processor();

// The stream of this thread.
dnnl::stream& Stream();

DataType TypeOf(ffi::DataType type);

Dims Copied(Sizes sizes);

// A dense tensor (batch, *spatial, channels), in oneDNN's order of axes (batch, channels, *spatial).
Desc ChannelsLast(const Dims& shape, DataType type);

// Attributes that leave it to us to provide the scratchpad.
dnnl::primitive_attr OwnScratchpad();

// Memory for one call, aligned for vector instructions. Blocks are used again by later calls; there
// are never more of them than there were calls at the same time.
class Room {
 public:
  explicit Room(size_t bytes);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Programs by what they were made for; those used longest ago are dropped first. A program is never
// changed after it is made, so several threads may run it.
template <typename Program>
class Programs {
 public:
  using Pointer = std::shared_ptr<const Program>;

  Pointer Get(const Key& key, const std::function<Pointer()>& make) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = places_.find(key);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    Pointer program = make();
    order_.emplace_front(key, program);
    places_[key] = order_.begin();
    if (order_.size() > kLimit) {
      places_.erase(order_.back().first);
      order_.pop_back();
    }
    return program;
  }

 private:
  static constexpr size_t kLimit = 512;
  std::mutex mutex_;
  std::list<std::pair<Key, Pointer>> order_;
  std::map<Key, typename std::list<std::pair<Key, Pointer>>::iterator> places_;
};

// Append sizes to a key, with their number, so that different lists never give the same key.
void Extend(Key& key, const Dims& sizes);

// Run `body`, and make an XLA error of what it throws.
template <typename Body>
ffi::Error Guarded(const char* what, Body&& body) {
  try {
    body();
    return ffi::Error::Success();
  } catch (const std::invalid_argument& error) {
    return ffi::Error(ffi::ErrorCode::kInvalidArgument, std::string(what) + ": " + error.what());
  } catch (const dnnl::error& error) {
    return ffi::Error(ffi::ErrorCode::kInternal, std::string(what) + ": oneDNN: " + error.what());
  } catch (const std::exception& error) {
    return ffi::Error(ffi::ErrorCode::kInternal, std::string(what) + ": " + error.what());
  }
}

}  // namespace cornu

#endif  // CORNU_NATIVE_COMMON_H_
