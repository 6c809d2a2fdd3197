/** Numbers of things, as people read them. */

/** `1 island`, `4 islands`. @param many where it is not `one` with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
