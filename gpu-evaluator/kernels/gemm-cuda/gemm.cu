/* out = a bᵀ on the tensor cores: a [m, k], b [n, k] and out [m, n] in bfloat16, rows contiguous, sums in single precision.
   A block computes BLOCK_M × BLOCK_N elements, each of its warps a part of them, and STAGES slices of BLOCK_K wait in
   shared memory. k and n are multiples of 8; m is any. */
#include <cuda_bf16.h>

typedef __nv_bfloat16 bf16;

#define THREADS (32 * WARPS_M * WARPS_N)
/* Pieces of 16 bytes in a row of a slice. */
#define PIECES (BLOCK_K / 8)
#define SLICE_A (BLOCK_M * BLOCK_K)
#define SLICE (SLICE_A + BLOCK_N * BLOCK_K)
/* Of a warp: rows of 16, and columns in pairs of 8. */
#define ROWS (BLOCK_M / WARPS_M / 16)
#define PAIRS (BLOCK_N / WARPS_N / 16)
#define OUT_PITCH (BLOCK_N + 8)

static __device__ __forceinline__ unsigned address(const void *shared) { return (unsigned)__cvta_generic_to_shared(shared); }

/* Where the piece is: rows that a matrix load reads together lie in different banks. */
static __device__ __forceinline__ int place(int row, int piece) {
  return row * BLOCK_K + ((piece ^ (row * PIECES / 8 % PIECES)) * 8);
}

/* Rows beyond `rows` and columns beyond k become zeros. */
template <int COUNT>
static __device__ __forceinline__ void fetch(const bf16 *from, int first, int rows, int column, int k, bf16 *to) {
#pragma unroll
  for (int at = threadIdx.x; at < COUNT * PIECES; at += THREADS) {
    const int row = at / PIECES, piece = at % PIECES, x = column + piece * 8;
    const int there = first + row < rows && x < k;
    const bf16 *source = there ? from + (long long)(first + row) * k + x : from;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address(to + place(row, piece))), "l"(source),
                 "r"(there ? 16 : 0));
  }
}

static __device__ __forceinline__ void load_matrices(unsigned (&to)[4], const bf16 *from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address(from)));
}

static __device__ __forceinline__ void multiply(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
    gemm(const bf16 *__restrict__ a, const bf16 *__restrict__ b, bf16 *__restrict__ out, int m, int n, int k) {
  extern __shared__ __align__(128) bf16 slices[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int warp_m = warp / WARPS_N * (BLOCK_M / WARPS_M), warp_n = warp % WARPS_N * (BLOCK_N / WARPS_N);

  /* GROUP_M rows of blocks at a time, column by column, so that what they share is in the cache. */
  const int across = (n + BLOCK_N - 1) / BLOCK_N, down = (m + BLOCK_M - 1) / BLOCK_M;
  const int group = blockIdx.x / (GROUP_M * across), top = group * GROUP_M;
  const int height = min(GROUP_M, down - top), inside = blockIdx.x % (GROUP_M * across);
  const int row = (top + inside % height) * BLOCK_M, column = inside / height * BLOCK_N;

  const int steps = (k + BLOCK_K - 1) / BLOCK_K;
  auto fetch_slice = [&](int step) {
    bf16 *slice = slices + step % STAGES * SLICE;
    if (step < steps) {
      fetch<BLOCK_M>(a, row, m, step * BLOCK_K, k, slice);
      fetch<BLOCK_N>(b, column, n, step * BLOCK_K, k, slice + SLICE_A);
    }
    asm volatile("cp.async.commit_group;");
  };

  float sums[ROWS][PAIRS * 2][4] = {};
#pragma unroll
  for (int step = 0; step < STAGES - 1; step++) fetch_slice(step);
  for (int step = 0; step < steps; step++) {
    asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2));
    __syncthreads();
    fetch_slice(step + STAGES - 1);
    const bf16 *slice_a = slices + step % STAGES * SLICE, *slice_b = slice_a + SLICE_A;
#pragma unroll
    for (int part = 0; part < BLOCK_K / 16; part++) {
      unsigned left[ROWS][4], right[PAIRS][4];
#pragma unroll
      for (int r = 0; r < ROWS; r++)
        load_matrices(left[r], slice_a + place(warp_m + r * 16 + lane % 16, part * 2 + lane / 16));
#pragma unroll
      for (int c = 0; c < PAIRS; c++)
        load_matrices(right[c], slice_b + place(warp_n + c * 16 + lane / 16 * 8 + lane % 8, part * 2 + lane / 8 % 2));
#pragma unroll
      for (int r = 0; r < ROWS; r++)
#pragma unroll
        for (int c = 0; c < PAIRS; c++) {
          multiply(sums[r][c * 2], left[r], right[c][0], right[c][1]);
          multiply(sums[r][c * 2 + 1], left[r], right[c][2], right[c][3]);
        }
    }
  }

#if STORE == STORE_shared
  /* The answer goes through shared memory, so that each warp writes whole lines. */
  asm volatile("cp.async.wait_group 0;");
  __syncthreads();
#endif
#pragma unroll
  for (int r = 0; r < ROWS; r++)
#pragma unroll
    for (int c = 0; c < PAIRS * 2; c++)
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int y = warp_m + r * 16 + half * 8 + lane / 4, x = warp_n + c * 8 + lane % 4 * 2;
        const __nv_bfloat162 both = __floats2bfloat162_rn(sums[r][c][half * 2], sums[r][c][half * 2 + 1]);
#if STORE == STORE_shared
        *(__nv_bfloat162 *)(slices + y * OUT_PITCH + x) = both;
#else
        if (row + y < m && column + x < n) *(__nv_bfloat162 *)(out + (long long)(row + y) * n + column + x) = both;
#endif
      }
#if STORE == STORE_shared
  __syncthreads();
  for (int at = threadIdx.x; at < BLOCK_M * (BLOCK_N / 8); at += THREADS) {
    const int y = at / (BLOCK_N / 8), x = at % (BLOCK_N / 8) * 8;
    if (row + y < m && column + x < n)
      *(uint4 *)(out + (long long)(row + y) * n + column + x) = *(const uint4 *)(slices + y * OUT_PITCH + x);
  }
#endif
}
