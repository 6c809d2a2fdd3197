/** The place of a candidate in its run, which is the same in a repetition: `island/batch/index`. */
export function placeOf(candidate: string): string {
  return candidate.split("/").slice(-3).join("/");
}
