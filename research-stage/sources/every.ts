/**
 * All results, in order. Unlike `Promise.all` it first lets every one end: a paid answer arrives and is stored although
 * another one failed, and no work is in progress when the error is reported.
 * @throws the first error in their order
 */
export async function every<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
