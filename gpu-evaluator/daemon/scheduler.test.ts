import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Scheduler, type Ticket } from "./scheduler.ts";

const lanes = (...models: string[]) => models.map((model, index) => ({ device: `d${index}`, model }));

function admitted(scheduler: Scheduler<number>, job: number, model = "", run = "run"): Ticket<number> {
  const ticket = scheduler.admit(job, run, model);
  if (typeof ticket === "string") throw new Error(ticket);
  return ticket;
}

/** Starts all that may start. */
function started(scheduler: Scheduler<number>): Ticket<number>[] {
  const all: Ticket<number>[] = [];
  for (let ticket = scheduler.next(); ticket !== null; ticket = scheduler.next()) all.push(ticket);
  return all;
}

describe("scheduler", () => {
  test("credits are lanes, compile processes and two ready for each lane; the next one is refused", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("a", "a"), compileProcesses: 3, alternate: false });
    expect(scheduler.credits).toBe(2 + 3 + 4);
    const tickets = Array.from({ length: 9 }, (_, job) => admitted(scheduler, job));
    expect(scheduler.admit(9, "run", "")).toBe("no_credit");
    scheduler.done(tickets[4] as Ticket<number>);
    expect(scheduler.admit(9, "run", "")).toMatchObject({ job: 9 });
  });

  test("a device model that is not here is refused at once, others wait for a lane of theirs", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("a", "b"), compileProcesses: 4, alternate: false });
    expect(scheduler.admit(0, "run", "c")).toBe("no_such_device");
    const [first, second, third] = [0, 1, 2].map((job) => admitted(scheduler, job, job === 2 ? "a" : "b"));
    for (const ticket of started(scheduler)) scheduler.compiled(ticket);
    expect(started(scheduler)).toEqual([first, third]);
    expect([first?.lane, second?.stage, third?.lane]).toEqual([1, "ready", 0]);
    scheduler.done(first as Ticket<number>);
    expect(started(scheduler)).toEqual([second]);
  });

  test("where compiling disturbs timing, it compiles several and then times several", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("cpu"), compileProcesses: 2, alternate: true });
    for (let job = 0; job < 5; job++) admitted(scheduler, job);
    const stages: string[] = [];
    const running = started(scheduler);
    for (let ticket = running.shift(); ticket !== undefined; ticket = running.shift()) {
      stages.push(ticket.stage);
      if (ticket.stage === "compiling") scheduler.compiled(ticket);
      else scheduler.done(ticket);
      running.push(...started(scheduler));
    }
    expect(stages).toEqual([...Array(5).fill("compiling"), ...Array(5).fill("measuring")]);
  });

  test("an endless stream of sources that do not compile does not keep a ready one from its lane", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("cpu"), compileProcesses: 1, alternate: true });
    const good = admitted(scheduler, -1);
    scheduler.next();
    scheduler.compiled(good);
    let rounds = 0;
    for (; good.stage !== "measuring" && rounds < 100; rounds++) {
      admitted(scheduler, rounds);
      for (const ticket of started(scheduler)) if (ticket.stage === "compiling") scheduler.done(ticket);
    }
    expect(rounds).toBeLessThanOrEqual(scheduler.credits);
  });

  test("a lane in quarantine gets nothing more and takes its credits along; what waits for it alone is unservable", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("a", "b"), compileProcesses: 2, alternate: false });
    const tickets = ["a", "a", "b", ""].map((model, job) => admitted(scheduler, job, model));
    scheduler.setHealthy(0, false);
    expect(scheduler.credits).toBe(1 + 2 + 2);
    expect(scheduler.unservable()).toEqual([tickets[0], tickets[1]]);
    for (const ticket of scheduler.unservable()) scheduler.done(ticket);
    for (const ticket of started(scheduler)) scheduler.compiled(ticket);
    expect(started(scheduler).map(({ job, lane }) => [job, lane])).toEqual([[2, 1]]);
    expect(scheduler.admit(4, "run", "a")).toBe("no_credit");
    scheduler.setHealthy(1, false);
    expect(scheduler.credits).toBe(0);
    expect(scheduler.admit(5, "run", "")).toBe("no_credit");
    scheduler.setHealthy(0, true);
    expect(started(scheduler).map(({ job, lane }) => [job, lane])).toEqual([[3, 0]]);
  });

  test("a run that comes late is let in at once, and each gets its share of the credits and of the lane's time", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("a"), compileProcesses: 3, alternate: false });
    const lengths = { greedy: 10, late: 40 };
    const running: Ticket<number>[] = [];
    const lane = { greedy: 0, late: 0 };
    const fill = (run: keyof typeof lengths) => {
      while (typeof scheduler.admit(0, run, "") !== "string");
      running.push(...started(scheduler));
    };
    fill("greedy");
    expect([scheduler.inFlight, scheduler.shareOf("greedy"), scheduler.shareOf("late")]).toEqual([6, 6, 3]);
    fill("late");
    expect([scheduler.inFlight, scheduler.shareOf("greedy"), scheduler.shareOf("")]).toEqual([9, 3, 2]);
    for (let step = 0; step < 500; step++) {
      const compiling = running.find(({ stage }) => stage === "compiling");
      const ticket = compiling ?? (running.find(({ stage }) => stage === "measuring") as Ticket<number>);
      if (compiling !== undefined) scheduler.compiled(ticket);
      else {
        const run = ticket.run as keyof typeof lengths;
        lane[run] += lengths[run];
        running.splice(running.indexOf(ticket), 1);
        scheduler.done(ticket, lengths[run]);
      }
      running.push(...started(scheduler).filter((next) => !running.includes(next)));
      fill("greedy");
      fill("late");
    }
    expect(Math.abs(lane.greedy - lane.late)).toBeLessThanOrEqual(2 * lengths.late);
    expect(lane.late).toBeGreaterThan(1_000);
  });

  test("draining admits nothing and loses nothing", () => {
    const scheduler = new Scheduler<number>({ lanes: lanes("a"), compileProcesses: 1, alternate: false });
    for (let job = 0; job < 4; job++) admitted(scheduler, job);
    scheduler.drain();
    expect(scheduler.admit(4, "run", "")).toBe("draining");
    const measured: number[] = [];
    while (scheduler.inFlight > 0) {
      for (const ticket of started(scheduler)) {
        if (ticket.stage === "compiling") scheduler.compiled(ticket);
        else {
          measured.push(ticket.job);
          scheduler.done(ticket);
        }
      }
    }
    expect(measured).toEqual([0, 1, 2, 3]);
  });

  test("for any arrivals, ends and cancellations: credits, pool and lanes are never exceeded, and all finish", () => {
    const scenario = fc.record({
      models: fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 4 }),
      compileProcesses: fc.integer({ min: 1, max: 4 }),
      alternate: fc.boolean(),
      steps: fc.array(
        fc.record({
          act: fc.constantFrom("admit", "advance", "cancel"),
          model: fc.constantFrom("", "a", "b"),
          run: fc.constantFrom("x", "y", "z"),
          pick: fc.nat(),
        }),
        { maxLength: 120 },
      ),
    });
    fc.assert(
      fc.property(scenario, ({ models, compileProcesses, alternate, steps }) => {
        const scheduler = new Scheduler<number>({ lanes: lanes(...models), compileProcesses, alternate });
        const here = new Set<Ticket<number>>();
        const running: Ticket<number>[] = [];
        const check = () => {
          running.push(...started(scheduler));
          const compiling = [...here].filter((ticket) => ticket.stage === "compiling").length;
          const measuring = [...here].filter((ticket) => ticket.stage === "measuring");
          expect(scheduler.inFlight).toBe(here.size);
          // Three runs: each within the credits, and together within credits (1 + 1/2 + 1/3).
          expect(here.size).toBeLessThanOrEqual((scheduler.credits * 11) / 6);
          for (const run of ["x", "y", "z"]) {
            expect([...here].filter((ticket) => ticket.run === run).length).toBeLessThanOrEqual(scheduler.credits);
          }
          expect(compiling).toBeLessThanOrEqual(compileProcesses);
          expect(new Set(measuring.map((ticket) => ticket.lane)).size).toBe(measuring.length);
          for (const { model, lane } of measuring) expect(["", models[lane]]).toContain(model);
          if (alternate) expect(compiling === 0 || measuring.length === 0).toBe(true);
          // Never idle while there is work.
          if (here.size > 0) expect(compiling + measuring.length).toBeGreaterThan(0);
        };
        const leave = (ticket: Ticket<number>) => {
          here.delete(ticket);
          if (running.includes(ticket)) running.splice(running.indexOf(ticket), 1);
          scheduler.done(ticket);
        };
        const advance = (pick: number) => {
          const ticket = running[pick % running.length];
          if (ticket?.stage !== "compiling") return ticket === undefined ? undefined : leave(ticket);
          running.splice(running.indexOf(ticket), 1);
          scheduler.compiled(ticket);
        };
        for (const { act, model, run, pick } of steps) {
          if (act === "admit") {
            const ticket = scheduler.admit(pick, run, model);
            if (ticket === "no_credit") expect(here.size).toBeGreaterThanOrEqual(scheduler.credits);
            else if (ticket === "no_such_device") expect(models).not.toContain(model);
            else if (typeof ticket !== "string") here.add(ticket);
          } else if (act === "advance") advance(pick);
          else if (here.size > 0) leave([...here][pick % here.size] as Ticket<number>);
          check();
        }
        for (let rounds = 0; here.size > 0; rounds++) {
          expect(rounds).toBeLessThan(1000);
          advance(0);
          check();
        }
      }),
    );
  });
});
