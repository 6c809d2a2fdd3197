/** `npm run test:live`: one call to each real service whose key is set. Ends with 1 where one failed or differs. */
import { checkService, SERVICES } from "./services.ts";

let failed = false;
for (const service of SERVICES) {
  const { outcome, message } = await checkService(service, process.env);
  console.log(`${service.name.padEnd(6)} ${message}`);
  failed ||= outcome === "failed" || outcome === "differs";
}
process.exitCode = failed ? 1 : 0;
