// Barriers in shared memory, the tensor memory accelerator, and what else only PTX says.
#pragma once

// A CUtensorMap, which the host encodes.
struct alignas(64) TensorMap {
  unsigned char bytes[128];
};

static __device__ __forceinline__ uint32_t address_of(const void *shared) {
  return (uint32_t)__cvta_generic_to_shared(shared);
}

static __device__ __forceinline__ void barrier_init(uint32_t barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

static __device__ __forceinline__ void barrier_expect(uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

static __device__ __forceinline__ void barrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

static __device__ __forceinline__ void barrier_wait(uint32_t barrier, int phase) {
  asm volatile("{\n.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\n"
               "bra AGAIN;\nDONE:\n}\n" ::"r"(barrier),
               "r"(phase)
               : "memory");
}

// [pieces of the width][rows][width of a piece] of one head, from `row` on; zeros beyond the tensor.
static __device__ __forceinline__ void load(uint32_t to, const TensorMap *map, int row, int head, int batch,
                                            uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %2, %4, "
      "%5}], [%6];" ::"r"(to),
      "l"(map), "r"(0), "r"(row), "r"(head), "r"(batch), "r"(barrier)
      : "memory");
}

static __device__ __forceinline__ void prefetch(const TensorMap *map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

template <int COUNT> static __device__ __forceinline__ void registers_more() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}
template <int COUNT> static __device__ __forceinline__ void registers_fewer() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

// Named barriers of two groups of four warps: one arrives, the other waits.
static __device__ __forceinline__ void turn_wait(int id) { asm volatile("bar.sync %0, 256;" ::"r"(id) : "memory"); }
static __device__ __forceinline__ void turn_give(int id) { asm volatile("bar.arrive %0, 256;" ::"r"(id) : "memory"); }

static __device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

static __device__ __forceinline__ uint32_t packed(float low, float high) {
  uint32_t both;
#if SHAPE_half
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
#else
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
#endif
  return both;
}

// A ring of blocks in shared memory: which one is next, and whether its barrier is in an even or odd turn.
struct Ring {
  int stage = 0, phase = 0;
  __device__ __forceinline__ void next() {
    if (++stage == STAGES)
      stage = 0, phase ^= 1;
  }
};
