// Original file: evaluator.proto

export const Stage = {
  QUEUED: 'QUEUED',
  COMPILING: 'COMPILING',
  VERIFYING: 'VERIFYING',
  TIMING: 'TIMING',
} as const;

export type Stage =
  | 'QUEUED'
  | 0
  | 'COMPILING'
  | 1
  | 'VERIFYING'
  | 2
  | 'TIMING'
  | 3

export type Stage__Output = typeof Stage[keyof typeof Stage]
