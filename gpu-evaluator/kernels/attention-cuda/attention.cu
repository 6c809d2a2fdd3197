// Attention forward for Hopper: one warp loads, GROUPS of four warps compute 64 query rows each.
//
//   out[b, s, h, :] = softmax(q[b, s, h, :] k[b, :, h / group, :]^T / sqrt(width) + mask) v[b, :, h / group, :]
//
// Keys and values arrive in two rings of STAGES blocks of BLOCK_N. A group has the product with the next keys and that
// with the last values under way while it computes a softmax; with TURNS the groups take turns with the tensor cores,
// so that one's softmax hides behind the other's products (FlashAttention-3, Shah et al. 2024). Keys are walked from
// right to left, the diagonal first. The scores and weights never leave registers.

typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;

#include "pipeline.cuh"
#include "products.cuh"

constexpr int WIDTH = SHAPE_width;
// Columns of a piece, which is as wide as the swizzle, and the swizzle's number in a matrix descriptor.
constexpr int PIECE = WIDTH % 64 == 0 ? 64 : WIDTH % 32 == 0 ? 32 : 16;
constexpr uint64_t SWIZZLE = PIECE == 64 ? 1 : PIECE == 32 ? 2 : 3;
constexpr int THREADS = 128 * (GROUPS + 1), ROWS = 64 * GROUPS;
constexpr int Q_BYTES = 64 * WIDTH * 2, BLOCK_BYTES = BLOCK_N * WIDTH * 2;
constexpr int K_AT = GROUPS * Q_BYTES, V_AT = K_AT + STAGES * BLOCK_BYTES, BARRIERS_AT = V_AT + STAGES * BLOCK_BYTES;
// Registers of a loading and of a computing thread, which together are those of the launch.
constexpr int AT_LAUNCH = 65536 / (THREADS * RESIDENT) / 8 * 8;
constexpr int FEW = GROUPS == 3 ? 32 : 24;
constexpr int MANY_EXACT = (AT_LAUNCH * (GROUPS + 1) - FEW) / GROUPS / 8 * 8;
constexpr int MANY = MANY_EXACT > 240 ? 240 : MANY_EXACT;
static_assert(WIDTH == 64 || WIDTH == 80 || WIDTH == 96 || WIDTH == 128, "widths 64, 80, 96 and 128");
constexpr float ROOT = WIDTH == 64 ? 8.0f : WIDTH == 80 ? 8.94427191f : WIDTH == 96 ? 9.79795897f : 11.3137085f;
// Of scores, in units of log2.
constexpr float SCALE = 1.4426950408889634f / ROOT;

#include "softmax.cuh"
#include "store.cuh"

// Where everything lies in shared memory.
struct Shared {
  uint32_t base;
  __device__ __forceinline__ uint32_t q(int group) const { return base + group * Q_BYTES; }
  __device__ __forceinline__ uint32_t k(int stage) const { return base + K_AT + stage * BLOCK_BYTES; }
  __device__ __forceinline__ uint32_t v(int stage) const { return base + V_AT + stage * BLOCK_BYTES; }
  __device__ __forceinline__ uint32_t barrier(int at) const { return base + BARRIERS_AT + 8 * at; }
  __device__ __forceinline__ uint32_t k_ready(int stage) const { return barrier(stage); }
  __device__ __forceinline__ uint32_t k_free(int stage) const { return barrier(STAGES + stage); }
  __device__ __forceinline__ uint32_t v_ready(int stage) const { return barrier(2 * STAGES + stage); }
  __device__ __forceinline__ uint32_t v_free(int stage) const { return barrier(3 * STAGES + stage); }
  __device__ __forceinline__ uint32_t q_ready(int group) const { return barrier(4 * STAGES + group); }
  __device__ __forceinline__ uint32_t q_free(int group) const { return barrier(4 * STAGES + GROUPS + group); }
};

struct Tile {
  int batch, head, row, steps;
};

// Tiles by weight: the last rows of all heads first.
static __device__ __forceinline__ Tile tile_of(int index, int batches, int heads, int length) {
  const int columns = batches * heads, blocks = (length + ROWS - 1) / ROWS;
  const int block = blocks - 1 - index / columns, column = index % columns;
  Tile tile;
  tile.batch = column / heads, tile.head = column % heads, tile.row = block * ROWS;
  const int stop = SHAPE_causal ? min(length, tile.row + ROWS) : length;
  tile.steps = (stop + BLOCK_N - 1) / BLOCK_N;
  return tile;
}

// Programs walk over the tiles to and fro, so that who had the heavier tile gets the lighter one next.
static __device__ __forceinline__ int tile_at(int turn) {
  return turn * gridDim.x + (turn & 1 ? gridDim.x - 1 - blockIdx.x : blockIdx.x);
}

// Where a matrix instruction finds its part of a block, `inside` bytes from the block's beginning.
static __device__ __forceinline__ uint64_t descriptor(uint32_t block, int inside, int leading, int stride) {
  const uint64_t layout = (uint64_t)(leading >> 4) << 16 | (uint64_t)(stride >> 4) << 32 | SWIZZLE << 62;
  return layout + (block >> 4) + (inside >> 4);
}

static __device__ __forceinline__ void scores_of(float (&scores)[BLOCK_N / 2], uint32_t q, uint32_t k) {
#pragma unroll
  for (int depth = 0; depth < WIDTH; depth += 16) {
    const int piece = depth / PIECE, inside = depth % PIECE * 2;
    Product<BLOCK_N>::shared(scores, descriptor(q, piece * 64 * PIECE * 2 + inside, 16, 8 * PIECE * 2),
                             descriptor(k, piece * BLOCK_N * PIECE * 2 + inside, 16, 8 * PIECE * 2), depth > 0);
  }
}

static __device__ __forceinline__ void add_values(float (&sums)[WIDTH / 2], const uint32_t (&weights)[BLOCK_N / 4],
                                                  uint32_t v) {
#pragma unroll
  for (int depth = 0; depth < BLOCK_N; depth += 16)
    Product<WIDTH>::registers(sums, weights + depth / 4,
                              descriptor(v, depth * PIECE * 2, BLOCK_N * PIECE * 2, 8 * PIECE * 2));
}

// What the kernel gets besides the maps.
struct Sizes {
  int batches, heads, kv_heads, length, tiles;
};

// The loading thread: of each tile the queries, and keys one block ahead of values, from right to left.
static __device__ __forceinline__ void produce(const Shared &shared, const TensorMap *q, const TensorMap *k,
                                               const TensorMap *v, const Sizes &sizes) {
  Ring keys, values;
  for (int turn = 0, index = blockIdx.x; index < sizes.tiles; index = tile_at(++turn)) {
    const Tile tile = tile_of(index, sizes.batches, sizes.heads, sizes.length);
    const int kv_head = tile.head / (sizes.heads / sizes.kv_heads);
    for (int step = tile.steps; step >= 0; step--) {
      if (step > 0) {
        barrier_wait(shared.k_free(keys.stage), keys.phase ^ 1);
        barrier_expect(shared.k_ready(keys.stage), BLOCK_BYTES);
        load(shared.k(keys.stage), k, (step - 1) * BLOCK_N, kv_head, tile.batch, shared.k_ready(keys.stage));
        keys.next();
      }
      if (step == tile.steps) {
        for (int group = 0; group < GROUPS; group++) {
          barrier_wait(shared.q_free(group), (turn & 1) ^ 1);
          barrier_expect(shared.q_ready(group), Q_BYTES);
          load(shared.q(group), q, tile.row + 64 * group, tile.head, tile.batch, shared.q_ready(group));
        }
      } else {
        barrier_wait(shared.v_free(values.stage), values.phase ^ 1);
        barrier_expect(shared.v_ready(values.stage), BLOCK_BYTES);
        load(shared.v(values.stage), v, step * BLOCK_N, kv_head, tile.batch, shared.v_ready(values.stage));
        values.next();
      }
    }
    if (!PERSISTENT)
      break;
  }
}

// One block of keys and the values of the block before it.
template <bool MASKED>
static __device__ __forceinline__ void step(const Shared &shared, int group, int block, int seen0, int seen1,
                                            Ring &keys, Ring &values, float (&scores)[BLOCK_N / 2],
                                            uint32_t (&weights)[BLOCK_N / 4], float (&sums)[WIDTH / 2], Rows &rows,
                                            bool signals) {
  barrier_wait(shared.k_ready(keys.stage), keys.phase);
  if (TURNS)
    turn_wait(1 + group);
  pin(scores), pin(sums), pin(weights);
  products_begin();
  scores_of(scores, shared.q(group), shared.k(keys.stage));
  products_commit();
  barrier_wait(shared.v_ready(values.stage), values.phase);
  products_begin();
  add_values(sums, weights, shared.v(values.stage));
  products_commit();
  if (TURNS)
    turn_give(1 + (group + 1) % GROUPS);
  products_wait<1>();
  pin(scores);
  if (signals)
    barrier_arrive(shared.k_free(keys.stage));
  if (signals && block == 0)
    barrier_arrive(shared.q_free(group));
  keys.next();
  softmax<MASKED>(scores, rows, seen0 - block * BLOCK_N, seen1 - block * BLOCK_N);
  products_wait<0>();
  pin(sums), pin(weights);
  if (signals)
    barrier_arrive(shared.v_free(values.stage));
  values.next();
  rescale(sums, rows);
  weights_of(weights, scores);
}

// A computing group: 64 rows of each tile.
static __device__ __forceinline__ void consume(const Shared &shared, unsigned short *out, const Sizes &sizes,
                                               int group) {
  const int thread = threadIdx.x & 127, lane = thread & 31, warp = thread >> 5;
  const bool signals = lane == 0;
  const int length = sizes.length;
  Ring keys, values;
  if (TURNS && group == GROUPS - 1)
    turn_give(1);
  for (int turn = 0, index = blockIdx.x; index < sizes.tiles; index = tile_at(++turn)) {
    const Tile tile = tile_of(index, sizes.batches, sizes.heads, length);
    const int row = tile.row + 64 * group, mine = row + 16 * warp + lane / 4;
    const int stop = SHAPE_causal ? min(length, row + 64) : length;
    int block = (stop + BLOCK_N - 1) / BLOCK_N - 1;
    // Visible columns of this thread's rows, counted from its own first column.
    const int seen0 = (SHAPE_causal ? mine + 1 : length) - 2 * (lane & 3), seen1 = seen0 + (SHAPE_causal ? 8 : 0);
    // Blocks that end right of the diagonal of this group's rows are none of its own.
    for (int skipped = tile.steps - 1; skipped > block; skipped--) {
      barrier_wait(shared.k_ready(keys.stage), keys.phase);
      if (TURNS)
        turn_wait(1 + group), turn_give(1 + (group + 1) % GROUPS);
      if (signals)
        barrier_arrive(shared.k_free(keys.stage));
      keys.next();
      barrier_wait(shared.v_ready(values.stage), values.phase);
      if (signals)
        barrier_arrive(shared.v_free(values.stage));
      values.next();
    }
    float scores[BLOCK_N / 2], sums[WIDTH / 2];
    uint32_t weights[BLOCK_N / 4];
    Rows rows;
    rows.top[0] = rows.top[1] = LOWEST, rows.total[0] = rows.total[1] = 0.0f;
    barrier_wait(shared.q_ready(group), turn & 1);
    barrier_wait(shared.k_ready(keys.stage), keys.phase);
    if (TURNS)
      turn_wait(1 + group);
    pin(scores);
    products_begin();
    scores_of(scores, shared.q(group), shared.k(keys.stage));
    products_commit();
    if (TURNS)
      turn_give(1 + (group + 1) % GROUPS);
#pragma unroll
    for (int i = 0; i < WIDTH / 2; i++)
      sums[i] = 0.0f;
    products_wait<0>();
    pin(scores);
    if (signals)
      barrier_arrive(shared.k_free(keys.stage));
    if (signals && block == 0)
      barrier_arrive(shared.q_free(group));
    keys.next();
    softmax<true>(scores, rows, seen0 - block * BLOCK_N, seen1 - block * BLOCK_N);
    weights_of(weights, scores);
    block--;
    if (SHAPE_causal) {
      const int unmasked = (row + 1) / BLOCK_N;
      for (; block >= unmasked; block--)
        step<true>(shared, group, block, seen0, seen1, keys, values, scores, weights, sums, rows, signals);
    }
    for (; block >= 0; block--)
      step<false>(shared, group, block, seen0, seen1, keys, values, scores, weights, sums, rows, signals);
    barrier_wait(shared.v_ready(values.stage), values.phase);
    pin(sums), pin(weights);
    products_begin();
    add_values(sums, weights, shared.v(values.stage));
    products_commit();
#pragma unroll
    for (int r = 0; r < 2; r++) {
      rows.total[r] += __shfl_xor_sync(~0u, rows.total[r], 1);
      rows.total[r] += __shfl_xor_sync(~0u, rows.total[r], 2);
    }
    products_wait<0>();
    pin(sums), pin(weights);
    if (signals)
      barrier_arrive(shared.v_free(values.stage));
    values.next();
    const long long stride = (long long)sizes.heads * WIDTH;
    store(sums, rows, out + ((long long)tile.batch * length + mine) * stride + tile.head * WIDTH, stride, length - mine,
          lane);
    if (!PERSISTENT)
      break;
  }
  if (TURNS && group == 0)
    turn_wait(1);
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
    attention(const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,
              const __grid_constant__ TensorMap v, unsigned short *out, int batches, int heads, int kv_heads,
              int length) {
  extern __shared__ __align__(1024) unsigned char memory[];
  Shared shared;
  shared.base = address_of(memory);
  const Sizes sizes = {batches, heads, kv_heads, length, batches * heads * ((length + ROWS - 1) / ROWS)};
  if (threadIdx.x == 0) {
    prefetch(&q), prefetch(&k), prefetch(&v);
    for (int stage = 0; stage < STAGES; stage++) {
      barrier_init(shared.k_ready(stage), 1), barrier_init(shared.v_ready(stage), 1);
      barrier_init(shared.k_free(stage), 4 * GROUPS), barrier_init(shared.v_free(stage), 4 * GROUPS);
    }
    for (int group = 0; group < GROUPS; group++)
      barrier_init(shared.q_ready(group), 1), barrier_init(shared.q_free(group), 4);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  if (threadIdx.x < 128) {
    if (THREADS * RESIDENT > 256)
      registers_fewer<FEW>();
    if (threadIdx.x == 0)
      produce(shared, &q, &k, &v, sizes);
  } else {
    if (THREADS * RESIDENT > 256)
      registers_more<MANY>();
    // Known to be the same for a warp, so that what follows from it is computed once for all its threads.
    consume(shared, out, sizes, __shfl_sync(~0u, threadIdx.x / 128, 0) - 1);
  }
}
