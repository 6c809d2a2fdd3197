/**
 * A search space: parameters with their values, and which combinations are valid. Its genes are value indices,
 * one for each parameter, in the definition's order.
 */
import type { Config, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";
import type { Random } from "../random/random.ts";
import { openActivity } from "./activity.ts";
import { compileConstraint } from "./constraint.ts";
import { decodeGenes, encodeConfig } from "./encoding.ts";
import { keyFunction, openMembers } from "./members.ts";
import { neighboursOf } from "./neighbours.ts";
import { openParameter, type SpaceParameter } from "./parameter.ts";
import { openSolver, type Solver } from "./solver/solver.ts";
import { variantsOf } from "./variants.ts";

export type Genes = readonly number[];

/** A kernel's definition is one: a search starts from its default configuration and its baselines. */
export type StartedDefinition = SearchSpaceDefinition & {
  readonly default?: Config | null;
  readonly baselines?: readonly { readonly config: Config }[];
};

export interface SearchSpace {
  readonly definition: SearchSpaceDefinition;
  /** The default configuration, where the definition names one. */
  readonly start: Genes | null;
  /** The default, then the baselines that differ from it; empty without a default. */
  readonly starts: readonly Genes[];
  readonly parameters: readonly SpaceParameter[];
  /** Combinations before constraints. */
  readonly size: number;
  /** Valid configurations: exact where `countError` is 0. */
  readonly count: number;
  /** Standard error of `count`. */
  readonly countError: number;
  /** Every valid configuration in an order fixed by the definition, or null where there are too many to list. */
  readonly enumerated: readonly Genes[] | null;
  decode(genes: Genes): Config;
  /**
   * In canonical form. @throws UserError that names the parameter, its value and the allowed ones. Validity is not
   * checked.
   */
  encode(config: Config): Genes;
  /** With parameters that do not count at their canonical values. The same array where they are. */
  canonical(genes: Genes): Genes;
  /** Positions of the parameters that count only under a condition. */
  readonly conditional: readonly number[];
  /** Whether the parameter counts in this canonical configuration. */
  isActive(genes: Genes, at: number): boolean;
  /** Only canonical genes are valid. */
  isValid(genes: Genes): boolean;
  /** A valid configuration; uniform where the space is enumerated or plain rejection succeeds, else only random. */
  sample(random: Random): Genes;
  /**
   * As `sample`, but each variant (those with the same parameters active) is as likely as the others where the space is
   * enumerated, and else each value of a parameter that others depend on.
   */
  sampleVariants(random: Random): Genes;
  /** Valid configurations one step away, the nearest values of ordered parameters first. */
  neighbours(genes: Genes): Genes[];
  /** Injective: equal keys, equal genes. A number where the space is small enough for one. */
  keyOf(genes: Genes): number | string;
}

/** Uniform tries before the constraint solver takes over: enough where one in fifty is valid. */
const REJECTIONS = 200;

/**
 * @throws UserError on a typo in a constraint, an unknown or duplicate name, when nothing is valid, or when the
 * default configuration is not.
 */
export function openSpace(definition: StartedDefinition): SearchSpace {
  const parameters = definition.parameters.map(openParameter);
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name)) throw new UserError(`parameter ${name} is defined twice; rename one of them`, 2);
    names.add(name);
  }
  const start = definition.default ? encodeConfig(definition.default, parameters) : null;
  const activity = openActivity(parameters, start);
  const constraints = [
    ...definition.constraints.map((text) => compileConstraint(text, parameters)),
    ...activity.constraints,
  ];
  const size = parameters.reduce((product, { values }) => product * values.length, 1);
  const keyOf = keyFunction(parameters, size);
  const members = definition.members === undefined ? null : openMembers(definition.members, parameters, constraints);
  const memberKeys = members === null ? null : new Set(members.map(keyOf));

  const isValid = (genes: Genes) => {
    if (genes.length !== parameters.length) return false;
    for (const [at, { values }] of parameters.entries()) {
      const gene = genes[at] as number;
      if (!Number.isInteger(gene) || gene < 0 || gene >= values.length) return false;
    }
    return memberKeys === null
      ? constraints.every((constraint) => constraint.holds(genes))
      : memberKeys.has(keyOf(genes));
  };

  if (start !== null && !isValid(start)) {
    const broken = constraints.find((constraint) => !constraint.holds(start));
    throw new UserError(
      `the default configuration breaks ${broken ? `the constraint "${broken.text}"` : "the space"}`,
      2,
    );
  }

  const keys = new Set<number | string>();
  const starts = (start === null ? [] : [start, ...baselinesOf(definition, parameters).map(activity.canonical)]).filter(
    (genes) => {
      const key = keyOf(genes);
      const isNew = !keys.has(key) && isValid(genes);
      keys.add(key);
      return isNew;
    },
  );
  const solver: Solver | null = members === null ? openSolver(parameters, constraints, start) : null;
  const enumerated = members ?? solver?.enumerated ?? null;

  let variants: (readonly Genes[])[] | null = null;
  const sample = (random: Random): Genes => {
    if (enumerated !== null) return random.choice(enumerated);
    for (let tries = 0; tries < REJECTIONS; tries++) {
      const genes = parameters.map(({ values }) => random.integer(values.length));
      if (constraints.every((constraint) => constraint.holds(genes))) return genes;
    }
    return (solver as Solver).sample(random);
  };

  return {
    definition,
    start,
    starts,
    parameters,
    size,
    count: enumerated?.length ?? (solver as Solver).count,
    countError: solver?.countError ?? 0,
    enumerated,
    decode: (genes) => decodeGenes(genes, parameters),
    encode: (config) => activity.canonical(encodeConfig(config, parameters)),
    canonical: activity.canonical,
    conditional: activity.conditional,
    isActive: activity.isActive,
    isValid,
    sample,
    sampleVariants: (random) => {
      if (activity.conditional.length === 0) return sample(random);
      if (enumerated !== null) {
        variants ??= variantsOf(enumerated, activity);
        return random.choice(random.choice(variants));
      }
      for (let tries = 0; tries < REJECTIONS; tries++) {
        const genes = activity.canonical(parameters.map(({ values }) => random.integer(values.length)));
        if (isValid(genes)) return genes;
      }
      return sample(random);
    },
    neighbours: (genes) => neighboursOf(genes, parameters, activity.canonical, isValid),
    keyOf,
  };
}

/** Parameters that a baseline does not name are the default's. */
function baselinesOf({ default: usual, baselines = [] }: StartedDefinition, parameters: readonly SpaceParameter[]) {
  return baselines.map(({ config }) => encodeConfig({ ...usual, ...config }, parameters));
}
