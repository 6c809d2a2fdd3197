/** The entry of the dashboard's thread: what makes a program start fast holds for one thread only. */
import "@kevo/core/program/fast-loading.ts";

await import("./serve.ts");
