/** A nats-server as others run it: an operator, an account with limits, and users with credentials files and rights. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNatsServer } from "@kevo/coordinator/nats-server/find.ts";
import { freePort } from "@kevo/coordinator/nats-server/launch.ts";
import { connect, credsAuthenticator, nkeys } from "nats";

type KeyPair = ReturnType<typeof nkeys.createUser>;

export interface AccountLimits {
  readonly streams: number;
  readonly disk_storage: number;
}

export interface UserRights {
  readonly pub?: { allow: readonly string[] };
  readonly sub?: { allow: readonly string[] };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("ascii");

/** As `nsc` makes them. */
function jwt(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { jti: name, iat: 1, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name };
  const signed = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part({ ...claims, nats: { ...nats, version: 2 } })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`;
}

const UNLIMITED = { subs: -1, data: -1, payload: -1 };

export class OperatorNats implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #account: KeyPair;
  readonly #child: ChildProcess;

  private constructor(folder: string, account: KeyPair, port: number, child: ChildProcess) {
    this.#folder = folder;
    this.#account = account;
    this.url = `nats://127.0.0.1:${port}`;
    this.#child = child;
  }

  static async start(folder: string, limits: AccountLimits): Promise<OperatorNats> {
    mkdirSync(folder, { recursive: true });
    const [operator, account, system] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
    const basic = { ...UNLIMITED, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
    const jetstream = { ...limits, mem_storage: 0, consumer: -1, max_bytes_required: true };
    const resolved = {
      [account.getPublicKey()]: jwt(operator, account, "theirs", {
        type: "account",
        limits: { ...basic, ...jetstream },
      }),
      [system.getPublicKey()]: jwt(operator, system, "SYS", { type: "account", limits: basic }),
    };
    const port = await freePort("127.0.0.1");
    const config = join(folder, "nats.conf");
    writeFileSync(
      config,
      [
        `listen: "127.0.0.1:${port}"`,
        `operator: ${jwt(operator, operator, "operator", { type: "operator" })}`,
        `system_account: ${system.getPublicKey()}`,
        "resolver: MEMORY",
        `resolver_preload: ${JSON.stringify(resolved)}`,
        `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }`,
      ].join("\n"),
    );
    const child = spawn(findNatsServer().path, ["-c", config, "-l", join(folder, "log")], { stdio: "ignore" });
    const nats = new OperatorNats(folder, account, port, child);
    const creds = nats.creds("probe");
    for (;;) {
      try {
        const { readFileSync } = await import("node:fs");
        const probe = await connect({ servers: nats.url, authenticator: credsAuthenticator(readFileSync(creds)) });
        await probe.close();
        return nats;
      } catch (error) {
        if (child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** The path of a new user's credentials file. */
  creds(name: string, rights: UserRights = {}): string {
    const user = nkeys.createUser();
    const path = join(this.#folder, `${name}.creds`);
    const token = jwt(this.#account, user, name, { type: "user", ...UNLIMITED, pub: {}, sub: {}, ...rights });
    writeFileSync(
      path,
      [
        ...["-----BEGIN NATS USER JWT-----", token, "------END NATS USER JWT------", ""],
        ...["-----BEGIN USER NKEY SEED-----", text(user.getSeed()), "------END USER NKEY SEED------", ""],
      ].join("\n"),
      { mode: 0o600 },
    );
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}
