/**
 * Asks a model about one record, alone and inside a fence: hostile text can affect only its own record. Without an
 * answer the stage continues without it.
 */
import type { Prediction } from "@kevo/core/llm/predict.ts";
import type { z } from "zod";
import { MAX_CHARACTERS } from "../session/fit.ts";
import { ask, type NoAnswer, type Question, type Session, withoutAnswer } from "../session/session.ts";
import type { LiteratureRecord } from "../sources/literature.ts";
import { renderForPrompt } from "../sources/rendering.ts";

const MAX_TOKENS = 4096;

/** @param call names the call in the run, for its fence; `input` is given the record's text in it. */
export function askAboutRecord<I extends z.ZodObject, O extends z.ZodObject>(
  session: Session,
  record: LiteratureRecord,
  call: string,
  question: Pick<Question<I, O>, "signature" | "by"> & { readonly input: (source: string) => z.infer<I> },
): Promise<Prediction<z.infer<O>> | NoAnswer> {
  const limits = { total: MAX_CHARACTERS.record + 400, each: MAX_CHARACTERS.record };
  const { text } = renderForPrompt([record], { secret: session.secret, call, limits });
  const asked = { ...question, input: question.input(text), maxTokens: MAX_TOKENS };
  return ask(session, asked).catch(withoutAnswer);
}
