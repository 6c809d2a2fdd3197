/** Whether the environment asks for OpenTelemetry spans. Apart from what makes them, which is large. */

/** Any variable of OpenTelemetry's own that names where to send, unless it is switched off. */
export function wantsSpans(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment.OTEL_SDK_DISABLED === "true" || environment.OTEL_TRACES_EXPORTER === "none") return false;
  return ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"].some(
    (name) => (environment[name] ?? "") !== "",
  );
}
