import type { CandidateAnswer } from "../../../contract/candidates.ts";
import type { Objective } from "../../../contract/common.ts";
import { formatNumber, formatShare, formatTime } from "../../components/format.ts";
import { Untrusted } from "../../components/text.tsx";
import { Value } from "../../components/value.tsx";

interface WorkloadsProps {
  readonly workloads: CandidateAnswer["workloads"];
  readonly objective: Objective;
}

const SPEEDUP = { name: "speedup", unit: "×", direction: "maximize", against: null } as const;

export function Workloads({ workloads }: WorkloadsProps) {
  const rates = workloads.some(({ gflops, gbytes_per_s }) => gflops !== null || gbytes_per_s !== null);
  return (
    <div class="scroll-x" tabIndex={0} role="group" aria-label="Times by workload">
      <table class="tiles">
        <thead>
          <tr>
            <th scope="col">Workload</th>
            <th scope="col" class="right">
              Time
            </th>
            <th scope="col" class="right">
              Fastest baseline
            </th>
            <th scope="col" class="right">
              Speedup
            </th>
            {rates && (
              <th scope="col" class="right">
                Rate
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {workloads.map((one) => (
            <tr key={one.workload}>
              <td data-label="Workload">
                <Untrusted text={one.workload} />
                {Object.entries(one.metrics)
                  .filter(([name]) => name !== "time")
                  .map(([name, value]) => (
                    <div key={name} class="note">
                      <Untrusted text={`${name} ${formatNumber(value)}`} />
                    </div>
                  ))}
              </td>
              <td data-label="Time" class="right number">
                {formatTime(one.time_ms)}
              </td>
              <td data-label="Fastest baseline" class="right">
                <span class="number">{formatTime(one.baseline_ms)}</span>
                {one.baseline !== null && (
                  <div class="note">
                    <Untrusted text={one.baseline} />
                  </div>
                )}
              </td>
              <td data-label="Speedup" class="right">
                <Value objective={SPEEDUP} measured={one.speedup} />
              </td>
              {rates && (
                <td data-label="Rate" class="right">
                  <span class="number">{rateOf(one.gflops, "GFLOP/s", one.peak_share, "of the peak")}</span>
                  <div class="note">{rateOf(one.gbytes_per_s, "GB/s", one.bandwidth_share, "of the bandwidth")}</div>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function rateOf(rate: number | null, unit: string, share: number | null, of: string): string {
  if (rate === null) return "";
  return `${formatNumber(rate, 3)} ${unit}${share === null ? "" : `, ${formatShare(share)} ${of}`}`;
}
