/** How the coordinators of one database check an evaluator, by its address. */
import { resolve } from "node:path";
import { type EvaluatorAccess, evaluatorAccess } from "@kevo/core/evaluator-access/client.ts";
import { membersOf, ownIdentity } from "./authority.ts";
import { natsFolder } from "./nats-folder.ts";

export type FindAccess = (address: string) => EvaluatorAccess | null;

/**
 * Once anybody was invited, an evaluator of another host or user shows a certificate; before that, it proves that it has
 * the token.
 */
export function findEvaluatorAccess(database: string, token: string | undefined): FindAccess {
  const folder = natsFolder(resolve(database));
  return (address) => {
    const own = ownIdentity(folder);
    if (own === null || token !== undefined) return evaluatorAccess(address, token);
    const accepts = (serial: string) => membersOf(folder).some((member) => member.serial === serial);
    return evaluatorAccess(address, undefined) ?? { tls: { ...own, accepts } };
  };
}
