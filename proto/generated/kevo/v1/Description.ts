// Original file: evaluator.proto

import type { Device as _kevo_v1_Device, Device__Output as _kevo_v1_Device__Output } from '../../kevo/v1/Device.ts';

export interface Description {
  'id'?: (string);
  'backend'?: (string);
  'devices'?: (_kevo_v1_Device)[];
  'compileProcesses'?: (number);
  'credits'?: (number);
  'inFlight'?: (number);
  'draining'?: (boolean);
  'toolchain'?: (string);
  'version'?: (string);
  'protection'?: (string);
}

export interface Description__Output {
  'id': (string);
  'backend': (string);
  'devices': (_kevo_v1_Device__Output)[];
  'compileProcesses': (number);
  'credits': (number);
  'inFlight': (number);
  'draining': (boolean);
  'toolchain': (string);
  'version': (string);
  'protection': (string);
}
