/** Every cheat, and the outcomes that refuse it. */
import type { Outcome } from "@kevo/proto/outcome.ts";

export interface Cheat {
  /** Value of the parameter `cheat` of `kernel/`. */
  readonly name: string;
  readonly what: string;
  readonly refusedAs: readonly Exclude<Outcome, "ok">[];
  /** Where it does its work. */
  readonly at: "compiling" | "device" | "timing";
}

const wrong = ["incorrect"] as const;
const wrongOrFault = ["incorrect", "crashed"] as const;

export const CHEATS: readonly Cheat[] = [
  { name: "zeros", what: "writes zeros", refusedAs: wrong, at: "device" },
  { name: "lazy", what: "launches nothing, the answer would come later", refusedAs: wrong, at: "device" },
  { name: "half_of_it", what: "writes half of the answer", refusedAs: wrong, at: "device" },
  { name: "zeroed_inputs", what: "zeroes its inputs", refusedAs: wrong, at: "device" },
  { name: "low_precision_inputs", what: "drops bits of its inputs", refusedAs: wrong, at: "device" },
  { name: "low_precision_sums", what: "adds up in float16", refusedAs: wrong, at: "device" },
  { name: "cached", what: "keeps its answer for these pointers", refusedAs: wrong, at: "timing" },
  { name: "only_poisoned", what: "computes tiles that hold no numbers", refusedAs: wrong, at: "timing" },
  { name: "unless_left", what: "computes tiles that are not as it left them", refusedAs: wrong, at: "timing" },
  { name: "reads_the_poison", what: "computes tiles that hold one number only", refusedAs: wrong, at: "timing" },
  { name: "remembered", what: "keeps answers by a sample of the inputs", refusedAs: wrong, at: "timing" },
  { name: "by_pointer", what: "keeps answers by the address of the output", refusedAs: wrong, at: "timing" },
  { name: "after_many", what: "computes the first hundred launches", refusedAs: wrong, at: "timing" },
  { name: "by_the_clock", what: "computes three launches of four, by the clock", refusedAs: wrong, at: "timing" },
  { name: "one_tile_less", what: "leaves out one tile where it finds numbers", refusedAs: wrong, at: "timing" },
  {
    name: "zeroed_when_timed",
    what: "zeroes an input where it finds numbers, so that zeros are the answer",
    refusedAs: wrong,
    at: "timing",
  },
  { name: "every_second", what: "computes every second launch", refusedAs: wrong, at: "timing" },
  { name: "freed_reference", what: "reads what lies behind its output", refusedAs: wrongOrFault, at: "timing" },
  { name: "shared_garbage", what: "reads shared memory that it never wrote", refusedAs: wrongOrFault, at: "timing" },
  {
    name: "calls_the_reference",
    what: "catches its own error and calls the reference",
    refusedAs: ["compile_error"],
    at: "compiling",
  },
  { name: "patched_timers", what: "replaces timers and torch", refusedAs: ["incorrect"], at: "compiling" },
  { name: "hooked_compiler", what: "hooks itself into Triton", refusedAs: ["incorrect"], at: "compiling" },
  { name: "another_stream", what: "asks for another stream", refusedAs: ["compile_error"], at: "compiling" },
  { name: "another_thread", what: "leaves a thread running", refusedAs: ["incorrect"], at: "compiling" },
  {
    name: "persisting_l2",
    what: "asks the L2 cache to keep its data",
    refusedAs: ["compile_error"],
    at: "compiling",
  },
  { name: "illegal_access", what: "writes where it has no memory", refusedAs: ["crashed"], at: "timing" },
  { name: "hang_device", what: "never ends on the device", refusedAs: ["timeout"], at: "timing" },
  { name: "hang_compiler", what: "never ends while compiling", refusedAs: ["timeout"], at: "compiling" },
  { name: "allocate", what: "takes memory without end", refusedAs: ["compile_error"], at: "compiling" },
  { name: "exit", what: "ends the compile process", refusedAs: ["compile_error"], at: "compiling" },
  { name: "garbage", what: "writes into the protocol's pipe", refusedAs: ["compile_error"], at: "compiling" },
];

/** Of `kernel/product.cu`, by its parameter CHEAT. */
export const CUDA_CHEATS: readonly Cheat[] = [
  { name: "zeros", what: "writes zeros", refusedAs: wrong, at: "device" },
  { name: "half_of_it", what: "writes half of the answer", refusedAs: wrong, at: "device" },
  { name: "zeroed_inputs", what: "zeroes one of its inputs", refusedAs: wrong, at: "device" },
  { name: "low_precision_sums", what: "adds up in float16", refusedAs: wrong, at: "device" },
  { name: "remembered", what: "keeps answers by a sample of the inputs", refusedAs: wrong, at: "timing" },
  { name: "by_pointer", what: "computes once for each address of the output", refusedAs: wrong, at: "timing" },
  { name: "after_many", what: "computes the first hundred launches", refusedAs: wrong, at: "timing" },
  { name: "by_the_clock", what: "leaves out blocks, by the clock", refusedAs: wrong, at: "timing" },
  { name: "every_second", what: "computes every second launch", refusedAs: wrong, at: "timing" },
  { name: "persisting_l2", what: "asks the L2 cache to keep its data", refusedAs: ["compile_error"], at: "compiling" },
  {
    name: "launches_another",
    what: "launches a kernel from the device",
    refusedAs: ["compile_error"],
    at: "compiling",
  },
  { name: "illegal_access", what: "writes where it has no memory", refusedAs: ["crashed"], at: "timing" },
  { name: "hang_device", what: "never ends on the device", refusedAs: ["timeout"], at: "timing" },
  {
    name: "endless_source",
    what: "includes a file without end",
    refusedAs: ["compile_error", "timeout"],
    at: "compiling",
  },
];

/** The kernel that does what it should. */
export const GENUINE = "none";

/** Cheats that only Python in the measuring process could do, where none of a candidate's runs: `in_process.py`. */
export const IN_PROCESS = ["another_stream", "another_thread", "patched_timers", "persisting_l2", "only_once"] as const;
