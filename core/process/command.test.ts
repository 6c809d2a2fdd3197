import { expect, test } from "vitest";
import { CommandFailed, outputOf, runCommand } from "./command.ts";
import { bareEnvironment, environmentWithoutKeys } from "./environment.ts";

const options = { env: bareEnvironment(), timeoutMs: 60_000 };
const sh = (script: string) => ["/bin/sh", "-c", script];

test("returns the output, or explains a failure in one line", async () => {
  expect(await outputOf(sh("cat; echo done"), { ...options, input: "given\n" })).toBe("given\ndone\n");
  const failed = await outputOf(sh("echo first >&2; echo second >&2; exit 3"), options).catch((error) => error);
  expect(failed).toBeInstanceOf(CommandFailed);
  expect(failed).toMatchObject({ message: "/bin/sh ended with code 3: first", stderr: "first\nsecond\n" });
  const absent = outputOf(["/no/such/program"], options);
  await expect(absent).rejects.toMatchObject({ message: "/no/such/program was not found", notFound: true });
});

test("a limit and a signal end the command with all that it started", async () => {
  // The pipe stays open for as long as the background process lives.
  const endless = sh("sleep 3600 & wait");
  expect(await runCommand(endless, { ...options, timeoutMs: 50 })).toMatchObject({ timedOut: true });
  await expect(outputOf(endless, { ...options, timeoutMs: 50 })).rejects.toThrow("did not end within 0.05 s");
  const abort = new AbortController();
  const running = outputOf(endless, { ...options, signal: abort.signal });
  abort.abort(new Error("no longer wanted"));
  await expect(running).rejects.toThrow("no longer wanted");
});

test("keys stay here, but for the cluster's token and those that are named", () => {
  const before = process.env;
  process.env = { PATH: "/bin", KEVO_TOKEN: "token", XAI_API_KEY: "x", EXA_API_KEY: "e", KEVO_LOG: "info" };
  try {
    expect(environmentWithoutKeys()).toEqual({ PATH: "/bin", KEVO_TOKEN: "token", KEVO_LOG: "info" });
    expect(environmentWithoutKeys(["EXA_API_KEY"])).toHaveProperty("EXA_API_KEY", "e");
  } finally {
    process.env = before;
  }
});
