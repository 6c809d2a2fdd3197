import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./lineage/schema.ts",
  out: "./lineage/migrations",
});
