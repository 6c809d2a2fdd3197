/** Which configurations of a kernel a recording measures, and in which order. Pure: the same request, the same list. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace, type SearchSpace, type StartedDefinition } from "@kevo/core/search-space/search-space.ts";
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";

/** Parameters held at some of their values: the part of the space that is recorded. */
export type Fixed = Readonly<Record<string, ParamValue[]>>;

export interface RecordPlan {
  /** Every configuration once, in an order drawn from the seed: a recording that was cut off is a fair sample. */
  readonly configurations: readonly Config[];
  /** Valid configurations under the same restriction; an estimate unless `listed`. */
  readonly valid: number;
  readonly listed: boolean;
}

/**
 * @param limit most configurations; null for all
 * @throws UserError when a restriction names an unknown parameter or value, nothing is valid under it, or the
 * configurations are too many to list and no limit is given.
 */
export function planRecording(
  definition: StartedDefinition,
  fixed: Fixed,
  seed: number,
  limit: number | null,
): RecordPlan {
  const whole = openWhole(definition);
  const space = restricted(definition, whole, fixed);
  const random = labelledRandom(`recording/${seed}`);
  const { enumerated } = space;
  if (enumerated === null && limit === null) {
    throw new UserError(
      `${described(space)} configurations are valid, which are too many to list. Restrict parameters with --fix NAME=VALUE, or measure a sample with --limit N.`,
      2,
    );
  }
  const chosen =
    enumerated === null
      ? drawn(space, limit as number, random)
      : random.shuffle([...enumerated]).slice(0, limit ?? undefined);
  return {
    configurations: chosen.map((genes) => space.decode(genes)),
    valid: space.count,
    listed: enumerated !== null,
  };
}

/** Only where the default says what inactive parameters are is it looked at: the order must stay what it was. */
function openWhole(definition: StartedDefinition): SearchSpace {
  const isConditional = definition.parameters.some(({ activeWhen }) => activeWhen !== undefined);
  return openSpace(isConditional ? definition : { ...definition, default: null });
}

/** The number of valid configurations, with its error where it was estimated. */
function described({ count, countError }: SearchSpace): string {
  return countError === 0 ? `${count}` : `About ${count} (± ${Math.ceil(2 * countError)})`;
}

/** `NAME=VALUE[,VALUE…]`, of which each occurrence holds one parameter. @throws UserError (code 2) */
export function parseFixed(texts: readonly string[], definition: StartedDefinition): Fixed {
  const whole = openWhole(definition);
  const fixed: Record<string, ParamValue[]> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(0, at));
    const parameter = whole.parameters.find((one) => one.name === name);
    if (parameter === undefined) {
      const known = whole.parameters.map((one) => one.name).join(", ");
      throw new UserError(`--fix ${text}: write NAME=VALUE[,VALUE…]; the parameters are ${known}.`, 2);
    }
    if (name in fixed)
      throw new UserError(`--fix ${text}: ${name} is restricted twice. Give all its values in one option.`, 2);
    fixed[name] = text
      .slice(at + 1)
      .split(",")
      .map((item) => {
        const value = parameter.values.find((one) => formatValue(one) === item.trim());
        if (value !== undefined) return value;
        throw new UserError(
          `--fix ${text}: the values of ${name} are ${parameter.values.map(formatValue).join(", ")}.`,
          2,
        );
      });
  }
  return fixed;
}

/** As a person writes it, and as a recording's keys do; the items of an order are joined. */
export function formatValue(value: ParamValue): string {
  return Array.isArray(value) ? value.join(">") : String(value);
}

function restricted(definition: StartedDefinition, whole: SearchSpace, fixed: Fixed): SearchSpace {
  const held = whole.parameters.flatMap(({ name, values }, at) => {
    const wanted = fixed[name];
    if (wanted === undefined) return [];
    const genes = wanted.map((value) => values.findIndex((one) => formatValue(one) === formatValue(value)));
    if (genes.includes(-1)) throw new UserError(`${name} has no value ${wanted.map(formatValue).join(", ")}`, 2);
    return [{ at, genes: new Set(genes) }];
  });
  if (held.length === 0) return whole;
  const { enumerated } = whole;
  if (enumerated === null) {
    throw new UserError(
      "The space is too large to list, so --fix cannot select a part of it. Omit --fix, and use --limit N.",
      2,
    );
  }
  const members = enumerated.filter((genes) => held.every(({ at, genes: wanted }) => wanted.has(genes[at] as number)));
  if (members.length === 0) throw new UserError("No valid configuration satisfies these --fix options together.", 2);
  // They are canonical: conditions would say the same again.
  const parameters = definition.parameters.map(({ activeWhen: _, ...parameter }) => parameter);
  return openSpace({ parameters, constraints: [], members: members.map((genes) => [...genes]) });
}

function drawn(space: SearchSpace, limit: number, random: ReturnType<typeof labelledRandom>): (readonly number[])[] {
  const taken = new Map<number | string, readonly number[]>();
  // A space that has hardly more than the limit would repeat itself for long.
  for (let tries = 0; taken.size < limit && tries < 50 * limit; tries++) {
    const genes = space.sample(random);
    taken.set(space.keyOf(genes), genes);
  }
  return [...taken.values()];
}
