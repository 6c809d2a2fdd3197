// Original file: evaluator.proto


export interface DescribeRequest {
}

export interface DescribeRequest__Output {
}
