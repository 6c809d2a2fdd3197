/** What the candidate's kernels take of the device, as their compiler says. */
import type { CandidateAnswer } from "../../../contract/candidates.ts";
import { Untrusted } from "../../components/text.tsx";

export function Resources({ resources }: Pick<CandidateAnswer, "resources">) {
  return (
    <div class="scroll-x" tabIndex={0} role="group" aria-label="Resources by kernel">
      <table>
        <thead>
          <tr>
            <th scope="col">Kernel</th>
            {["Registers per thread", "Spilled per thread", "Shared memory per block", "Warps"].map((head) => (
              <th key={head} scope="col" class="right">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {resources.map((one, at) => (
            <tr key={at}>
              <td>
                <Untrusted text={one.name} />
              </td>
              <td class="right number">{one.registers}</td>
              <td class="right number">{one.spill_bytes} B</td>
              <td class="right number">{one.shared_bytes} B</td>
              <td class="right number">{one.warps}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
