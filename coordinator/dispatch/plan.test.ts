import fc from "fast-check";
import { expect, test } from "vitest";
import { DispatchPlan, type EvaluatorSlot, isUnservable, windowsOf } from "./plan.ts";

const task = (island: number, deviceModel: string | null = null) => ({
  job: island,
  island,
  deviceModel,
  alone: false,
});

test("islands are served in rotation, however many candidates one of them has queued", () => {
  const plan = new DispatchPlan<number>();
  plan.join("a", 10, ["m"]);
  for (let i = 0; i < 5; i++) plan.add(task(0));
  plan.add(task(1));
  plan.add(task(2));
  const order = Array.from({ length: 4 }, () => plan.next(0)?.task.island);
  expect(order).toEqual([0, 1, 2, 0]);
});

test("a candidate goes to the least loaded evaluator that has its device and is not resting", () => {
  const plan = new DispatchPlan<number>();
  const a = plan.join("a", 4, ["A100"]);
  const b = plan.join("b", 4, ["A100", "H200"]);
  plan.add(task(0, "H200"));
  expect(plan.next(0)?.slot.id).toBe("b");
  plan.add(task(0));
  expect(plan.next(0)?.slot.id).toBe("a");
  b.restsUntil = 50;
  a.serving = false;
  plan.add(task(0));
  expect(plan.next(10)).toBeNull();
  expect(plan.next(50)?.slot.id).toBe("b");
});

test("one that goes alone goes first, once its evaluator is empty, which takes nothing else before or beside it", () => {
  const plan = new DispatchPlan<string>();
  const slot = plan.join("a", 4, ["m"]);
  const ordinary = (job: string, island: number) => ({ job, island, deviceModel: null, alone: false });
  plan.add(ordinary("first", 0));
  expect(plan.next(0)?.task.job).toBe("first");
  plan.add(ordinary("other", 1));
  plan.add({ job: "suspect", island: 0, deviceModel: null, alone: true });
  expect(plan.next(0)).toBeNull();
  slot.inFlight = 0;
  expect(plan.next(0)?.task.job).toBe("suspect");
  expect(plan.next(0)).toBeNull();
  slot.inFlight = 0;
  slot.alone = false;
  expect(plan.next(0)?.task.job).toBe("other");
  expect(plan.waiting).toBe(0);
});

test("those that go alone take half of the evaluators at most, and an evaluator that is silent takes nothing", () => {
  const plan = new DispatchPlan<number>();
  const slots = ["a", "b", "c", "d"].map((id) => plan.join(id, 4, ["m"]));
  for (let job = 0; job < 4; job++) plan.add({ job, island: 0, deviceModel: null, alone: true });
  for (let job = 4; job < 20; job++) plan.add({ job, island: 0, deviceModel: null, alone: false });
  const given: number[] = [];
  for (let next = plan.next(0); next !== null; next = plan.next(0)) given.push(next.task.job);
  expect(given.filter((job) => job < 4)).toEqual([0, 1]);
  expect(slots.map(({ inFlight }) => inFlight)).toEqual([1, 1, 4, 4]);
  for (const slot of slots) Object.assign(slot, { inFlight: 0, alone: false, silent: slot.id !== "d" });
  expect(plan.next(0)).toMatchObject({ task: { job: 2 }, slot: { id: "d" } });
  expect(plan.next(0)).toBeNull();
});

test("an island that fits no evaluator does not block the others", () => {
  const plan = new DispatchPlan<number>();
  plan.join("a", 4, ["A100"]);
  plan.add(task(0, "H200"));
  plan.add(task(1, "A100"));
  expect(plan.next(0)?.task.island).toBe(1);
  expect(plan.next(0)).toBeNull();
  expect(plan.waiting).toBe(1);
});

const slots = fc.array(
  fc.record({ credits: fc.integer({ min: 0, max: 40 }), serving: fc.boolean(), model: fc.constantFrom("A", "B") }),
  { maxLength: 5 },
);
const islands = fc.array(fc.constantFrom(null, "A", "B"), { minLength: 1, maxLength: 9 });

test("credits are never exceeded, and no task is lost or given twice", () => {
  fc.assert(
    fc.property(slots, fc.array(fc.nat(5), { maxLength: 60 }), (some, queue) => {
      const plan = new DispatchPlan<number>();
      for (const [index, { credits, model }] of some.entries()) plan.join(`e${index}`, credits, [model]);
      for (const [job, island] of queue.entries()) plan.add({ job, island, deviceModel: null, alone: false });
      const given: number[] = [];
      for (let next = plan.next(0); next !== null; next = plan.next(0)) given.push(next.task.job);
      for (const slot of plan.slots) expect(slot.inFlight).toBeLessThanOrEqual(slot.credits);
      expect(new Set(given).size).toBe(given.length);
      expect(given.length).toBe(
        Math.min(
          queue.length,
          some.reduce((sum, { credits }) => sum + credits, 0),
        ),
      );
      expect(plan.waiting).toBe(queue.length - given.length);
    }),
  );
});

test("windows add up to the credits, and every island that fits gets one", () => {
  fc.assert(
    fc.property(slots, islands, (some, models) => {
      const list: EvaluatorSlot[] = some.map(({ credits, serving, model }, index) => ({
        id: `e${index}`,
        credits,
        serving,
        deviceModels: [model],
        restsUntil: 0,
        inFlight: 0,
        alone: false,
        silent: false,
        leaving: false,
      }));
      const windows = windowsOf(list, models);
      const reachable = list.filter((s) => s.serving && models.some((m) => m === null || s.deviceModels.includes(m)));
      const credits = reachable.reduce((sum, slot) => sum + slot.credits, 0);
      const total = windows.reduce((sum, window) => sum + window, 0);
      expect(total).toBeGreaterThanOrEqual(credits);
      for (const model of new Set(models)) {
        const alike = windows.filter((_, island) => models[island] === model);
        expect(Math.max(...alike) - Math.min(...alike)).toBeLessThanOrEqual(1);
      }
      // More than the credits only where there are fewer credits than islands.
      expect(total).toBeLessThanOrEqual(Math.max(credits, credits + models.length));
      for (const [island, model] of models.entries()) {
        const fitting = reachable.some((s) => model === null || s.deviceModels.includes(model));
        expect((windows[island] as number) > 0).toBe(fitting);
      }
    }),
  );
});

test("where islands are alike, windows are the credits dealt evenly, or one each", () => {
  const credits = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(credits, fc.integer({ min: 1, max: 12 }), (each, count) => {
      const plan = new DispatchPlan<number>();
      for (const [index, some] of each.entries()) plan.join(`e${index}`, some, ["A"]);
      const windows = windowsOf(plan.slots, Array(count).fill(null));
      const all = each.reduce((sum, some) => sum + some, 0);
      expect(windows.reduce((sum, window) => sum + window, 0)).toBe(Math.max(all, count));
      expect(Math.max(...windows) - Math.min(...windows)).toBeLessThanOrEqual(1);
    }),
  );
});

test("few credits of several evaluators make no island's window twice another's", () => {
  const plan = new DispatchPlan<number>();
  for (const id of ["a", "b"]) plan.join(id, 5, ["A"]);
  expect(windowsOf(plan.slots, Array(10).fill(null))).toEqual(Array(10).fill(1));
  // An evaluator for all islands does not spend on those that another one serves alone.
  const mixed = new DispatchPlan<number>();
  mixed.join("all", 2, ["A", "B"]);
  mixed.join("one", 2, ["A"]);
  expect(windowsOf(mixed.slots, ["A", "A", "B", "B"])).toEqual([1, 1, 1, 1]);
});

test("credits are dealt as if one at a time to the smallest window", () => {
  const dealt = (each: readonly { credits: number; models: readonly string[] }[], models: readonly string[]) => {
    const windows = models.map(() => 0);
    for (const { credits, models: served } of each) {
      const fitting = [...models.keys()].filter((island) => served.includes(models[island] as string));
      for (let credit = 0; credit < credits && fitting.length > 0; credit++) {
        const poorest = fitting.reduce((a, b) => ((windows[b] as number) < (windows[a] as number) ? b : a));
        (windows[poorest] as number)++;
      }
    }
    return windows.map((window, island) =>
      each.some(({ models: served }) => served.includes(models[island] as string)) ? Math.max(1, window) : window,
    );
  };
  const model = fc.constantFrom("A", "B");
  const credits = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(credits, fc.array(model, { minLength: 1, maxLength: 20 }), ([some, all], models) => {
      const plan = new DispatchPlan<number>();
      // In two parts each, which deal as one.
      for (const [index, part] of [Math.floor(some / 3), some - Math.floor(some / 3)].entries()) {
        plan.join(`some${index}`, part, ["A"]);
        plan.join(`all${index}`, index === 0 ? all : 0, ["A", "B"]);
      }
      const fewest = models.filter((each) => each === "A").length < models.length;
      const deals = [
        { credits: some, models: ["A"] },
        { credits: all, models: ["A", "B"] },
      ];
      if (!fewest) deals.splice(0, 2, { credits: some + all, models: ["A"] });
      if (!models.includes("A")) deals.shift();
      expect(windowsOf(plan.slots, models)).toEqual(dealt(deals, models));
    }),
  );
});

test("a run is unservable when no evaluator has the devices for all its open candidates", () => {
  const windowsWithout = (model: string) => {
    const plan = new DispatchPlan<number>();
    for (const each of ["A", "B", "C"]) if (each !== model) plan.join(each, 2, [each]);
    return windowsOf(plan.slots, ["A", "B", "C"]);
  };
  expect(isUnservable(new Set([2]), windowsWithout("C"))).toBe(true);
  expect(isUnservable(new Set([2]), windowsWithout("none"))).toBe(false);
  // Other islands continue.
  expect(isUnservable(new Set([1, 2]), windowsWithout("C"))).toBe(false);
  expect(isUnservable(new Set(), windowsWithout("C"))).toBe(false);
});
