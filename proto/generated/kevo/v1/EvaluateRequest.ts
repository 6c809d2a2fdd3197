// Original file: evaluator.proto

import type { Purpose as _kevo_v1_Purpose, Purpose__Output as _kevo_v1_Purpose__Output } from '../../kevo/v1/Purpose.ts';

export interface EvaluateRequest {
  'candidate'?: (string);
  'attempt'?: (number);
  'kernel'?: (string);
  'configJson'?: (string);
  'source'?: (string);
  'workloads'?: (string)[];
  'effort'?: (string);
  'purpose'?: (_kevo_v1_Purpose);
  'inputSeed'?: (number);
  'deviceModel'?: (string);
  'bestSpeedup'?: (number | string);
  'neverStopEarly'?: (boolean);
  '_bestSpeedup'?: "bestSpeedup";
}

export interface EvaluateRequest__Output {
  'candidate': (string);
  'attempt': (number);
  'kernel': (string);
  'configJson': (string);
  'source': (string);
  'workloads': (string)[];
  'effort': (string);
  'purpose': (_kevo_v1_Purpose__Output);
  'inputSeed': (number);
  'deviceModel': (string);
  'bestSpeedup'?: (number);
  'neverStopEarly': (boolean);
  '_bestSpeedup'?: "bestSpeedup";
}
