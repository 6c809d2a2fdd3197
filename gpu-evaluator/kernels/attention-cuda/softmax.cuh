// The online softmax of a group's rows, in registers. In a matrix product's result a thread has values of two rows,
// eight rows apart: of each eight columns two, beside those of the other three threads of its four.
#pragma once

// Maximum before any key was seen: finite, so that rows without a visible key give zeros and not inf - inf.
constexpr float LOWEST = -1.0e30f;
#define HIDDEN __int_as_float(0xff800000)

// What a thread knows of its two rows.
struct Rows {
  float top[2], total[2], keep[2];
};

// One step of the online softmax; the scores become weights. `seen` are the visible columns of the two rows, from the
// thread's first on.
template <bool MASKED>
static __device__ __forceinline__ void softmax(float (&scores)[BLOCK_N / 2], Rows &rows, int seen0, int seen1) {
  if (MASKED) {
#pragma unroll
    for (int i = 0; i < BLOCK_N / 2; i++)
      if (i / 4 * 8 + (i & 1) >= (i & 2 ? seen1 : seen0))
        scores[i] = HIDDEN;
  }
#pragma unroll
  for (int r = 0; r < 2; r++) {
    float peak = rows.top[r], other = scores[2 * r];
#pragma unroll
    for (int i = 0; i < BLOCK_N / 2; i += 4)
      peak = fmaxf(peak, scores[i + 2 * r]), other = fmaxf(other, scores[i + 2 * r + 1]);
    peak = fmaxf(peak, other);
    peak = fmaxf(peak, __shfl_xor_sync(~0u, peak, 1));
    peak = fmaxf(peak, __shfl_xor_sync(~0u, peak, 2));
#if RESCALE == RESCALE_lazy
    // The maximum may lag behind by a factor of 2^8: weights stay far from overflow, and hardly any step rescales.
    if ((peak - rows.top[r]) * SCALE <= 8.0f)
      peak = rows.top[r];
#endif
    rows.keep[r] = exp2_fast((rows.top[r] - peak) * SCALE);
    rows.top[r] = peak;
    const float shift = -peak * SCALE;
    float sum = 0.0f, sum1 = 0.0f;
#pragma unroll
    for (int i = 0; i < BLOCK_N / 2; i += 4) {
      scores[i + 2 * r] = exp2_fast(fmaf(scores[i + 2 * r], SCALE, shift));
      scores[i + 2 * r + 1] = exp2_fast(fmaf(scores[i + 2 * r + 1], SCALE, shift));
      sum += scores[i + 2 * r], sum1 += scores[i + 2 * r + 1];
    }
    rows.total[r] = fmaf(rows.total[r], rows.keep[r], sum + sum1);
  }
}

static __device__ __forceinline__ void weights_of(uint32_t (&weights)[BLOCK_N / 4],
                                                  const float (&scores)[BLOCK_N / 2]) {
#pragma unroll
  for (int i = 0; i < BLOCK_N / 4; i++)
    weights[i] = packed(scores[2 * i], scores[2 * i + 1]);
}

static __device__ __forceinline__ void rescale(float (&sums)[WIDTH / 2], const Rows &rows) {
#if RESCALE == RESCALE_lazy
  if (!__any_sync(~0u, rows.keep[0] != 1.0f || rows.keep[1] != 1.0f))
    return;
#endif
#pragma unroll
  for (int i = 0; i < WIDTH / 2; i++)
    sums[i] *= rows.keep[i >> 1 & 1];
}
