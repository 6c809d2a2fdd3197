/** The chart, rendered by Helm's own library: what Kubernetes accepts, and what this project asks of its pods. */
import { expect, test } from "vitest";
import { z } from "zod";
import { type KubernetesObject, type RenderedChart, renderChart } from "./chart.fixture.ts";
import { complaint, ofStartOrResume } from "./command-lines.ts";
import { createValidator } from "./schemas.ts";
import { deployTools } from "./tools.ts";

const tools = deployTools();

const WRONG = {
  "a word that is no value": { evaluator: { requireSandboxes: true } },
  "half a GPU": { evaluators: [{ name: "gpu", backend: "triton", gpus: 0.5 }] },
  "a given server without a URL": { nats: { mode: "given" } },
  "certificates of nobody": { nats: { mode: "cluster", tls: { enabled: true, certManager: { enabled: true } } } },
  "a queue without a name": { kueue: { enabled: true } },
};

const chart: RenderedChart | null = tools === null ? null : renderChart(tools, WRONG);

const probe = z.looseObject({ httpGet: z.looseObject({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })),
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.looseObject({
    requests: z.record(z.string(), z.unknown()),
    limits: z.record(z.string(), z.unknown()).default({}),
  }),
  securityContext: z.looseObject({}),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const pod = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    automountServiceAccountToken: z.boolean(),
    terminationGracePeriodSeconds: z.number(),
    securityContext: z.looseObject({}),
    containers: z.array(container).min(1),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});
const workload = z.looseObject({ template: pod });
const selecting = z.looseObject({ selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }) });

const scaledObject = z.looseObject({
  triggers: z.array(z.looseObject({ metadata: z.looseObject({ targetValue: z.string() }) })),
});

const WORKLOADS = ["Deployment", "StatefulSet", "Job"];
const podsOf = (objects: readonly KubernetesObject[]) =>
  objects.filter(({ kind }) => WORKLOADS.includes(kind)).map(({ spec }) => workload.parse(spec).template);
const matches = (labels: Record<string, string>, wanted: Record<string, string>) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

if (tools !== null && chart !== null) {
  const examples = Object.entries(chart.objects);
  const validate = createValidator(tools);

  test("helm lint has nothing to say but that the chart has no icon", () => {
    expect(chart.lint.filter(({ severity }) => severity > 1)).toEqual([]);
  });

  test.each(Object.keys(WRONG))("refuses %s", (name) => {
    expect(chart.errors[name]).toMatch(/requireSandboxes|integer|needs/);
  });

  test("renders the three examples, each with all that it stands for", () => {
    expect(Object.keys(chart.objects).sort()).toEqual(["nats-given", "one-host", "small-cluster"]);
    const kinds = (name: string) => new Set(chart.objects[name]?.map(({ kind }) => kind));
    expect(kinds("one-host")).not.toContain("StatefulSet");
    expect(kinds("one-host")).not.toContain("PodDisruptionBudget");
    expect(kinds("nats-given")).not.toContain("ConfigMap");
    for (const kind of ["StatefulSet", "ScaledObject", "PodMonitor", "PrometheusRule", "Certificate"]) {
      expect(kinds("small-cluster")).toContain(kind);
    }
    // Pools of at most 6 and 4 share the ten evaluators that a run wants.
    const scaled = chart.objects["small-cluster"]?.filter(({ kind }) => kind === "ScaledObject") ?? [];
    const targets = scaled.map(({ spec }) => scaledObject.parse(spec).triggers[0]?.metadata.targetValue);
    expect(targets.map((target) => Math.round(10 / Number(target)))).toEqual([6, 4]);
    expect(chart.notes["one-host"]).toMatch(/coordinator invite --role \$role .*--address kevo-coordinator:4222/);
  });

  test.each(examples)("%s: every object validates, with no field that its API does not know", (_name, objects) => {
    expect(objects.flatMap((object) => validate(object).map((wrong) => `${object.kind}: ${wrong}`))).toEqual([]);
    // The check itself can fail, on a field of Kubernetes' own and of a custom resource.
    for (const { kind, spec, ...rest } of objects.filter((object) => object.spec !== undefined)) {
      expect(validate({ kind, ...rest, spec: { ...(spec as object), replica: 1 } })).not.toEqual([]);
    }
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(examples)("%s: no pod can do more than it must", (_name, objects) => {
    for (const { spec } of podsOf(objects)) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(spec).not.toHaveProperty("hostNetwork");
      for (const one of spec.containers) {
        expect(one.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(one.image).toMatch(/:[\w.-]+$/);
        const gpus = one.resources.limits["nvidia.com/gpu"];
        expect(gpus === undefined || Number.isInteger(gpus)).toBe(true);
        const volumes = new Set(spec.volumes.map(({ name }) => name));
        // A StatefulSet's claim is a volume too.
        for (const { name } of one.volumeMounts) expect([...volumes, "data"]).toContain(name);
        for (const { httpGet } of [one.livenessProbe, one.readinessProbe]) {
          expect(one.ports.map(({ name }) => name)).toContain(httpGet.port);
        }
      }
    }
  });

  test.each(examples)("%s: the programs take their options", async (_name, objects) => {
    let checked = 0;
    for (const { spec } of podsOf(objects)) {
      for (const { name, command, args } of spec.containers) {
        if (name === "nats") continue;
        const words = [...(command.length === 0 ? ["gpu-evaluator"] : command), ...args];
        const lines = words[0] === "start-or-resume" ? ofStartOrResume(words.slice(1)) : [words];
        for (const line of lines) expect(await complaint(line), line.join(" ")).toBeNull();
        checked += lines.length;
        const grace = args[args.indexOf("--grace") + 1];
        if (args.includes("--grace")) {
          expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number.parseInt(grace ?? "", 10));
        }
      }
    }
    expect(checked).toBeGreaterThanOrEqual(4);
    expect(await complaint(["gpu-evaluator", "start", "--backend", "triton", "--gracious"])).toMatch(/unknown option/);
  });

  test.each(examples)("%s: services, policies and budgets select pods that exist", (_name, objects) => {
    const labels = podsOf(objects).map(({ metadata }) => metadata.labels);
    const some = (wanted: Record<string, string>) => labels.some((of) => matches(of, wanted));
    for (const { kind, metadata, spec } of objects) {
      if (kind === "Service")
        expect(some((spec as { selector: Record<string, string> }).selector), metadata.name).toBe(true);
      if (kind === "PodDisruptionBudget")
        expect(some(selecting.parse(spec).selector.matchLabels), metadata.name).toBe(true);
    }
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    const isolated = policies.map(
      ({ spec }) => (spec as { podSelector: { matchLabels: Record<string, string> } }).podSelector,
    );
    for (const of of labels) expect(isolated.some(({ matchLabels }) => matches(of, matchLabels))).toBe(true);
  });

  test("an evaluator reaches nothing but names and NATS, and is reached by its coordinator and by metrics alone", () => {
    for (const [name, objects] of examples) {
      const policy = objects.find((o) => o.kind === "NetworkPolicy" && o.metadata.name === "kevo-evaluator");
      const { ingress, egress } = z
        .looseObject({
          ingress: z.array(z.unknown()),
          egress: z.array(z.looseObject({ ports: z.array(z.object({ port: z.number() }).loose()) })),
        })
        .parse(policy?.spec);
      expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port)).sort(), name).toEqual([4222, 53, 53]);
      expect(ingress, name).toHaveLength(2);
    }
  });

  test("where a scaler decides how many evaluators there are, the Deployment does not", () => {
    const of = (name: string) =>
      (chart.objects[name] ?? []).filter(
        (o) => o.metadata.labels?.["app.kubernetes.io/component"] === "evaluator" && o.kind === "Deployment",
      );
    for (const { spec } of of("small-cluster")) expect(spec).not.toHaveProperty("replicas");
    for (const { spec } of of("one-host")) expect(spec).toHaveProperty("replicas", 2);
    for (const { metadata } of of("small-cluster")) {
      expect(metadata.labels).toHaveProperty(["kueue.x-k8s.io/queue-name"], "kernelevolve");
    }
  });
} else {
  test.skip("the chart (the tools that check it could not be fetched)", () => {});
}
