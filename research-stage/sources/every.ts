/**
 * All results, in order. Unlike `Promise.all` it first lets every one end: an answer that is paid for comes in and is
 * stored although another one failed, and nobody is still at work when the error is told.
 * @throws the first error in their order
 */
export async function every<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
