// Turning matrices; part of kernels.inl.

/// Eight, or sixteen, 16-bit numbers in registers, loaded and stored at any address.
typedef uint16_t Half __attribute__((vector_size(16), aligned(2), may_alias));
typedef uint16_t Words __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint32_t Pairs __attribute__((vector_size(32)));
typedef uint64_t Quads __attribute__((vector_size(32)));

/// A 16 x 8 block of `from` as an 8 x 16 block of `to`: rows r and r + 8 share a register, then neighbours
/// are interleaved by 1, 2 and 4 numbers, each step in registers of its own width.
void transpose_block(const uint16_t* from, int64_t from_stride, uint16_t* to, int64_t to_stride) {
  Words rows[8];
  for (int64_t r = 0; r < 8; ++r)
    rows[r] = __builtin_shufflevector(*reinterpret_cast<const Half*>(from + r * from_stride),
                                      *reinterpret_cast<const Half*>(from + (r + 8) * from_stride), 0, 1, 2,
                                      3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  Pairs pairs[8];
  for (int64_t r = 0; r < 4; ++r) {
    const Words a = rows[2 * r], b = rows[2 * r + 1];
    pairs[2 * r] =
        (Pairs)__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27);
    pairs[2 * r + 1] =
        (Pairs)__builtin_shufflevector(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31);
  }
  Quads quads[8];  // [2 * column pair + half]: rows 0 .. 3 of columns 2 p, 2 p + 1, or rows 4 .. 7
  for (int64_t half = 0; half < 2; ++half)
    for (int64_t side = 0; side < 2; ++side) {
      const Pairs a = pairs[4 * half + side], b = pairs[4 * half + 2 + side];
      quads[4 * side + half] = (Quads)__builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
      quads[4 * side + 2 + half] = (Quads)__builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    }
  for (int64_t p = 0; p < 4; ++p) {
    const Quads a = quads[2 * p], b = quads[2 * p + 1];
    *reinterpret_cast<Words*>(to + 2 * p * to_stride) = (Words)__builtin_shufflevector(a, b, 0, 4, 2, 6);
    *reinterpret_cast<Words*>(to + (2 * p + 1) * to_stride) =
        (Words)__builtin_shufflevector(a, b, 1, 5, 3, 7);
  }
}
void transpose_block(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  for (int64_t c = 0; c < 8; ++c)
    for (int64_t r = 0; r < 16; ++r) to[c * to_stride + r] = from[r * from_stride + c];
}

template <typename T>
void transpose(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t rows, int64_t columns) {
  constexpr int64_t kRows = 16, kColumns = 8;  // of a block
  constexpr int64_t kTall = 256, kLine = 32;   // of a tile: what is read stays in the caches until written
  const int64_t full_rows = rows / kRows * kRows, full_columns = columns / kColumns * kColumns;
  for (int64_t top = 0; top < full_rows; top += kTall)
    for (int64_t left = 0; left < full_columns; left += kLine)
      for (int64_t r = top; r < smaller(top + kTall, full_rows); r += kRows)
        for (int64_t c = left; c < smaller(left + kLine, full_columns); c += kColumns)
          transpose_block(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = r < full_rows ? full_columns : 0; c < columns; ++c)
      to[c * to_stride + r] = from[r * from_stride + c];
}
