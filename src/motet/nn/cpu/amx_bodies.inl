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
  _tile_loadconfig(&shapes);
}

/// Sums of the products of `rows` of x, from `row` on, become floats in y. sums: [rows][kVecs][16].
template <size_t kVecs>
inline void scale_sums(const int* sums, const Int8Panels& w, size_t first_column, const Int8Rows& x,
                       size_t row, size_t rows, float* y, size_t y_stride) {
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
    float* out = y + (row + r) * y_stride + first_column;
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) {
      if (v * kLanes >= columns) break;
      const __m512i sum = load_ints(sums + (r * kVecs + v) * kLanes).all;
      const Ints exact{_mm512_add_epi32(sum, corrections[v].all)};
      const Vec result = mul(to_floats(exact), mul(scales[v], row_scale));
      const size_t rest = columns - v * kLanes;
      if (rest >= kLanes) {
        store(out + v * kLanes, result);
      } else {
        store_first(out + v * kLanes, result, rest);
      }
    }
  }
}

/// Up to 16 rows against the 64 columns of a panel.
inline void tile_panel(const Int8Panels& w, size_t panel, const Int8Rows& x, size_t row,
                       size_t rows, float* y, size_t y_stride) {
  constexpr size_t kVecs = kPanelColumns / kLanes;
  const signed char* weights = w.bytes + panel * w.groups * kGroupBytes;
  const unsigned char* bytes = x.bytes + row * x.stride;
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
  scale_sums<kVecs>(sums, w, panel * kPanelColumns, x, row, rows, y, y_stride);
}

constexpr size_t kHalfColumns = 2 * kLanes;
constexpr size_t kHalfSums = 2 * kTileRows * kHalfColumns;

/// Sums of 17 to 32 rows against 32 columns of a panel: each tile that is loaded is multiplied
/// twice. sums: [32][32].
inline void tile_half(const Int8Panels& w, size_t panel, size_t half, const Int8Rows& x, size_t row,
                      int* sums) {
  const signed char* weights = w.bytes + panel * w.groups * kGroupBytes + half * kHalfColumns * 4;
  const unsigned char* upper = x.bytes + row * x.stride;
  const unsigned char* lower = upper + kTileRows * x.stride;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t group = 0; group < w.groups; group += kTileGroups) {
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
  _tile_stored(1, sums + kLanes, kHalfColumns * 4);
  _tile_stored(2, sums + kTileRows * kHalfColumns, kHalfColumns * 4);
  _tile_stored(3, sums + kTileRows * kHalfColumns + kLanes, kHalfColumns * 4);
}

/// Blocks of `step` rows from `first` to `end` against the columns of some panels. While a block is
/// multiplied, the sums of the one before become floats.
inline void tile_halves(const Int8Panels& w, size_t first_panel, size_t end_panel,
                        const Int8Rows& x, size_t first, size_t end, size_t step, float* y,
                        size_t y_stride) {
  alignas(64) int memory[2][kHalfSums];
  size_t parity = 0;
  size_t column = 0;
  size_t row = end;  // of the block before; end: there is none
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    for (size_t half = 0; half < 2; ++half) {
      for (size_t at = first; at < end; at += step) {
        tile_half(w, panel, half, x, at, memory[parity]);
        parity = 1 - parity;
        if (row != end) scale_sums<2>(memory[parity], w, column, x, row, step, y, y_stride);
        column = panel * kPanelColumns + half * kHalfColumns;
        row = at;
      }
    }
  }
  if (row != end) scale_sums<2>(memory[1 - parity], w, column, x, row, step, y, y_stride);
}

void linear_int8_in_tiles(const Int8Panels& w, size_t first_panel, size_t end_panel,
                          const Int8Rows& x, float* y, size_t y_stride) noexcept {
  if (x.count < kFewestTileRows || w.groups % kTileGroups != 0) {
    linear_int8(w, first_panel, end_panel, x, y, y_stride);
    return;
  }
  constexpr size_t kPair = 2 * kTileRows;
  const size_t rest = x.count % kPair;
  const size_t paired = x.count - rest;
  if (paired > 0) {
    shape_tiles(kTileRows, kTileRows);
    tile_halves(w, first_panel, end_panel, x, 0, paired, kPair, y, y_stride);
  }
  if (rest > kTileRows) {
    shape_tiles(kTileRows, rest - kTileRows);
    tile_halves(w, first_panel, end_panel, x, paired, x.count, rest, y, y_stride);
  } else if (rest > 0) {
    shape_tiles(rest, 0);
    for (size_t panel = first_panel; panel < end_panel; ++panel) {
      tile_panel(w, panel, x, paired, rest, y, y_stride);
    }
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
    _tile_loadd(4, counts, kPagePositions);
    for (size_t c = 0; c < columns; c += kLanes) {
      mix_tile(values.bytes + c * 4, columns * 4, scales, some, y + first * y_stride + c, y_stride);
    }
  }
  _tile_release();
}
