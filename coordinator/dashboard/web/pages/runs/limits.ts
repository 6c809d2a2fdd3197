/** More curves in one chart cannot be told apart. */
export const MAX_COMPARED = 5;
