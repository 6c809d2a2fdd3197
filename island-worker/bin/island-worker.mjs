#!/usr/bin/env node
// No static imports: on an old Node nothing of node_modules may load before the version is checked.
const { run } = await import("../../deploy/launcher/run.mjs");
await run("island-worker/cli/main.ts", process.argv.slice(2));
