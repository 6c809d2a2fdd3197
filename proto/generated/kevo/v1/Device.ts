// Original file: evaluator.proto


export interface Device {
  'id'?: (string);
  'model'?: (string);
  'state'?: (string);
  'peakGflops'?: (number | string);
  'busyMs'?: (number | string);
  'upMs'?: (number | string);
  'otherProcesses'?: (number);
  'capability'?: (string);
}

export interface Device__Output {
  'id': (string);
  'model': (string);
  'state': (string);
  'peakGflops': (number);
  'busyMs': (number);
  'upMs': (number);
  'otherProcesses': (number);
  'capability': (string);
}
