// Original file: proto/evaluator.proto


export interface DescribeRequest {
}

export interface DescribeRequest__Output {
}
