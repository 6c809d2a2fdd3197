/** The topics of the synthetic posts. A `#` is replaced by a drawn figure. */

export interface Topic {
  readonly name: string;
  /** The first one opens a conversation. */
  readonly lines: readonly string[];
}

export const TOPICS: readonly Topic[] = [
  {
    name: "online softmax",
    lines: [
      "Notes on online softmax in attention kernels: every new KV block may raise the running maximum, and then the whole output strip is rescaled.",
      "In our traces the maximum moves in the first blocks and then hardly ever. Yet the rescale runs for each block: # % of the time on rows of 4096.",
      "What if the rescale waits until the maximum has grown by more than a threshold? The sum stays exact, only the scale is stale.",
      "Bounded growth keeps exp2 in range: with a threshold of 8 in base 2 the terms stay below 256, which float32 does not notice.",
      "I have seen this for Blackwell kernels. Nobody seems to have tried it on CPUs, where the rescale is a pass over the output strip in L1.",
      "Open question: a fixed threshold, or one for each row tile?",
      "Check the invariant: accumulator and denominator carry the same stale maximum, so the quotient is untouched.",
    ],
  },
  {
    name: "KV blocking",
    lines: [
      "KV blocking for attention on CPUs: a block of keys and values should stay in L2 while several row tiles pass over it.",
      "A block of 256 keys at head dimension 64 in float32 is 64 KiB each for K and V. That leaves room for the output strip.",
      "Smaller blocks mean more rescales, larger ones fall out of L2. We measured # % between the best and the worst choice.",
      "Packing the keys so that a vector holds one feature of sixteen keys removes the horizontal sums.",
      "Causal masks: whole blocks above the diagonal can be skipped, and only the diagonal one needs the mask.",
      "Order matters: longest rows first keeps the threads even at the end.",
      "I know of no implementation that picks the block size from the measured L2 instead of a constant.",
    ],
  },
  {
    name: "exp2 polynomials",
    lines: [
      "Attention kernels spend a surprising share in exp. Fold log2(e) into the scale of Q and use exp2: one multiplication fewer for each score.",
      "A polynomial of degree 5 for the fraction and an integer add for the exponent vectorises everywhere; libm does not.",
      "Degree 3 has a relative error near 1e-4: fine for bf16 outputs, not for a float32 tolerance of 1e-5.",
      "On GPUs the special function unit is the bottleneck: # exponentials for each cycle and SM, so part of them can go to the FMA pipes.",
      "Mixing both, some columns by polynomial and some by the special unit, is easy in Triton and rarely tuned.",
      "Clamp below -126 before the exponent trick, or masked scores wrap around.",
      "Has anyone let the degree of the polynomial be a tuning parameter together with the tile shape?",
    ],
  },
  {
    name: "warp specialisation",
    lines: [
      "Hopper attention kernels: one warp group loads with TMA, two compute. The ping-pong between softmax and matmul is where the time goes.",
      "With a head dimension of 128 and 64 rows for each warp group the registers just fit; # more spill and everything halves.",
      "Named barriers are cheap, but the order of the two consumers must be fixed by hand or they collide.",
      "Triton does this by itself now. The schedule that it picks is good for long sequences and poor for 512.",
      "Setting the number of registers for the producer to 24 gave us a few per cent.",
      "Nobody tunes the split between producers and consumers per sequence length. It should be a parameter.",
    ],
  },
  {
    name: "FP8 attention",
    lines: [
      "FP8 attention on Hopper GPUs: the scores are fine, P times V is where accuracy dies.",
      "A scale for each block of 64 keys instead of one for the tensor brings the error down by #.",
      "Rotating Q and K by a random Hadamard matrix spreads outliers and costs next to nothing when it is fused.",
      "The accumulator of the FP8 tensor core keeps fewer bits than people think; promote every 128 keys.",
      "Combine block scales with a stale maximum: the scale could absorb the rescale. I have not seen that anywhere.",
      "What tolerance do you use? We hold relative L2 against float32 at twice that of bf16.",
    ],
  },
  {
    name: "split KV decode",
    lines: [
      "Decoding with attention at batch 1: a single query leaves most of the GPU idle unless the keys are split.",
      "Split KV in # parts, one program each, and merge by log-sum-exp. The merge is a second launch unless you use atomics.",
      "The best number of splits depends on length and heads; a heuristic that is right on A100 is wrong on Hopper.",
      "Paged caches break the pattern: pages of 16 tokens make the loads short. 64 is kinder to TMA.",
      "GQA packing: put the query heads of one group into the rows of a tile, so that K is read once.",
      "A persistent kernel with a work queue in global memory hides the tail. Is there a public one?",
    ],
  },
  {
    name: "scheduling",
    lines: [
      "Persistent attention kernels: causal tiles differ in length, so launch order decides how long the tail is.",
      "Longest first with a static schedule came within # % of a dynamic queue for us, without atomics.",
      "L2 swizzle: neighbours in the launch should share the same KV head.",
      "On CPUs the same holds: longest row tiles first, and threads take the next tile from a counter.",
      "For 8 heads and 2 cores the order hardly matters. For 1 head it is everything.",
      "Could somebody try to choose the order by a small model of the machine instead of by hand?",
    ],
  },
  {
    name: "compilers",
    lines: [
      "Compiler flags for attention kernels in C: -ffast-math lets the reductions vectorise, and -mprefer-vector-width=256 sometimes beats 512.",
      "We saw # % between -O2 and -O3 on the same source, in both directions.",
      "Unrolling by hand over rows of Q keeps the keys in registers; compilers do not find that by themselves.",
      "Report the compiler with every figure. Half of the posted speedups are a newer gcc.",
      "Tuning flags together with tile sizes finds pairs that neither search finds alone.",
    ],
  },
];
