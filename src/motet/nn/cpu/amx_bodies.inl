// SPDX-License-Identifier: Apache-2.0
// The int8 kernels of kernels.h for many rows, in tiles of 16 rows of 64 bytes: one instruction
// multiplies 16 rows of x by 16 columns over 64 k. A panel's 16 columns by 16 groups are such a
// tile as they lie. Sums are the same integers; what becomes of them is int8_block's arithmetic.
// Source: Intel, "Architecture Instruction Set Extensions Programming Reference", ch. 3.

constexpr size_t kTileRows = 16;
constexpr size_t kTileGroups = 16;                        // of four k
constexpr size_t kTileBytes = kTileGroups * 4;            // of a row of x
constexpr size_t kGroupBytes = kPanelColumns * 4;         // of a panel
constexpr size_t kStepBytes = kTileGroups * kGroupBytes;  // of a panel, a tile's k
constexpr size_t kFewestTileRows = 4;                     // below, vectors are as fast
constexpr size_t kStepsAhead = 2;                         // tried: 1 to 4

/// What LDTILECFG reads.
struct alignas(64) TileShapes {
  unsigned char palette = 1;
  unsigned char start_row = 0;
  unsigned char unused[14] = {};
  unsigned short row_bytes[16] = {};
  unsigned char rows[16] = {};
};

/// What was written so far is in memory: g++ 12 does not know that its tile instructions read more
/// than eight bytes there.
inline void settle_memory() { __asm__ volatile("" ::: "memory"); }

/// Tiles 0..3 hold sums, 4 (and 5) rows of x, 5 or 6 and the rest columns of w. `upper` and `lower`
/// are the rows of the two halves; lower is 0 where there is one.
inline void shape_tiles(size_t upper, size_t lower) {
  TileShapes shapes;
  for (size_t i = 0; i < 8; ++i) {
    shapes.row_bytes[i] = kTileBytes;
    shapes.rows[i] = kTileRows;
  }
  for (size_t i = 0; i < 4; ++i) {
    const bool is_lower = lower > 0 && i >= 2;
    shapes.rows[i] = static_cast<unsigned char>(is_lower ? lower : upper);
  }
  shapes.rows[4] = static_cast<unsigned char>(upper);
  if (lower > 0) shapes.rows[5] = static_cast<unsigned char>(lower);
  settle_memory();
  _tile_loadconfig(&shapes);
}

struct AsItIs {
  Vec operator()(Vec value, size_t, size_t) const { return value; }
};

/// Sums of the products of `rows` of x, from `row` on, become floats, and what `last` makes of them
/// goes to `rows` rows of y. sums: [rows][kVecs][16]; last(vector, row, vector's number).
template <size_t kVecs, typename Last = AsItIs>
inline void scale_sums(const int* sums, const Int8Panels& w, size_t first_column, const Int8Rows& x,
                       size_t row, size_t rows, float* y, size_t y_stride, Last last = {}) {
  if (first_column >= w.columns) return;
  const size_t columns = w.columns - first_column;
  Vec scales[kVecs];
  Ints corrections[kVecs];
#pragma GCC unroll 4
  for (size_t v = 0; v < kVecs; ++v) {
    scales[v] = load(w.scales + first_column + v * kLanes);
    corrections[v] = times_minus_128(load_ints(w.sums + first_column + v * kLanes));
  }
  for (size_t r = 0; r < rows; ++r) {
    const Vec row_scale = fill(x.scales[row + r]);
    float* out = y + r * y_stride;
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) {
      if (v * kLanes >= columns) break;
      const __m512i sum = load_ints(sums + (r * kVecs + v) * kLanes).all;
      const Ints exact{_mm512_add_epi32(sum, corrections[v].all)};
      const Vec result = last(mul(to_floats(exact), mul(scales[v], row_scale)), r, v);
      const size_t rest = columns - v * kLanes;
      if (rest >= kLanes) {
        store(out + v * kLanes, result);
      } else {
        store_first(out + v * kLanes, result, rest);
      }
    }
  }
}

/// All rows of x, at most 16, against the 64 columns of a panel, as scale_sums.
template <typename Last = AsItIs>
inline void tile_panel(const Int8Panels& w, size_t panel, const Int8Rows& x, float* y,
                       size_t y_stride, Last last = {}) {
  constexpr size_t kVecs = kPanelColumns / kLanes;
  const signed char* weights = w.bytes + panel * w.groups * kGroupBytes;
  const unsigned char* bytes = x.bytes;
  const auto* ahead = w.ahead != nullptr ? static_cast<const signed char*>(w.ahead)
                                         : weights + kStepsAhead * kStepBytes;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t group = 0; group < w.groups; group += kTileGroups) {
    for (size_t line = 0; line < kStepBytes; line += 64) {
      prefetch(reinterpret_cast<const float*>(ahead + line));
    }
    ahead += kStepBytes;
    _tile_loadd(4, bytes, x.stride);
    _tile_loadd(5, weights, kGroupBytes);
    _tile_dpbusd(0, 4, 5);
    _tile_loadd(6, weights + 64, kGroupBytes);
    _tile_dpbusd(1, 4, 6);
    _tile_loadd(7, weights + 128, kGroupBytes);
    _tile_dpbusd(2, 4, 7);
    _tile_loadd(5, weights + 192, kGroupBytes);
    _tile_dpbusd(3, 4, 5);
    weights += kStepBytes;
    bytes += kTileBytes;
  }
  alignas(64) int sums[kTileRows * kPanelColumns];
  _tile_stored(0, sums, kGroupBytes);
  _tile_stored(1, sums + 16, kGroupBytes);
  _tile_stored(2, sums + 32, kGroupBytes);
  _tile_stored(3, sums + 48, kGroupBytes);
  scale_sums<kVecs>(sums, w, panel * kPanelColumns, x, 0, x.count, y, y_stride, last);
}

constexpr size_t kHalfColumns = 2 * kLanes;
constexpr size_t kPair = 2 * kTileRows;
constexpr size_t kPairSums = kPair * kHalfColumns;
/// k that are multiplied in one go: 32 columns of weights then stay in the first-level cache while
/// one block of rows after the other passes by.
constexpr size_t kGroupsTogether = 256;
constexpr size_t kRowsTogether = 256;  ///< whose sums wait while the next k are multiplied

constexpr size_t kRowsAhead = 2;  ///< in tiles (tried: 1 to 2)

/// Asks the first-level cache for the 32 columns of weights and the 32 rows that come next: a tile
/// that is loaded from farther away keeps the multiplier waiting.
inline void ask_for_tiles(const signed char* weights, const unsigned char* rows, size_t stride) {
  const auto ask = [](const void* p) { prefetch(static_cast<const float*>(p)); };
#pragma GCC unroll 16
  for (size_t group = 0; group < kTileGroups; ++group) {
    ask(weights + group * kGroupBytes);
    ask(weights + group * kGroupBytes + 64);
  }
#pragma GCC unroll 32
  for (size_t r = 0; r < kPair; ++r) ask(rows + r * stride);
}

/// Sums of 17 to 32 rows against 32 columns of a panel, over the groups of four k from `group` to
/// `end`: each tile that is loaded is multiplied twice. sums: [32][32], begun anew at group 0.
inline void tile_pair(const Int8Panels& w, size_t panel, size_t half, size_t group, size_t end,
                      const Int8Rows& x, size_t row, int* sums) {
  const signed char* weights =
      w.bytes + (panel * w.groups + group) * kGroupBytes + half * kHalfColumns * 4;
  const unsigned char* upper = x.bytes + row * x.stride + group * 4;
  const unsigned char* lower = upper + kTileRows * x.stride;
  int* right = sums + kLanes;
  int* below = sums + kTileRows * kHalfColumns;
  if (group == 0) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  } else {
    _tile_loadd(0, sums, kHalfColumns * 4);
    _tile_loadd(1, right, kHalfColumns * 4);
    _tile_loadd(2, below, kHalfColumns * 4);
    _tile_loadd(3, below + kLanes, kHalfColumns * 4);
  }
  for (; group < end; group += kTileGroups) {
    ask_for_tiles(weights + kStepBytes, upper + kRowsAhead * kTileBytes, x.stride);
    _tile_loadd(6, weights, kGroupBytes);
    _tile_loadd(4, upper, x.stride);
    _tile_dpbusd(0, 4, 6);
    _tile_loadd(7, weights + 64, kGroupBytes);
    _tile_dpbusd(1, 4, 7);
    _tile_loadd(5, lower, x.stride);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
    weights += kStepBytes;
    upper += kTileBytes;
    lower += kTileBytes;
  }
  _tile_stored(0, sums, kHalfColumns * 4);
  _tile_stored(1, right, kHalfColumns * 4);
  _tile_stored(2, below, kHalfColumns * 4);
  _tile_stored(3, below + kLanes, kHalfColumns * 4);
}

/// Some rows of x, in blocks of `step`, at most 32.
struct TileRows {
  const Int8Rows& x;
  size_t first;
  size_t end;
  size_t step;
};

/// A block's sums over all k, and where they belong.
struct BlockSums {
  const int* sums;
  const Int8Panels* w;
  size_t column;
  size_t row;
};

/// Sums wait here until all k are in, and a block longer: while the next one is multiplied, they
/// become floats.
template <typename Finish>
class TileSums {
 public:
  explicit TileSums(const Finish& finish) : finish_(finish) {}

  /// All rows against half a panel.
  void multiply(const Int8Panels& w, size_t panel, size_t half, const TileRows& rows) {
    const size_t column = panel * kPanelColumns + half * kHalfColumns;
    const size_t blocks = (rows.end - rows.first) / rows.step;
    for (size_t group = 0; group < w.groups; group += kGroupsTogether) {
      const size_t left = w.groups - group;
      const size_t end = group + (left < kGroupsTogether ? left : kGroupsTogether);
      for (size_t block = 0; block < blocks; ++block) {
        const size_t row = rows.first + block * rows.step;
        int* sums = memory_[(used_ + block) % kSlots];
        tile_pair(w, panel, half, group, end, rows.x, row, sums);
        if (end == w.groups) {
          finish_last();
          last_ = {.sums = sums, .w = &w, .column = column, .row = row};
        }
      }
    }
    used_ += blocks;
  }

  void finish_last() {
    if (last_.sums != nullptr) finish_(last_);
    last_.sums = nullptr;
  }

 private:
  static constexpr size_t kSlots = kRowsTogether / kPair + 1;
  const Finish& finish_;
  size_t used_ = 0;
  BlockSums last_{};
  alignas(64) int memory_[kSlots][kPairSums];
};

/// Calls work(rows) for blocks of 32 rows, up to 256 together. What is left at the end is in a
/// block with some of the rows before it, which are made again. x has 17 rows or more.
template <typename Work>
inline void each_tile_rows(const Int8Rows& x, const Work& work) {
  if (x.count < kPair) {
    shape_tiles(kTileRows, x.count - kTileRows);
    work(TileRows{.x = x, .first = 0, .end = x.count, .step = x.count});
    return;
  }
  shape_tiles(kTileRows, kTileRows);
  const size_t paired = x.count / kPair * kPair;
  for (size_t first = 0; first < paired; first += kRowsTogether) {
    const size_t end = paired - first < kRowsTogether ? paired : first + kRowsTogether;
    work(TileRows{.x = x, .first = first, .end = end, .step = kPair});
  }
  if (paired < x.count) {
    work(TileRows{.x = x, .first = x.count - kPair, .end = x.count, .step = kPair});
  }
}

void linear_int8_in_tiles(const Int8Panels& w, size_t first_panel, size_t end_panel,
                          const Int8Rows& x, float* y, size_t y_stride) noexcept {
  if (x.count < kFewestTileRows || w.groups % kTileGroups != 0) {
    linear_int8(w, first_panel, end_panel, x, y, y_stride);
    return;
  }
  if (x.count <= kTileRows) {
    shape_tiles(x.count, 0);
    for (size_t panel = first_panel; panel < end_panel; ++panel) {
      tile_panel(w, panel, x, y + panel * kPanelColumns, y_stride);
    }
    _tile_release();
    return;
  }
  each_tile_rows(x, [&](const TileRows& rows) {
    const auto finish = [&](const BlockSums& block) {
      scale_sums<2>(block.sums, w, block.column, x, block.row, rows.step,
                    y + block.row * y_stride + block.column, y_stride);
    };
    TileSums sums(finish);
    for (size_t panel = first_panel; panel < end_panel; ++panel) {
      for (size_t half = 0; half < 2; ++half) sums.multiply(w, panel, half, rows);
    }
    sums.finish_last();
  });
  _tile_release();
}

/// What follows a product with `up`: the gates have waited as floats, [rows][stride].
struct Bend {
  const float* gates;
  size_t stride;

  Vec operator()(Vec up, size_t r, size_t v) const {
    return gated(load(gates + r * stride + v * kLanes), up);
  }
};

/// 17 rows or more. While the vectors bend a block, the tiles multiply the next one.
inline void gated_pairs(const Int8Panels& gate, const Int8Panels& up, size_t first_panel,
                        size_t end_panel, const TileRows& rows, float* y, size_t y_stride) {
  alignas(64) float gates[kRowsTogether * kHalfColumns];
  const auto finish = [&](const BlockSums& block) {
    float* waiting = gates + (block.row - rows.first) * kHalfColumns;
    if (block.w == &gate) {
      scale_sums<2>(block.sums, gate, block.column, rows.x, block.row, rows.step, waiting,
                    kHalfColumns);
    } else {
      scale_sums<2>(block.sums, up, block.column, rows.x, block.row, rows.step,
                    y + block.row * y_stride + block.column, y_stride, Bend{waiting, kHalfColumns});
    }
  };
  TileSums sums(finish);
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    for (size_t half = 0; half < 2; ++half) {
      sums.multiply(gate, panel, half, rows);
      sums.multiply(up, panel, half, rows);
    }
  }
  sums.finish_last();
}

void gated_int8_in_tiles(const Int8Panels& gate, const Int8Panels& up, size_t first_panel,
                         size_t end_panel, const Int8Rows& x, float* y, size_t y_stride) noexcept {
  if (x.count < kFewestTileRows || gate.groups % kTileGroups != 0) {
    gated_int8(gate, up, first_panel, end_panel, x, y, y_stride);
    return;
  }
  if (x.count <= kTileRows) {
    alignas(64) float gates[kTileRows * kPanelColumns];
    shape_tiles(x.count, 0);
    for (size_t panel = first_panel; panel < end_panel; ++panel) {
      tile_panel(gate, panel, x, gates, kPanelColumns);
      tile_panel(up, panel, x, y + panel * kPanelColumns, y_stride, Bend{gates, kPanelColumns});
    }
  } else {
    each_tile_rows(x, [&](const TileRows& rows) {
      gated_pairs(gate, up, first_panel, end_panel, rows, y, y_stride);
    });
  }
  _tile_release();
}

/// Up to 16 rows of counts against 16 columns of values at 64 positions.
inline void mix_tile(const signed char* values, size_t row_bytes, const float* scales, size_t rows,
                     float* y, size_t y_stride) {
  alignas(64) int sums[kTileRows * kLanes];
  _tile_zero(0);
  _tile_loadd(5, values, row_bytes);
  _tile_dpbusd(0, 4, 5);
  _tile_stored(0, sums, 64);
  for (size_t r = 0; r < rows; ++r) {
    float* out = y + r * y_stride;
    const Vec sum = to_floats(load_ints(sums + r * kLanes));
    store(out, mul_add(fill(scales[r]), sum, load(out)));
  }
}

void mix_int8_in_tiles(const float* p, size_t p_stride, size_t rows, const Int8Values& values,
                       float* y, size_t y_stride, size_t n) noexcept {
  if (rows < kFewestTileRows) {
    mix_int8(p, p_stride, rows, values, y, y_stride, n);
    return;
  }
  const size_t columns = value_columns(n);
  alignas(64) unsigned char counts[kTileRows * kPagePositions];
  float scales[kTileRows];
  for (size_t first = 0; first < rows; first += kTileRows) {
    const size_t some = rows - first < kTileRows ? rows - first : kTileRows;
    for (size_t r = 0; r < some; ++r) {
      scales[r] =
          count_weights(p + (first + r) * p_stride, values.scales, counts + r * kPagePositions);
    }
    shape_tiles(some, 0);
    settle_memory();
    _tile_loadd(4, counts, kPagePositions);
    for (size_t c = 0; c < columns; c += kLanes) {
      mix_tile(values.bytes + c * 4, columns * 4, scales, some, y + first * y_stride + c, y_stride);
    }
  }
  _tile_release();
}
