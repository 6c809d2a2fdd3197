// Original file: evaluator.proto

export const Purpose = {
  SEARCH: 'SEARCH',
  FINALIST: 'FINALIST',
} as const;

export type Purpose =
  | 'SEARCH'
  | 0
  | 'FINALIST'
  | 1

export type Purpose__Output = typeof Purpose[keyof typeof Purpose]
