/*
 * Causal attention forward with a deferred rescale: sums of a row stay at a stale maximum until the true one has grown
 * by THRESHOLD. What the model of the fake writes; correct, and plain by default.
 */
#include <math.h>
#include "kevo.h"

typedef struct attention {
  int64_t heads, length, width;
  float scale;
  const float *q, *k, *v;
  float *output, *packed;
} attention;

#if EXP == EXP_poly
/* 2^n times a Taylor polynomial of degree 6 on half an interval; |x| < 87. */
static inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  const int32_t n = (int32_t)(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
  const float r = x - (float)n * 0.693359375f + (float)n * 2.12194440e-4f;
  float p = r * (1.0f / 720) + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * (union { int32_t i; float f; }){.i = (n + 127) << 23}.f;
}
#else
static inline float exponential(float x) { return expf(x); }
#endif

/* Scores of one row against KEY_BLOCK keys from `from`. */
static inline void scores(const attention *t, const float *q, const float *k, float *s) {
#if KEYS == KEYS_packed
  for (int j = 0; j < KEY_BLOCK; j++) s[j] = 0;
  for (int64_t d = 0; d < t->width; d++)
    for (int j = 0; j < KEY_BLOCK; j++) s[j] += q[d] * k[d * KEY_BLOCK + j];
#else
  for (int j = 0; j < KEY_BLOCK; j++) {
    float sum = 0;
    for (int64_t d = 0; d < t->width; d++) sum += q[d] * k[j * t->width + d];
    s[j] = sum;
  }
#endif
}

static void rows(void *argument, int64_t task, int thread) {
  const attention *t = argument;
  const int64_t width = t->width, tiles = t->length / ROW_TILE, base = task / tiles * t->length * width;
#if ORDER == ORDER_longest
  const int64_t first = (tiles - 1 - task % tiles) * ROW_TILE;
#else
  const int64_t first = task % tiles * ROW_TILE;
#endif
#if KEYS == KEYS_packed
  const float *keys = t->packed + base;
#else
  const float *keys = t->k + base;
#endif
  const float *q = t->q + base + first * width, *v = t->v + base;
  float *output = t->output + base + first * width;
  float stale[ROW_TILE], total[ROW_TILE], s[KEY_BLOCK];
  (void)thread;
  for (int64_t i = 0; i < ROW_TILE * width; i++) output[i] = 0;
  for (int r = 0; r < ROW_TILE; r++) total[r] = 0;
  for (int64_t from = 0; from < first + ROW_TILE; from += KEY_BLOCK) {
    for (int r = 0; r < ROW_TILE; r++) {
      int64_t visible = first + r + 1 - from;
      if (visible <= 0) continue;
      if (visible > KEY_BLOCK) visible = KEY_BLOCK;
      float *out = output + r * width;
      scores(t, q + r * width, keys + from * width, s);
      float top = s[0] * t->scale;
      for (int64_t j = 1; j < visible; j++) top = s[j] * t->scale > top ? s[j] * t->scale : top;
#if RESCALE == RESCALE_deferred
      const int grown = from > 0 && top > stale[r] + THRESHOLD;
#else
      const int grown = from > 0 && top > stale[r];
#endif
      if (grown) {
        const float shrink = expf(stale[r] - top);
        total[r] *= shrink;
        for (int64_t d = 0; d < width; d++) out[d] *= shrink;
      }
      if (grown || from == 0) stale[r] = top;
      for (int64_t j = 0; j < visible; j++) s[j] = exponential(s[j] * t->scale - stale[r]);
      for (int64_t j = 0; j < visible; j++) total[r] += s[j];
      for (int64_t j = 0; j < visible; j++)
        for (int64_t d = 0; d < width; d++) out[d] += s[j] * v[(from + j) * width + d];
    }
  }
  for (int r = 0; r < ROW_TILE; r++)
    for (int64_t d = 0; d < width; d++) output[r * width + d] /= total[r];
}

#if KEYS == KEYS_packed
/* KEY_BLOCK keys become [width][KEY_BLOCK]. */
static void pack(void *argument, int64_t task, int thread) {
  const attention *t = argument;
  const float *k = t->k + task * KEY_BLOCK * t->width;
  float *packed = t->packed + task * KEY_BLOCK * t->width;
  (void)thread;
  for (int64_t d = 0; d < t->width; d++)
    for (int j = 0; j < KEY_BLOCK; j++) packed[d * KEY_BLOCK + j] = k[j * t->width + d];
}
#endif

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  attention t = {
      .heads = kevo_size(shape, "heads"), .length = kevo_size(shape, "length"), .width = kevo_size(shape, "width"),
      .q = inputs[0], .k = inputs[1], .v = inputs[2], .output = output,
  };
  t.scale = 1 / sqrtf((float)t.width);
  const int threads = kevo_cores();
#if KEYS == KEYS_packed
  t.packed = kevo_scratch(0, (size_t)(t.heads * t.length * t.width) * sizeof(float));
  kevo_parallel(threads, t.heads * t.length / KEY_BLOCK, pack, &t);
#endif
  kevo_parallel(threads, t.heads * (t.length / ROW_TILE), rows, &t);
}
