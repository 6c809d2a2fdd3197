// Original file: evaluator.proto

import type { Measurement as _kevo_v1_Measurement, Measurement__Output as _kevo_v1_Measurement__Output } from '../../kevo/v1/Measurement.ts';
import type { KernelResources as _kevo_v1_KernelResources, KernelResources__Output as _kevo_v1_KernelResources__Output } from '../../kevo/v1/KernelResources.ts';

export interface Result {
  'outcome'?: (string);
  'message'?: (string);
  'measurements'?: (_kevo_v1_Measurement)[];
  'device'?: (string);
  'deviceModel'?: (string);
  'toolchain'?: (string);
  'compileMs'?: (number | string);
  'laneMs'?: (number | string);
  'queuedMs'?: (number | string);
  'stoppedEarly'?: (boolean);
  'environmentJson'?: (string);
  'resources'?: (_kevo_v1_KernelResources)[];
}

export interface Result__Output {
  'outcome': (string);
  'message': (string);
  'measurements': (_kevo_v1_Measurement__Output)[];
  'device': (string);
  'deviceModel': (string);
  'toolchain': (string);
  'compileMs': (number);
  'laneMs': (number);
  'queuedMs': (number);
  'stoppedEarly': (boolean);
  'environmentJson': (string);
  'resources': (_kevo_v1_KernelResources__Output)[];
}
