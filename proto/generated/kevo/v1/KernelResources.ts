// Original file: evaluator.proto


export interface KernelResources {
  'name'?: (string);
  'registers'?: (number);
  'spillBytes'?: (number);
  'sharedBytes'?: (number);
  'warps'?: (number);
  'instructions'?: ({[key: string]: number});
}

export interface KernelResources__Output {
  'name': (string);
  'registers': (number);
  'spillBytes': (number);
  'sharedBytes': (number);
  'warps': (number);
  'instructions': ({[key: string]: number});
}
