// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/kv_file.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::nn {
namespace {

constexpr std::string_view kCacheMagic = "motetkv1";
constexpr size_t kSumBytes = 8;

/// Fowler, Noll and Vo, FNV-1a, 64 bits.
uint64_t fnv1a(ByteView bytes) {
  uint64_t hash = 14695981039346656037U;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211U;
  return hash;
}

void put_number(std::vector<uint8_t>& out, uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<uint8_t>(number >> shift));
}

[[noreturn]] void refuse_cache(const std::filesystem::path& path, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, path.string() + ": " + sentence);
}

/// Takes a cache file apart from its beginning.
class CacheReader {
 public:
  CacheReader(const std::filesystem::path& path, ByteView bytes) : path_(path), rest_(bytes) {}

  ByteView take(uint64_t count) {
    if (count > rest_.size()) {
      refuse_cache(path_, "expected " + std::to_string(count) + " bytes more, found " +
                              std::to_string(rest_.size()));
    }
    const ByteView part = rest_.first(count);
    rest_ = rest_.subspan(count);
    return part;
  }
  uint64_t number() {
    const ByteView bytes = take(8);
    uint64_t number = 0;
    for (size_t i = 0; i < 8; ++i) number |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    return number;
  }
  /// A number that must be this one.
  void expect(uint64_t expected, const std::string& name) {
    const uint64_t found = number();
    if (found != expected) {
      refuse_cache(path_, name + ": expected " + std::to_string(expected) + ", found " +
                              std::to_string(found));
    }
  }
  int64_t number_up_to(int64_t most, const std::string& name) {
    const uint64_t found = number();
    if (found > static_cast<uint64_t>(most)) {
      refuse_cache(path_, name + ": expected 0.." + std::to_string(most) + ", found " +
                              std::to_string(found));
    }
    return static_cast<int64_t>(found);
  }
  bool at_end() const { return rest_.empty(); }

 private:
  const std::filesystem::path& path_;
  ByteView rest_;
};

const KvStore& store_of(const KvLayer& layer) {
  return static_cast<const KvStore&>(*layer.storage);
}

/// What lies between the magic and the sum, but for the pages.
void check_and_strip_sum(const std::filesystem::path& path, ByteView& bytes) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), kCacheMagic.size()));
  if (start != kCacheMagic || bytes.size() < kCacheMagic.size() + kSumBytes) {
    refuse_cache(path, "expected a saved cache, which begins with motetkv1");
  }
  const ByteView body = bytes.first(bytes.size() - kSumBytes);
  CacheReader sum(path, bytes.last(kSumBytes));
  if (sum.number() != fnv1a(body)) {
    refuse_cache(path, "the file was cut short or changed: its checksum does not fit");
  }
  bytes = body.subspan(kCacheMagic.size());
}

}  // namespace

void save_cache(const std::filesystem::path& path, const KvCache& cache,
                std::string_view bundle_hash) {
  if (cache.length == 0 || cache.layers.empty() || cache.layers.front().storage == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, "save_cache: the cache holds nothing");
  }
  const KvStore& first = store_of(cache.layers.front());
  const KvLayout& layout = first.layout();
  std::vector<uint8_t> out(kCacheMagic.begin(), kCacheMagic.end());
  put_number(out, bundle_hash.size());
  out.insert(out.end(), bundle_hash.begin(), bundle_hash.end());
  const KvWindow window = cache.layers.front().window;
  for (const int64_t number :
       {static_cast<int64_t>(layout.type), static_cast<int64_t>(cache.layers.size()), layout.K,
        layout.S, cache.length, window.length, window.sinks}) {
    put_number(out, static_cast<uint64_t>(number));
  }
  for (const KvLayer& layer : cache.layers) {
    const KvStore& store = store_of(layer);
    const int64_t held = store.pages_held(cache.length);
    put_number(out, static_cast<uint64_t>(store.dropped()));
    for (int64_t i = 0; i < held; ++i) {
      const auto* page = reinterpret_cast<const uint8_t*>(store.held_page(i));
      out.insert(out.end(), page, page + layout.page_bytes);
    }
  }
  put_number(out, fnv1a(out));
  write_file(path, ByteView(out));
}

KvCache load_cache(const std::filesystem::path& path, const CpuBackend& on, const KvShape& shape,
                   std::string_view bundle_hash) {
  constexpr int64_t kMostPositions = int64_t{1} << 40;
  const MappedFile file(path);
  ByteView bytes = file.bytes();
  check_and_strip_sum(path, bytes);
  CacheReader reader(path, bytes);
  const ByteView hash = reader.take(reader.number());
  if (std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()) != bundle_hash) {
    refuse_cache(path, "it was saved with another bundle");
  }
  reader.expect(static_cast<uint64_t>(on.options().cache), "type of the cache");
  reader.expect(shape.layers, "layers");
  reader.expect(static_cast<uint64_t>(shape.kv_heads), "key/value heads");
  reader.expect(static_cast<uint64_t>(shape.head_size), "head size");
  const int64_t length = reader.number_up_to(kMostPositions, "length");
  KvWindow window;
  window.length = reader.number_up_to(kMostPositions, "window");
  window.sinks = reader.number_up_to(kMostPositions, "sinks");
  KvCache cache(shape.layers, window);
  cache.length = length;
  const KvLayout layout(on.options().cache, shape.kv_heads, shape.head_size);
  for (KvLayer& layer : cache.layers) {
    auto store = std::make_shared<KvStore>(on.pages(), layout, window);
    store->skip(reader.number_up_to(store->most_dropped(length), "pages dropped"));
    for (int64_t i = store->pages_held(length); i > 0; --i) {
      store->add_page(reader.take(layout.page_bytes));
    }
    layer.storage = std::move(store);
  }
  if (!reader.at_end()) refuse_cache(path, "there is more behind the last page");
  return cache;
}

}  // namespace motet::nn
