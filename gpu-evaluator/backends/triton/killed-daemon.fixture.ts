/** A process with a backend whose compiler and device are both busy, for a test that kills it. */
import type { Job } from "../backend.ts";
import { openTritonBackend } from "./triton-backend.ts";

const [python = "", job = "{}"] = process.argv.slice(2);
const backend = await openTritonBackend({ devices: [0], python, onNote: () => {} });
const never = new AbortController().signal;
const given = JSON.parse(job) as Job;
void backend.compile({ ...given, config: { act: "busy compiler" } }, never);
const artifact = { program: { act: "hang device" }, cacheDir: "/", dispose: async () => {} };
void backend.measure(artifact, given, backend.devices[0] as never, () => {}, never);
