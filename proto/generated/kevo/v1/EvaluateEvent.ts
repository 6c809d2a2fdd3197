// Original file: evaluator.proto

import type { Stage as _kevo_v1_Stage, Stage__Output as _kevo_v1_Stage__Output } from '../../kevo/v1/Stage.ts';
import type { Result as _kevo_v1_Result, Result__Output as _kevo_v1_Result__Output } from '../../kevo/v1/Result.ts';

export interface EvaluateEvent {
  'stage'?: (_kevo_v1_Stage);
  'result'?: (_kevo_v1_Result | null);
  'event'?: "stage"|"result";
}

export interface EvaluateEvent__Output {
  'stage'?: (_kevo_v1_Stage__Output);
  'result'?: (_kevo_v1_Result__Output | null);
  'event'?: "stage"|"result";
}
