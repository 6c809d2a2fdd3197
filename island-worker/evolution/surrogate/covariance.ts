/**
 * The covariance of two configurations: a product over coordinates of one table each, since every coordinate has
 * few levels. For an ordered coordinate the entry is
 *   1 - r + r * matern52(|position difference| * e^p) * exp(-e^d [levels differ]) * exp(-2 e^a |alignment difference|),
 * where r in (0, 1) is how much the coordinate matters at all: 1 - r of the covariance is shared between all its
 * levels, so that effects of the other coordinates are learnt across them (the ANOVA product covariance of Stitson et
 * al., 1999). For an unordered one it is exp(-e^d [levels differ]), the covariance of categorical variables in COMBO
 * (Oh et al., 2019).
 */
import type { Coordinate } from "./coordinates.ts";

type Kind = "position" | "difference" | "alignment" | "relevance";

/** Prior of a hyperparameter: normal, on the scale of the exponents above (of the logit, for the relevance). */
interface Prior {
  readonly mean: number;
  readonly deviation: number;
}
/** By kind; `unordered` is the difference of a coordinate without positions. */
export type Priors = Readonly<Record<Kind | "unordered", Prior>>;
/** Of times. */
export const PRIORS: Priors = {
  position: { mean: 0.5, deviation: 1.2 },
  difference: { mean: -2.5, deviation: 1.5 },
  alignment: { mean: -1.5, deviation: 1.5 },
  relevance: { mean: 1.5, deviation: 1.2 },
  unordered: { mean: -0.7, deviation: 1.3 },
};

/** Of so many coordinates without positions, or fewer, each is expected to matter as much as `PRIORS` says. */
const FEW_UNORDERED = 3;

/**
 * Priors for times with these coordinates. The covariances of coordinates multiply: if each of many were expected to
 * matter as much as one of few, all configurations would be unlike before the first result. So the more there are, the
 * less each is expected to matter, as Hvarfner et al. (2024) have it for the lengths of spaces of many dimensions. Only
 * coordinates without positions come in such numbers.
 */
export function sparsePriors(coordinates: readonly Coordinate[]): Priors {
  const count = coordinates.filter(({ position }) => position === null).length;
  const { mean, deviation } = PRIORS.unordered;
  return { ...PRIORS, unordered: { mean: mean - Math.log(Math.max(1, count / FEW_UNORDERED)), deviation } };
}

export interface CovarianceShape {
  readonly coordinates: readonly Coordinate[];
  /** Which hyperparameter belongs to which coordinate, in the order of theta. */
  readonly slots: readonly { readonly coordinate: number; readonly kind: Kind }[];
  readonly priors: readonly Prior[];
}

/** One table of levels x levels a coordinate, row-major. */
export type CovarianceTables = readonly Float64Array[];

export function openCovariance(coordinates: readonly Coordinate[], believed = PRIORS): CovarianceShape {
  const slots: { coordinate: number; kind: Kind }[] = [];
  for (const [coordinate, { position, alignment }] of coordinates.entries()) {
    if (position !== null) slots.push({ coordinate, kind: "position" });
    slots.push({ coordinate, kind: "difference" });
    if (alignment !== null) slots.push({ coordinate, kind: "alignment" });
    if (position !== null) slots.push({ coordinate, kind: "relevance" });
  }
  const priors = slots.map(({ coordinate, kind }) =>
    kind === "difference" && coordinates[coordinate]?.position === null ? believed.unordered : believed[kind],
  );
  return { coordinates, slots, priors };
}

/** Tables, and for each slot of theta the derivative of the logarithm of its coordinate's table. */
export function tablesOf(
  shape: CovarianceShape,
  theta: Float64Array,
): { tables: CovarianceTables; slopes: Float64Array[] } {
  const tables: Float64Array[] = [];
  const slopes: Float64Array[] = shape.slots.map(() => new Float64Array(0));
  for (const [at, { levels, position, alignment }] of shape.coordinates.entries()) {
    const of = new Map<Kind, number>();
    for (const [slot, { coordinate, kind }] of shape.slots.entries()) if (coordinate === at) of.set(kind, slot);
    const value = (kind: Kind) => theta[of.get(kind) as number] as number;
    const table = new Float64Array(levels * levels);
    for (const slot of of.values()) slopes[slot] = new Float64Array(levels * levels);
    const relevance = position === null ? 1 : 1 / (1 + Math.exp(-value("relevance")));
    const scale = position === null ? 0 : Math.sqrt(5) * Math.exp(value("position"));
    const jump = Math.exp(value("difference"));
    const misfit = alignment === null ? 0 : 2 * Math.exp(value("alignment"));
    for (let a = 0; a < levels; a++) {
      for (let b = 0; b < levels; b++) {
        const entry = a * levels + b;
        const far = position === null ? 0 : scale * Math.abs((position[a] as number) - (position[b] as number));
        const apart = a === b ? 0 : jump;
        const off = alignment === null ? 0 : misfit * Math.abs((alignment[a] as number) - (alignment[b] as number));
        const polynomial = 1 + far + (far * far) / 3;
        const part = polynomial * Math.exp(-far - apart - off);
        const whole = 1 - relevance + relevance * part;
        table[entry] = whole;
        const share = (relevance * part) / whole;
        const write = (kind: Kind, slope: number) => {
          const slot = of.get(kind);
          if (slot !== undefined) (slopes[slot] as Float64Array)[entry] = slope;
        };
        write("position", (-share * far * far * (1 + far)) / (3 * polynomial));
        write("difference", -share * apart);
        write("alignment", -share * off);
        write("relevance", (relevance * (1 - relevance) * (part - 1)) / whole);
      }
    }
    tables.push(table);
  }
  return { tables, slopes };
}

/** Covariance of two rows of codes; 1 for equal ones. */
export function covarianceOf(shape: CovarianceShape, tables: CovarianceTables, a: Uint8Array, b: Uint8Array): number {
  let product = 1;
  for (let at = 0; at < tables.length; at++) {
    const levels = (shape.coordinates[at] as Coordinate).levels;
    product *= (tables[at] as Float64Array)[(a[at] as number) * levels + (b[at] as number)] as number;
  }
  return product;
}
