/** Every cheat of `kernel/`, and what becomes of it on the CPU backend. */
import type { Outcome } from "@kevo/proto/outcome.ts";

export interface CpuCheat {
  /** Value of the parameter CHEAT. */
  readonly name: string;
  readonly what: string;
  readonly outcomes: readonly Outcome[];
}

const refused = ["incorrect", "crashed"] as const;
const incorrect = ["incorrect"] as const;
const crashed = ["crashed"] as const;

export const CPU_CHEATS: readonly CpuCheat[] = [
  { name: "if_poisoned_first", what: "computes only where the first element looks poisoned", outcomes: incorrect },
  { name: "if_poisoned_middle", what: "the same by one in the middle", outcomes: incorrect },
  { name: "if_poisoned_last", what: "the same by the last", outcomes: incorrect },
  { name: "unless_left_last", what: "computes nothing while the last element is as it left it", outcomes: incorrect },
  { name: "unless_left_some", what: "the same by five elements", outcomes: incorrect },
  { name: "remember_all", what: "keeps answers by a hash of all inputs", outcomes: incorrect },
  { name: "remember_sample", what: "keeps answers by a hash of some inputs", outcomes: incorrect },
  { name: "remember_rounded", what: "keeps answers by inputs rounded to 0.01", outcomes: incorrect },
  { name: "every_second", what: "skips every second call", outcomes: incorrect },
  { name: "first_calls", what: "computes five times", outcomes: incorrect },
  { name: "one_in_five", what: "skips one call in five", outcomes: incorrect },
  { name: "half", what: "computes half of the rows once it was verified", outcomes: incorrect },
  {
    name: "changed_rows",
    what: "computes only rows of which an input has changed, and one wrong",
    outcomes: incorrect,
  },
  { name: "last_answer", what: "gives the answer of the third call from then on", outcomes: incorrect },
  { name: "late_thread", what: "lets a thread compute after it has returned", outcomes: incorrect },
  { name: "late_signal", what: "computes when a signal comes, later", outcomes: incorrect },
  { name: "jumps_back", what: "jumps into the frame of an earlier call", outcomes: refused },
  { name: "counts_less", what: "lowers whatever looks like the harness's count of calls", outcomes: crashed },
  { name: "returns_to_itself", what: "overwrites its return address", outcomes: refused },
  { name: "smaller_shape", what: "makes the workload's shape smaller in its own process", outcomes: incorrect },
  { name: "answers_itself", what: "answers the referee before it computes", outcomes: refused },
  { name: "own_output", what: "puts memory of its own in the output's place", outcomes: refused },
  { name: "writes_inputs", what: "changes an input", outcomes: incorrect },
  { name: "maps_inputs", what: "maps the inputs once more, to write them", outcomes: refused },
  { name: "reads_answers", what: "reads other processes' memory and files for the answer", outcomes: refused },
  { name: "writes_referee", what: "opens the referee's memory", outcomes: crashed },
  { name: "writes_parent", what: "writes into the referee's memory", outcomes: crashed },
  { name: "helper_process", what: "lets another process compute", outcomes: crashed },
  { name: "stops_others", what: "stops every other process", outcomes: crashed },
  // It moves no threads and computes: a refusal would have another reason.
  { name: "pins_others", what: "moves other processes to one core, or lowers their priority", outcomes: ["ok"] },
];

/** The value that does what it should. */
export const GENUINE = "none";

/** Computes right answers twenty times over, for a baseline that is slow. */
export const SLOW = "slow";
