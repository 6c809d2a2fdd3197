// Original file: evaluator.proto

export const Purpose = {
  SEARCH: 'SEARCH',
  FINAL: 'FINAL',
} as const;

export type Purpose =
  | 'SEARCH'
  | 0
  | 'FINAL'
  | 1

export type Purpose__Output = typeof Purpose[keyof typeof Purpose]
