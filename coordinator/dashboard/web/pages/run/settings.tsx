import type { RunAnswer } from "../../../contract/runs.ts";
import { counted } from "../../components/format.ts";
import { Untrusted } from "../../components/text.tsx";

/** What was searched, and how: enough to tell whether two runs compare. */
export function Settings({ answer }: { readonly answer: RunAnswer }) {
  const { summary, workloads, parameters } = answer;
  const facts: readonly [string, string][] = [
    ["Search", `${answer.search}, effort ${answer.effort}${answer.sync ? ", in generations" : ""}`],
    [
      "Islands",
      `${summary.islands}, ${answer.topology}${answer.migrate_every > 0 ? `, ${answer.migrants} migrants every ${answer.migrate_every} batches` : ""}`,
    ],
    ["Seed", String(answer.seed)],
    ["Models", summary.models.join(", ") || "none"],
    ["Backend", summary.backend],
    ["Baselines", answer.baselines.join(", ") || "none"],
    [
      "Workloads",
      workloads.length > 6
        ? `${workloads.slice(0, 6).join(", ")} and ${workloads.length - 6} more`
        : workloads.join(", "),
    ],
  ];
  return (
    <details class="panel">
      <summary>
        <h2>
          Settings, {counted(parameters.length, "parameter")}, {counted(workloads.length, "workload")}
        </h2>
      </summary>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Untrusted text={value} />
            </dd>
          </div>
        ))}
      </dl>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Parameter</th>
              <th scope="col">Values</th>
              <th scope="col">Description</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, values, description }) => (
              <tr key={name}>
                <td class="mono">
                  <Untrusted text={name} />
                </td>
                <td class="mono">
                  <Untrusted
                    text={
                      values.length > 12 ? `${values.slice(0, 12).join(" ")} … (${values.length})` : values.join(" ")
                    }
                  />
                </td>
                <td>{description !== null && <Untrusted text={description} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
