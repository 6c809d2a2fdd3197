// Loaded before the program (`--import`): kills it when a stage begins, so when the one before it has ended.
import { subscribe } from "node:diagnostics_channel";

subscribe("kevo.research.step", ({ stage, status }) => {
  if (process.env.KILL_BEFORE === stage && status === "running") process.kill(process.pid, "SIGKILL");
  if (process.env.KILL_AFTER === stage && status === "done") process.kill(process.pid, "SIGKILL");
});
