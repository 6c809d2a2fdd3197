import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./two-namespaces.fixture.ts", import.meta.url));
/** Root may make network namespaces; others may where the host allows user namespaces. */
const unshare = process.getuid?.() === 0 ? ["--net"] : ["--user", "--map-root-user", "--net"];

function namespacesAllowed(): boolean {
  try {
    const probe = "ip link add kevo0 type veth peer name kevo1 && command -v nsenter";
    execFileSync("unshare", [...unshare, "sh", "-c", probe], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("an evaluator in another network namespace is found by announcement and serves who has the token", async (context) => {
  if (!namespacesAllowed()) context.skip("this host allows no network namespaces, or lacks unshare, nsenter and ip");
  const { stdout } = await promisify(execFile)("unshare", [...unshare, process.execPath, fixture], {
    timeout: 900_000,
  });
  const found = JSON.parse(stdout);
  expect(found.announced).toMatch(/^10\.77\.0\.2:\d+$/);
  expect(found).toMatchObject({
    withoutToken: 2,
    none: status.UNAUTHENTICATED,
    wrong: status.UNAUTHENTICATED,
    right: "ok",
    exit: 0,
  });
});
