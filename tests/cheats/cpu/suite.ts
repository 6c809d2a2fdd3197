/** Every cheat of `kernel/`, and what becomes of it on the CPU backend. */
import type { Failure, Measured } from "@kevo/gpu-evaluator/backends/backend.ts";
import type { Outcome } from "@kevo/proto/outcome.ts";

export interface CpuCheat {
  /** Value of the parameter CHEAT. */
  readonly name: string;
  readonly what: string;
  readonly outcomes: readonly Outcome[];
  /** It computes five times what it should, and hides that; the time that is taken says so. */
  readonly isCounted?: true;
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
  { name: "waits_as_vfork", what: "answers early, and waits where no stop reaches it", outcomes: crashed },
  { name: "never_stops", what: "answers early, and goes on for ever where no stop reaches it", outcomes: crashed },
  {
    name: "stays_in_system",
    what: "answers early, and stays in the system while another thread computes",
    outcomes: ["ok", "incorrect"],
    isCounted: true,
  },
  // On a busy machine the stop can come before the undoing thread: then the early answer is not there.
  { name: "undoes_stops", what: "answers early, and takes back the stop that follows", outcomes: refused },
  { name: "before_main", what: "takes the harness's place before it begins", outcomes: incorrect },
  { name: "answers_only", what: "takes the harness's place later, and answers only", outcomes: incorrect },
  { name: "by_pace", what: "computes only when calls come slowly", outcomes: incorrect },
  { name: "by_placement", what: "computes only on memory and cores that it does not know", outcomes: incorrect },
  { name: "answers_in_inputs", what: "puts its output in the place of an input", outcomes: incorrect },
  { name: "shares_a_file", what: "writes what it knows to a file", outcomes: crashed },
  { name: "shares_memory", what: "writes what it knows to shared memory", outcomes: crashed },
  { name: "own_fork", what: "forks past the C library", outcomes: refused },
  { name: "own_fork_of_32_bits", what: "forks by a system call of 32 bits", outcomes: refused },
  { name: "another_program", what: "becomes another program", outcomes: crashed },
  { name: "thousands_of_threads", what: "leaves 3,000 threads behind", outcomes: crashed },
];

/** Whether that is what should become of it. */
export function isRight({ outcomes, isCounted }: Pick<CpuCheat, "outcomes" | "isCounted">, found: Measured | Failure) {
  if (!outcomes.some((outcome) => outcome === found.outcome)) return false;
  return !isCounted || found.outcome !== "ok" || (found.measurements[0]?.speedup ?? 1) < 0.5;
}

/** The value that does what it should. */
export const GENUINE = "none";

/** Computes right answers twenty times over, for a baseline that is slow. */
export const SLOW = "slow";
