/** What a run knows of one of its evaluators. */
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import type { EvaluatorSnapshot } from "../snapshot/snapshot.ts";
import type { EvaluatorLink } from "./evaluator-link.ts";
import type { EvaluatorSlot } from "./plan.ts";

export interface Member {
  readonly link: EvaluatorLink;
  /** Named on the command line or started here: tried again for ever. Announced ones announce themselves again. */
  named: boolean;
  slot: EvaluatorSlot | null;
  description: Description | null;
  state: EvaluatorSnapshot["state"] | "connecting";
  failures: number;
  /** A description is on its way. */
  asked: boolean;
  /** A person wants it to receive no more work. */
  drained: boolean;
  /** It was announced that it leaves; it is believed once it says so itself, or no longer answers. */
  leaving: boolean;
  /** Its fault: the code, if it gave one, and the message. */
  fault: EvaluatorFault | null;
  why: string;
  /** When the device's busy time was last looked at, for its share. */
  busyShares: (number | null)[];
}

export function newMember(link: EvaluatorLink, named: boolean): Member {
  return {
    link,
    named,
    slot: null,
    description: null,
    state: "connecting",
    failures: 0,
    asked: false,
    drained: false,
    leaving: false,
    fault: null,
    why: "",
    busyShares: [],
  };
}
