// From registers to device memory, 16 bytes a thread.
#pragma once

// Two registers of neighbouring lanes change places, so that a lane holds what lies side by side.
static __device__ __forceinline__ void exchange(uint32_t &low, uint32_t &high, int distance, bool upper) {
  const uint32_t got = __shfl_xor_sync(~0u, upper ? low : high, distance);
  if (upper)
    low = got;
  else
    high = got;
}

// A warp's 16 rows, `out` at the thread's first row.
static __device__ __forceinline__ void store(const float (&sums)[WIDTH / 2], const Rows &rows, unsigned short *out,
                                             long long stride, int left, int lane) {
  const int place = lane & 3;
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const float share = 1.0f / rows.total[r];
    unsigned short *to = out + 8 * r * stride;
#pragma unroll
    for (int i = 0; i < WIDTH / 8; i += 4) {
      uint32_t part[4];
      const int count = WIDTH / 8 - i < 4 ? WIDTH / 8 - i : 4;
#pragma unroll
      for (int j = 0; j < count; j++)
        part[j] = packed(sums[4 * (i + j) + 2 * r] * share, sums[4 * (i + j) + 2 * r + 1] * share);
      exchange(part[0], part[1], 1, place & 1);
      if (count == 4) {
        exchange(part[2], part[3], 1, place & 1);
        exchange(part[0], part[2], 2, place & 2);
        exchange(part[1], part[3], 2, place & 2);
        if (8 * r < left)
          *(uint4 *)(to + 8 * (i + place)) = make_uint4(part[0], part[1], part[2], part[3]);
      } else if (8 * r < left) {
        *(uint2 *)(to + 8 * (i + (place & 1)) + 2 * (place & 2)) = make_uint2(part[0], part[1]);
      }
    }
  }
}
