// Original file: evaluator.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DescribeRequest as _kevo_v1_DescribeRequest, DescribeRequest__Output as _kevo_v1_DescribeRequest__Output } from '../../kevo/v1/DescribeRequest.ts';
import type { Description as _kevo_v1_Description, Description__Output as _kevo_v1_Description__Output } from '../../kevo/v1/Description.ts';
import type { DrainReply as _kevo_v1_DrainReply, DrainReply__Output as _kevo_v1_DrainReply__Output } from '../../kevo/v1/DrainReply.ts';
import type { DrainRequest as _kevo_v1_DrainRequest, DrainRequest__Output as _kevo_v1_DrainRequest__Output } from '../../kevo/v1/DrainRequest.ts';
import type { EvaluateEvent as _kevo_v1_EvaluateEvent, EvaluateEvent__Output as _kevo_v1_EvaluateEvent__Output } from '../../kevo/v1/EvaluateEvent.ts';
import type { EvaluateRequest as _kevo_v1_EvaluateRequest, EvaluateRequest__Output as _kevo_v1_EvaluateRequest__Output } from '../../kevo/v1/EvaluateRequest.ts';

export interface EvaluatorClient extends grpc.Client {
  Describe(argument: _kevo_v1_DescribeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  Describe(argument: _kevo_v1_DescribeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  Describe(argument: _kevo_v1_DescribeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  Describe(argument: _kevo_v1_DescribeRequest, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  describe(argument: _kevo_v1_DescribeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  describe(argument: _kevo_v1_DescribeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  describe(argument: _kevo_v1_DescribeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  describe(argument: _kevo_v1_DescribeRequest, callback: grpc.requestCallback<_kevo_v1_Description__Output>): grpc.ClientUnaryCall;
  
  Drain(argument: _kevo_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  Drain(argument: _kevo_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  Drain(argument: _kevo_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  Drain(argument: _kevo_v1_DrainRequest, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  drain(argument: _kevo_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  drain(argument: _kevo_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  drain(argument: _kevo_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  drain(argument: _kevo_v1_DrainRequest, callback: grpc.requestCallback<_kevo_v1_DrainReply__Output>): grpc.ClientUnaryCall;
  
  Evaluate(argument: _kevo_v1_EvaluateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_kevo_v1_EvaluateEvent__Output>;
  Evaluate(argument: _kevo_v1_EvaluateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_kevo_v1_EvaluateEvent__Output>;
  evaluate(argument: _kevo_v1_EvaluateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_kevo_v1_EvaluateEvent__Output>;
  evaluate(argument: _kevo_v1_EvaluateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_kevo_v1_EvaluateEvent__Output>;
  
}

export interface EvaluatorHandlers extends grpc.UntypedServiceImplementation {
  Describe: grpc.handleUnaryCall<_kevo_v1_DescribeRequest__Output, _kevo_v1_Description>;
  
  Drain: grpc.handleUnaryCall<_kevo_v1_DrainRequest__Output, _kevo_v1_DrainReply>;
  
  Evaluate: grpc.handleServerStreamingCall<_kevo_v1_EvaluateRequest__Output, _kevo_v1_EvaluateEvent>;
  
}

export interface EvaluatorDefinition extends grpc.ServiceDefinition {
  Describe: MethodDefinition<_kevo_v1_DescribeRequest, _kevo_v1_Description, _kevo_v1_DescribeRequest__Output, _kevo_v1_Description__Output>
  Drain: MethodDefinition<_kevo_v1_DrainRequest, _kevo_v1_DrainReply, _kevo_v1_DrainRequest__Output, _kevo_v1_DrainReply__Output>
  Evaluate: MethodDefinition<_kevo_v1_EvaluateRequest, _kevo_v1_EvaluateEvent, _kevo_v1_EvaluateRequest__Output, _kevo_v1_EvaluateEvent__Output>
}
