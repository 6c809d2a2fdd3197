// Original file: evaluator.proto


export interface DrainRequest {
}

export interface DrainRequest__Output {
}
