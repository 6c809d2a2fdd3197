import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./lineage/research/schema.ts",
  out: "./lineage/research/migrations",
});
