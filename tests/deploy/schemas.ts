/** Schemas of Kubernetes' own objects (the published ones) and of the custom resources that the chart may create. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import type { KubernetesObject } from "./chart.fixture.ts";

const SCHEMAS = "kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict";

const text = z.string().min(1);
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: text, labels: labels.optional() });
const selector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(z.strictObject({ key: text, operator: z.enum(["In", "Exists"]), values: z.array(text) }))
    .optional(),
});

/** By `apiVersion kind`: as far as the chart uses them, as their projects document them. */
const CUSTOM: Readonly<Record<string, z.ZodType>> = {
  "keda.sh/v1alpha1 ScaledObject": z.strictObject({
    ...{ apiVersion: text, kind: text, metadata },
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({ name: text }),
      ...{ minReplicaCount: z.int().min(0), maxReplicaCount: z.int().min(1) },
      ...{ pollingInterval: z.int().min(1), cooldownPeriod: z.int().min(0) },
      triggers: z
        .array(
          z.strictObject({
            type: z.literal("metrics-api"),
            metricType: z.enum(["AverageValue", "Value"]),
            metadata: z.strictObject({
              url: z.url(),
              format: z.enum(["json", "prometheus", "xml", "yaml"]),
              valueLocation: text,
              targetValue: z.string().regex(/^\d+(\.\d+)?$/),
            }),
          }),
        )
        .min(1),
    }),
  }),
  "monitoring.coreos.com/v1 PodMonitor": z.strictObject({
    ...{ apiVersion: text, kind: text, metadata },
    spec: z.strictObject({
      selector,
      podMetricsEndpoints: z.array(
        z.strictObject({
          port: text,
          interval: z.string().regex(/^\d+[sm]$/),
          relabelings: z.array(z.strictObject({ sourceLabels: z.array(text), targetLabel: text })),
        }),
      ),
    }),
  }),
  "monitoring.coreos.com/v1 PrometheusRule": z.strictObject({
    ...{ apiVersion: text, kind: text, metadata },
    spec: z.strictObject({
      groups: z.array(
        z.strictObject({
          name: text,
          rules: z.array(
            z.strictObject({
              ...{ alert: text, expr: text, for: z.string().optional() },
              ...{ labels: labels.optional(), annotations: labels },
            }),
          ),
        }),
      ),
    }),
  }),
  "cert-manager.io/v1 Certificate": z.strictObject({
    ...{ apiVersion: text, kind: text, metadata },
    spec: z.strictObject({
      secretName: text,
      dnsNames: z.array(text).min(1),
      usages: z.array(z.enum(["server auth", "client auth"])),
      privateKey: z.strictObject({
        algorithm: z.enum(["ECDSA", "RSA", "Ed25519"]),
        size: z.int(),
        rotationPolicy: text,
      }),
      issuerRef: z.strictObject({ name: text, kind: z.enum(["Issuer", "ClusterIssuer"]) }),
    }),
  }),
};

/** Complaints about an object; none where it is what its API accepts. Unknown fields are complaints too. */
export function createValidator(tools: string): (object: KubernetesObject) => string[] {
  const read = (file: string) => JSON.parse(readFileSync(join(tools, SCHEMAS, file), "utf8")) as object;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(read("_definitions.json"), "_definitions.json");
  const compiled = new Map<string, ValidateFunction>();
  return (object) => {
    const key = `${object.apiVersion} ${object.kind}`;
    const custom = CUSTOM[key];
    if (custom !== undefined) {
      return custom.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`) ?? [];
    }
    let validate = compiled.get(key);
    if (validate === undefined) {
      const [group = "", version] = object.apiVersion.includes("/")
        ? object.apiVersion.split("/")
        : ["", object.apiVersion];
      const api = [group.split(".")[0], version].filter((part) => part !== "").join("-");
      validate = ajv.compile(read(`${object.kind.toLowerCase()}-${api}.json`));
      compiled.set(key, validate);
    }
    return validate(object)
      ? []
      : (validate.errors ?? []).map(
          (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
        );
  };
}
