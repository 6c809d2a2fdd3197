// Original file: evaluator.proto


export interface Measurement {
  'workload'?: (string);
  'timeMs'?: (number | string);
  'baselineMs'?: (number | string);
  'baseline'?: (string);
  'speedup'?: (number | string);
  'speedupLow'?: (number | string);
  'speedupHigh'?: (number | string);
  'gflops'?: (number | string);
  'peakShare'?: (number | string);
  'error'?: (number | string);
  'samples'?: (number | string)[];
  'others'?: ({[key: string]: number | string});
  'metrics'?: ({[key: string]: number | string});
  'gbytesPerS'?: (number | string);
  'bandwidthShare'?: (number | string);
  'bandwidthOf'?: (string);
  '_timeMs'?: "timeMs";
  '_baselineMs'?: "baselineMs";
  '_baseline'?: "baseline";
  '_speedup'?: "speedup";
  '_speedupLow'?: "speedupLow";
  '_speedupHigh'?: "speedupHigh";
  '_gflops'?: "gflops";
  '_peakShare'?: "peakShare";
  '_error'?: "error";
  '_gbytesPerS'?: "gbytesPerS";
  '_bandwidthShare'?: "bandwidthShare";
  '_bandwidthOf'?: "bandwidthOf";
}

export interface Measurement__Output {
  'workload': (string);
  'timeMs'?: (number);
  'baselineMs'?: (number);
  'baseline'?: (string);
  'speedup'?: (number);
  'speedupLow'?: (number);
  'speedupHigh'?: (number);
  'gflops'?: (number);
  'peakShare'?: (number);
  'error'?: (number);
  'samples': (number)[];
  'others': ({[key: string]: number});
  'metrics': ({[key: string]: number});
  'gbytesPerS'?: (number);
  'bandwidthShare'?: (number);
  'bandwidthOf'?: (string);
  '_timeMs'?: "timeMs";
  '_baselineMs'?: "baselineMs";
  '_baseline'?: "baseline";
  '_speedup'?: "speedup";
  '_speedupLow'?: "speedupLow";
  '_speedupHigh'?: "speedupHigh";
  '_gflops'?: "gflops";
  '_peakShare'?: "peakShare";
  '_error'?: "error";
  '_gbytesPerS'?: "gbytesPerS";
  '_bandwidthShare'?: "bandwidthShare";
  '_bandwidthOf'?: "bandwidthOf";
}
