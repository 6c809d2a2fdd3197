/** Where a kernel's idea comes from, for people. */
import type { Origin } from "../../lineage/queries/origin.ts";
import { oneLine } from "../../progress/format.ts";

export function originView({ research_run, domain, idea, gaps }: Origin): string {
  const verdict = idea.verdict === null ? "" : `, ${idea.verdict.replaceAll("_", " ")}`;
  return [
    `Origin: research run ${research_run} on ${oneLine(domain)}`,
    `  idea ${idea.id}: ${oneLine(idea.title)} (feasibility ${idea.feasibility.toFixed(2)}${verdict})`,
    ...gaps.flatMap((gap) => [
      `    gap ${gap.id}: ${oneLine(gap.title)}`,
      ...gap.records.map(({ record, title, url, posts }) => {
        const of = posts.length === 0 ? "" : `, posts ${posts.join(", ")}`;
        return `      ${record}  ${oneLine(title ?? url)}  ${oneLine(url)}${of}`;
      }),
    ]),
  ].join("\n");
}
