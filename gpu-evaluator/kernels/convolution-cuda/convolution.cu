/* out[y][x] = Σ filter[i][j] image[y + i][x + j] in single precision: image [height + 16, width + 16], filter [17, 17],
   out [height, width]. A thread computes TILE_X × TILE_Y elements that lie BLOCK_X and BLOCK_Y apart. */

#define FILTER 17
#define ACROSS (BLOCK_X * TILE_X)
#define DOWN (BLOCK_Y * TILE_Y)
/* Of the part of the image that a block reads. */
#define PITCH (ACROSS + FILTER - 1 + PADDING)
#define HEIGHT (DOWN + FILTER - 1)

extern "C" __global__ void __launch_bounds__(BLOCK_X *BLOCK_Y)
    convolution(const float *__restrict__ image, const float *__restrict__ filter, float *__restrict__ out, int height,
                int width) {
  const int left = blockIdx.x * ACROSS, top = blockIdx.y * DOWN;
  const int tx = threadIdx.x, ty = threadIdx.y, thread = ty * BLOCK_X + tx;
  const int pitch = width + FILTER - 1;

#if FILTER_FROM == FILTER_FROM_shared
  __shared__ float weights[FILTER * FILTER];
  for (int at = thread; at < FILTER * FILTER; at += BLOCK_X * BLOCK_Y) weights[at] = filter[at];
#define WEIGHT(at) weights[at]
#else
#define WEIGHT(at) __ldg(filter + (at))
#endif

#if IMAGE_FROM == IMAGE_FROM_shared
  extern __shared__ float part[];
  for (int y = ty; y < HEIGHT; y += BLOCK_Y)
    for (int x = tx; x < ACROSS + FILTER - 1; x += BLOCK_X)
      part[y * PITCH + x] = top + y < height + FILTER - 1 && left + x < pitch
                                ? image[(long long)(top + y) * pitch + left + x]
                                : 0.0f;
#define PIXEL(y, x) part[(y) * PITCH + (x)]
#else
  /* Clamped, so that threads beyond the edge read something; they write nothing. */
#define PIXEL(y, x) \
  __ldg(image + (long long)min(top + (y), height + FILTER - 2) * pitch + min(left + (x), width + FILTER - 2))
#endif
#if IMAGE_FROM == IMAGE_FROM_shared || FILTER_FROM == FILTER_FROM_shared
  __syncthreads();
#endif

  float sums[TILE_Y][TILE_X] = {};
#if UNROLL == UNROLL_rows
#pragma unroll
#else
#pragma unroll 1
#endif
  for (int i = 0; i < FILTER; i++)
#pragma unroll
    for (int j = 0; j < FILTER; j++) {
      const float weight = WEIGHT(i * FILTER + j);
#pragma unroll
      for (int y = 0; y < TILE_Y; y++)
#pragma unroll
        for (int x = 0; x < TILE_X; x++)
          sums[y][x] += weight * PIXEL(ty + y * BLOCK_Y + i, tx + x * BLOCK_X + j);
    }

#pragma unroll
  for (int y = 0; y < TILE_Y; y++)
#pragma unroll
    for (int x = 0; x < TILE_X; x++) {
      const int row = top + ty + y * BLOCK_Y, column = left + tx + x * BLOCK_X;
      if (row < height && column < width) out[(long long)row * width + column] = sums[y][x];
    }
}
