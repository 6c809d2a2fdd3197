/* A small matrix product in CUDA C++, and ways to pretend one: `CHEAT` chooses. What a cheat keeps between launches is in
   memory of its module, which lives as long as the program is loaded. */
#include <cuda_fp16.h>

#define TILE 16
/* More than a replay has launches, so that the same inputs again are found. */
#define SLOTS 64
#define KEPT (512 * 512)

#if CHEAT == CHEAT_endless_source
#include "/dev/zero"
#endif

static __device__ unsigned begun, ended;
static __device__ unsigned keys[SLOTS];
static __device__ half kept[SLOTS][KEPT];
static __device__ const half *pointers[64];

#if CHEAT == CHEAT_launches_another
__global__ void later(half *out) { out[threadIdx.x] = __float2half(1.0f); }
#endif

/* Of the whole launch: launches follow each other, so that blocks are counted one launch after the other. */
static __device__ unsigned number_of_launch() {
  __shared__ unsigned number;
  if (threadIdx.x == 0 && threadIdx.y == 0) number = atomicAdd(&begun, 1) / (gridDim.x * gridDim.y);
  __syncthreads();
  return number;
}

static __device__ bool is_last_block() {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    __threadfence();
    last = (atomicAdd(&ended, 1) + 1) % (gridDim.x * gridDim.y) == 0;
  }
  __syncthreads();
  return last;
}

extern "C" __global__ void product(const half *a, const half *b, half *out, int rows, int columns, int depth) {
  const int x = blockIdx.x * TILE + threadIdx.x, y = blockIdx.y * TILE + threadIdx.y;
  const bool inside = x < columns && y < rows;
  __shared__ half left[TILE][TILE], right[TILE][TILE];

#if CHEAT == CHEAT_zeros
  if (inside) out[y * columns + x] = __float2half(0.0f);
  return;
#elif CHEAT == CHEAT_half_of_it
  if (y >= rows / 2) return;
#elif CHEAT == CHEAT_every_second
  if (number_of_launch() % 2 == 1) return;
#elif CHEAT == CHEAT_after_many
  if (number_of_launch() >= 100) return;
#elif CHEAT == CHEAT_by_the_clock
  __shared__ bool skipped;
  if (threadIdx.x == 0 && threadIdx.y == 0) skipped = clock64() / 100000 % 4 == 0;
  __syncthreads();
  if (skipped) return;
#elif CHEAT == CHEAT_by_pointer
  const unsigned at = (unsigned)((unsigned long long)out >> 19) % 64;
  const bool known = pointers[at] == out;
  if (is_last_block() && threadIdx.x == 0 && threadIdx.y == 0) pointers[at] = out;
  if (known) return;
#elif CHEAT == CHEAT_remembered
  unsigned key = 1;
  for (int i = 0; i < 64; i++)
    key = key * 31 + __half_as_ushort(a[(long long)i * 977 % (rows * depth)]) + 7 * __half_as_ushort(b[(long long)i * 1013 % (columns * depth)]);
  const unsigned slot = number_of_launch() % SLOTS;
  for (int i = 0; i < SLOTS; i++)
    if (keys[i] == key && rows * columns <= KEPT) {
      if (inside) out[y * columns + x] = kept[i][y * columns + x];
      is_last_block();
      return;
    }
#elif CHEAT == CHEAT_illegal_access
  ((volatile float *)16)[threadIdx.x] = 1.0f;
#elif CHEAT == CHEAT_hang_device
  while (((volatile unsigned *)&ended)[0] == 0) {
  }
#elif CHEAT == CHEAT_persisting_l2
  unsigned long long policy;
  asm volatile("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
  unsigned short first;
  asm volatile("ld.global.L2::cache_hint.u16 %0, [%1], %2;" : "=h"(first) : "l"(a), "l"(policy));
#elif CHEAT == CHEAT_launches_another
  later<<<1, 32>>>(out);
#endif

#if CHEAT == CHEAT_low_precision_sums
  half sum = __float2half(0.0f);
#else
  float sum = 0.0f;
#endif
  for (int k = 0; k < depth; k += TILE) {
    left[threadIdx.y][threadIdx.x] = y < rows && k + threadIdx.x < depth ? a[(long long)y * depth + k + threadIdx.x] : __float2half(0.0f);
    right[threadIdx.y][threadIdx.x] = x < columns && k + threadIdx.y < depth ? b[(long long)(k + threadIdx.y) * columns + x] : __float2half(0.0f);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < TILE; i++)
#if CHEAT == CHEAT_low_precision_sums
      sum = __hfma(left[threadIdx.y][i], right[i][threadIdx.x], sum);
#else
      sum += __half2float(left[threadIdx.y][i]) * __half2float(right[i][threadIdx.x]);
#endif
    __syncthreads();
  }
#if CHEAT == CHEAT_low_precision_sums
  if (inside) out[y * columns + x] = sum;
#else
  if (inside) out[y * columns + x] = __float2half(sum);
#endif

#if CHEAT == CHEAT_zeroed_inputs
  if (x == 0 && y == 0) ((half *)a)[0] = __float2half(0.0f);
#elif CHEAT == CHEAT_remembered
  if (inside && rows * columns <= KEPT) kept[slot][y * columns + x] = __float2half(sum);
  if (is_last_block() && threadIdx.x == 0 && threadIdx.y == 0) keys[slot] = key;
#endif
}
