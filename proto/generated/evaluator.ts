import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { DescribeRequest as _kevo_v1_DescribeRequest, DescribeRequest__Output as _kevo_v1_DescribeRequest__Output } from './kevo/v1/DescribeRequest.ts';
import type { Description as _kevo_v1_Description, Description__Output as _kevo_v1_Description__Output } from './kevo/v1/Description.ts';
import type { Device as _kevo_v1_Device, Device__Output as _kevo_v1_Device__Output } from './kevo/v1/Device.ts';
import type { DrainReply as _kevo_v1_DrainReply, DrainReply__Output as _kevo_v1_DrainReply__Output } from './kevo/v1/DrainReply.ts';
import type { DrainRequest as _kevo_v1_DrainRequest, DrainRequest__Output as _kevo_v1_DrainRequest__Output } from './kevo/v1/DrainRequest.ts';
import type { EvaluateEvent as _kevo_v1_EvaluateEvent, EvaluateEvent__Output as _kevo_v1_EvaluateEvent__Output } from './kevo/v1/EvaluateEvent.ts';
import type { EvaluateRequest as _kevo_v1_EvaluateRequest, EvaluateRequest__Output as _kevo_v1_EvaluateRequest__Output } from './kevo/v1/EvaluateRequest.ts';
import type { EvaluatorClient as _kevo_v1_EvaluatorClient, EvaluatorDefinition as _kevo_v1_EvaluatorDefinition } from './kevo/v1/Evaluator.ts';
import type { KernelResources as _kevo_v1_KernelResources, KernelResources__Output as _kevo_v1_KernelResources__Output } from './kevo/v1/KernelResources.ts';
import type { Measurement as _kevo_v1_Measurement, Measurement__Output as _kevo_v1_Measurement__Output } from './kevo/v1/Measurement.ts';
import type { Result as _kevo_v1_Result, Result__Output as _kevo_v1_Result__Output } from './kevo/v1/Result.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  kevo: {
    v1: {
      DescribeRequest: MessageTypeDefinition<_kevo_v1_DescribeRequest, _kevo_v1_DescribeRequest__Output>
      Description: MessageTypeDefinition<_kevo_v1_Description, _kevo_v1_Description__Output>
      Device: MessageTypeDefinition<_kevo_v1_Device, _kevo_v1_Device__Output>
      DrainReply: MessageTypeDefinition<_kevo_v1_DrainReply, _kevo_v1_DrainReply__Output>
      DrainRequest: MessageTypeDefinition<_kevo_v1_DrainRequest, _kevo_v1_DrainRequest__Output>
      EvaluateEvent: MessageTypeDefinition<_kevo_v1_EvaluateEvent, _kevo_v1_EvaluateEvent__Output>
      EvaluateRequest: MessageTypeDefinition<_kevo_v1_EvaluateRequest, _kevo_v1_EvaluateRequest__Output>
      Evaluator: SubtypeConstructor<typeof grpc.Client, _kevo_v1_EvaluatorClient> & { service: _kevo_v1_EvaluatorDefinition }
      KernelResources: MessageTypeDefinition<_kevo_v1_KernelResources, _kevo_v1_KernelResources__Output>
      Measurement: MessageTypeDefinition<_kevo_v1_Measurement, _kevo_v1_Measurement__Output>
      Purpose: EnumTypeDefinition
      Result: MessageTypeDefinition<_kevo_v1_Result, _kevo_v1_Result__Output>
      Stage: EnumTypeDefinition
    }
  }
}

