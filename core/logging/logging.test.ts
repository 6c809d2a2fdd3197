import { expect, test } from "vitest";
import { cleanEnvironment } from "../process/environment.ts";
import { createLogger } from "./logger.ts";
import { isSecretName } from "./secrets.ts";

test("keys reach the log neither by value nor by field name", () => {
  const lines: string[] = [];
  const environment = { KEVO_LOG: "info", XAI_API_KEY: 'xai-"quoted"-value', SOME_SERVICE_TOKEN: "tok-123456789" };
  const log = createLogger("test", environment, { write: (line: string) => void lines.push(line) });
  log.info({ url: "nats://tok-123456789@host", token: "short", nested: { apiKey: "abc" } }, 'sent xai-"quoted"-value');
  log.error(new Error("401 for tok-123456789"));
  log.debug("not at this level");
  expect(lines).toHaveLength(2);
  for (const secret of ["quoted", "tok-123456789", "short", "abc"]) expect(lines.join("")).not.toContain(secret);
  expect(JSON.parse(lines[0] as string)).toMatchObject({ name: "test", msg: "sent [redacted]" });
});

test("what counts as a key", () => {
  for (const name of ["OPENAI_API_KEY", "X_BEARER_TOKEN", "KEVO_TOKEN", "AWS_SECRET", "MY_KEY"]) {
    expect(isSecretName(name)).toBe(true);
  }
  for (const name of ["PATH", "KEYBOARD", "KEVO_LOG", "TOKENIZER"]) expect(isSecretName(name)).toBe(false);
});

test("a candidate's environment has nothing but the path, its scratch folder and a language", () => {
  expect(Object.keys(cleanEnvironment("/scratch")).sort()).toEqual(["HOME", "LANG", "PATH"]);
  expect(cleanEnvironment("/scratch").HOME).toBe("/scratch");
});
