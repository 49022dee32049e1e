// The product in the processor's tile registers, for bfloat16.
#include "model/kernels/product/kernel.inl"

namespace selfreward {
namespace {

constexpr int64_t kTile = 16, kTileWidth = 4 * kTile;
/// Words of a step: one of 64 rows of x and one of the panel fit the first-level cache together. Whatever
/// comes from the second while memory is being fetched into it slows the fetching down.
constexpr int64_t kTileDepth = 96;

/// Tile registers of 64-byte rows: 0-3 sums, 4 and 5 x (`first` and `second` rows), 6 and 7 weights.
struct TileTable {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16];
  constexpr TileTable(uint8_t first, uint8_t second)
      : rows{first, first, second, second, first, second, kTile, kTile} {}
};

/// Words [begin, begin + count) of the depth: sums [rows, kTileWidth] = or += x * panel.
struct TileStep {
  const PanelProduct& t;
  int64_t begin, count;
  float* sums;
};

/// Sets the tile registers up for `rows` [1, 32] rows.
inline void configure_tiles(int64_t rows) {
  const int64_t first = smaller(rows, kTile), second = rows > kTile ? rows - kTile : 1;
  const TileTable table(static_cast<uint8_t>(first), static_cast<uint8_t>(second));
  asm volatile("" : : "r"(&table) : "memory");  // GCC does not know that ldtilecfg reads all of it
  _tile_loadconfig(&table);
}

/// Up to 16 rows, or with kTwo up to 32, by 32 outputs.
template <bool kTwo>
void multiply_tiles(const TileStep& s, int64_t row, int64_t column, Ahead& ahead) {
  asm volatile("" : : : "memory");  // GCC does not know that tile loads read memory
  const Word *x = s.t.x + row * s.t.words + s.begin, *w = s.t.panel + s.begin * kTileWidth + column;
  const int64_t stride = kTileWidth * 4, x_stride = s.t.words * 4;
  float *sums = s.sums + row * kTileWidth + column, *more = sums + kTile * kTileWidth;
  if (s.begin) {
    _tile_loadd(0, sums, stride);
    _tile_loadd(1, sums + kTile, stride);
    if constexpr (kTwo) _tile_loadd(2, more, stride);
    if constexpr (kTwo) _tile_loadd(3, more + kTile, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kTwo) _tile_zero(2);
    if constexpr (kTwo) _tile_zero(3);
  }
  for (int64_t d = 0; d < s.count; d += kTile, x += kTile, w += kTile * kTileWidth) {
    _tile_loadd(6, w, stride);
    _tile_loadd(7, w + kTile, stride);
    _tile_loadd(4, x, x_stride);
    if constexpr (kTwo) _tile_loadd(5, x + kTile * s.t.words, x_stride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kTwo) _tile_dpbf16ps(2, 5, 6);
    if constexpr (kTwo) _tile_dpbf16ps(3, 5, 7);
    ahead.fetch();
  }
  _tile_stored(0, sums, stride);
  _tile_stored(1, sums + kTile, stride);
  if constexpr (kTwo) _tile_stored(2, more, stride);
  if constexpr (kTwo) _tile_stored(3, more + kTile, stride);
  asm volatile("" : : : "memory");
}

/// The step for rows [begin, end), 32 at a time.
void multiply_band(const TileStep& s, int64_t begin, int64_t end, Ahead& ahead) {
  if (begin == end) return;
  configure_tiles(smaller(end - begin, 2 * kTile));
  for (int64_t column = 0; column < kTileWidth; column += 2 * kTile)
    for (int64_t row = begin; row < end; row += 2 * kTile)
      end - row > kTile ? multiply_tiles<true>(s, row, column, ahead)
                        : multiply_tiles<false>(s, row, column, ahead);
}

void multiply_in_tiles(const PanelProduct& t) {
  alignas(64) float sums[kProductRows * kTileWidth];
  asm volatile("" : : "r"(sums) : "memory");
  const int64_t whole = t.rows / (2 * kTile) * (2 * kTile), bands = (t.rows + 2 * kTile - 1) / (2 * kTile);
  for (int64_t begin = 0; begin < t.words; begin += kTileDepth) {
    const TileStep step{t, begin, smaller(kTileDepth, t.words - begin), sums};
    Ahead ahead(t.panel + (begin + step.count) * kTileWidth, step.count * kTileWidth,
                2 * bands * step.count / kTile);
    multiply_band(step, 0, whole, ahead);
    multiply_band(step, whole, t.rows, ahead);
  }
  _tile_release();
  store_block<kTileWidth, uint16_t>(t, sums);
}

}  // namespace

const ProductKernelSet kProductKernelsAmx{
    "Amx", kFloat32Kernel, {kTileWidth, kTile, false, multiply_in_tiles}};

}  // namespace selfreward
