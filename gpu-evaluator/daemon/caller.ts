/** Identifies the caller from a call's metadata, before a byte of its message is read. */
import {
  type Metadata,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";
import { ANSWER_KEY, CallVerifier, digestOf, PROOF_KEY } from "@kevo/core/evaluator-access/call-proof.ts";
import { hasRole, type TlsIdentity } from "@kevo/core/identity/tls.ts";
import { EVALUATOR_SERVICE_NAME, type EvaluateRequest } from "@kevo/proto/evaluator-service.ts";
import { NewestCertificate } from "./newest-certificate.ts";
import { Refusal } from "./refusal.ts";

export type EvaluatorIdentity = { readonly secrets: readonly string[] } | { readonly tls: TlsIdentity };

export interface CallerOptions {
  readonly identity: EvaluatorIdentity;
  /** Ports at which it may be addressed; others are of a relay. */
  readonly ports: () => readonly number[];
  /** A call at HOST:PORT of the caller has proved who it is. */
  readonly onIdentified: (peer: string) => void;
}

const WHY = {
  wrong:
    "this evaluator does not know the caller: set KEVO_TOKEN to the same value on both sides, or run both as one user of one host",
  clock: "the clocks of the caller and of this evaluator differ by more than five minutes: set them",
  repeated: "this call was made before",
} as const;

/** Metadata key under which the handler finds the digest of a verified call. */
const DIGEST_KEY = "kevo-verified";

export interface CallerCheck {
  readonly interceptor: ServerInterceptor;
  /** Null when the message is the one that its caller signed, or came encrypted from a caller with a certificate. */
  refusalOf(call: { metadata: Metadata; request: EvaluateRequest & { readonly run?: string } }): Refusal | null;
}

/** Without a certificate of the cluster's authority no connection comes into being. */
export function credentialsOf(identity: EvaluatorIdentity): ServerCredentials {
  if ("secrets" in identity) return ServerCredentials.createInsecure();
  const { ca, cert, key } = identity.tls;
  return ServerCredentials.createSsl(
    Buffer.from(ca),
    [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }],
    true,
  );
}

export function callerCheck(options: CallerOptions): CallerCheck {
  const { identity, ports, onIdentified } = options;
  if ("tls" in identity) return { interceptor: certificateCheck(onIdentified), refusalOf: () => null };
  return { interceptor: proofCheck(identity.secrets, ports, onIdentified), refusalOf: changed };
}

const isOurs = (path: string) => path.startsWith(`/${EVALUATOR_SERVICE_NAME}/`);

const refused = (why: string) => new Refusal("unauthenticated", `the caller's certificate ${why}`).error;

/** Of all who belong to the cluster, only a coordinator may ask for evaluations. */
function certificateCheck(onIdentified: CallerOptions["onIdentified"]): ServerInterceptor {
  const newest = new NewestCertificate();
  return (method, call) => {
    if (!isOurs(method.path)) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, pass) => {
              const certificate = call.getAuthContext().sslPeerCertificate;
              if (!hasRole(certificate, "coordinator")) return call.sendStatus(refused("is not a coordinator's"));
              if (!newest.accepts(Date.parse(certificate?.valid_from ?? ""))) {
                return call.sendStatus(refused("was replaced by a newer one"));
              }
              onIdentified(call.getPeer());
              pass(metadata);
            })
            .build(),
        ),
    });
  };
}

/** Health needs no proof. */
function proofCheck(
  secrets: readonly string[],
  ports: CallerOptions["ports"],
  onIdentified: CallerOptions["onIdentified"],
): ServerInterceptor {
  const verifier = new CallVerifier(secrets);
  return (method, call) => {
    if (!isOurs(method.path)) return new ServerInterceptingCall(call);
    let answer = "";
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, pass) => {
              const authority = call.getHost();
              const verdict = verifier.verify({ path: method.path, authority }, metadata.get(PROOF_KEY)[0]);
              const refusal = verdict.ok
                ? wrongAddress(authority, ports())
                : new Refusal(verdict.why === "clock" ? "clocks_differ" : "unauthenticated", WHY[verdict.why]);
              if (refusal !== null) return call.sendStatus(refusal.error);
              if (!verdict.ok) return;
              answer = verdict.answer;
              onIdentified(call.getPeer());
              metadata.set(DIGEST_KEY, verdict.digest);
              pass(metadata);
            })
            .build(),
        ),
      sendMetadata: (metadata, next) => {
        metadata.set(ANSWER_KEY, answer);
        next(metadata);
      },
    });
  };
}

/** Null when the message is the one that was signed. */
function changed({
  metadata,
  request,
}: {
  metadata: Metadata;
  request: EvaluateRequest & { readonly run?: string };
}): Refusal | null {
  if (metadata.get(DIGEST_KEY)[0] === digestOf(request)) return null;
  return new Refusal("unauthenticated", "the request is not the one that its caller signed");
}

function wrongAddress(authority: string, ports: readonly number[]): Refusal | null {
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? "0");
  if (ports.includes(port)) return null;
  return new Refusal(
    "unauthenticated",
    `the call was made to ${authority}, which is not an address of this evaluator: if a tunnel leads here, name its far end with --advertise HOST:PORT`,
  );
}
