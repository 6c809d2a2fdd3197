/** A fake of xAI's `POST /v1/responses` with the x_search tool, over the synthetic posts: a summary with citations. */
import { z } from "zod";
import { type FakeAnswer, type FakeRequest, type FakeServer, startFake } from "../http/fake-server.ts";
import type { Fault } from "../http/fault.ts";
import { rank } from "../http/rank.ts";
import type { StoredPost } from "./posts.ts";

const asked = z.object({
  model: z.string(),
  input: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
  tools: z
    .array(
      z.object({
        type: z.literal("x_search"),
        allowed_x_handles: z.array(z.string()).max(10).optional(),
        from_date: z.string().optional(),
        to_date: z.string().optional(),
      }),
    )
    .length(1),
  max_output_tokens: z.number().int().positive(),
});

export function startFakeXSearch(posts: readonly StoredPost[], scenario = "ok"): Promise<FakeServer> {
  const json = (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer => ({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answer = ({ url, headers, body }: FakeRequest): FakeAnswer => {
    if (!/^Bearer \S+$/.test(headers.authorization ?? ""))
      return json(400, { code: "invalid", error: "Incorrect API key provided" });
    if (url.pathname !== "/v1/responses") return json(404, { code: "not_found", error: "Not found" });
    const parsed = asked.safeParse(JSON.parse(body));
    if (!parsed.success) return json(400, { code: "invalid", error: parsed.error.issues[0]?.message });
    const [tool] = parsed.data.tools;
    const there = posts.filter(
      ({ deleted, handle }) =>
        !deleted && (tool?.allowed_x_handles === undefined || tool.allowed_x_handles.includes(handle)),
    );
    const question = parsed.data.input[0]?.content.split("\n")[0] ?? "";
    let text = "Synthetic summary of posts.";
    const annotations = rank(question, there, (post) => post.text)
      .slice(0, 6)
      .map(({ item }, n) => {
        const address = `https://x.com/${item.handle}/status/${item.id}`;
        text += `\n\n@${item.handle} says: ${item.text} `;
        const start_index = text.length;
        text += `[[${n + 1}]](${address})`;
        return { type: "url_citation", url: address, title: `${n + 1}`, start_index, end_index: text.length };
      });
    // Models cite other pages as well.
    const other = {
      type: "url_citation",
      url: "https://example.com/synthetic/page",
      title: "x",
      start_index: 0,
      end_index: 1,
    };
    return json(200, {
      id: "synthetic",
      object: "response",
      model: parsed.data.model,
      status: "completed",
      output: [
        { type: "custom_tool_call", name: "x_keyword_search", input: "{}", status: "completed" },
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text, annotations: [...annotations, other] }],
        },
      ],
      usage: {
        input_tokens: 900,
        output_tokens: 300,
        total_tokens: 1200,
        num_sources_used: 6,
        cost_in_usd_ticks: 123_000_000,
      },
    });
  };
  const refuse = ({ name, value }: Fault): FakeAnswer | null => {
    switch (name) {
      case "401":
        return json(400, { code: "invalid-argument", error: "Incorrect API key provided: sy***ey." });
      case "402":
        return json(429, {
          code: "exhausted",
          error: "Your team has used all available credits or reached its spending limit.",
        });
      case "429":
        return json(
          429,
          { error: { message: "Too many requests", type: "rate_limit" } },
          { "retry-after": `${value ?? 1}` },
        );
      case "429-bare":
        return json(429, { error: "Too many requests" });
      case "500":
        return json(500, { error: "Internal error" });
      case "503-html":
        return { status: 503, headers: { "content-type": "text/html" }, body: "<html>busy</html>" };
      case "malformed":
        return json(200, { choices: [] });
      default:
        return null;
    }
  };
  return startFake({ answer, refuse }, scenario);
}
