// Original file: evaluator.proto


export interface DescribeRequest {
  'run'?: (string);
}

export interface DescribeRequest__Output {
  'run': (string);
}
