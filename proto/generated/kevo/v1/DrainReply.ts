// Original file: evaluator.proto


export interface DrainReply {
  'finished'?: (number);
}

export interface DrainReply__Output {
  'finished': (number);
}
