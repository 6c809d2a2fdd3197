/**
 * Passages that address a model instead of a reader. Finding one changes nothing about how the text is treated (all
 * of it is fenced, none of it is followed); it goes into the injection report, so that a person can look. Rules are
 * about wording, so a clever attack passes them: they are no barrier.
 */
import { clean, cutTo, hidesText } from "./clean.ts";

export interface Finding {
  /** Name of the rule. */
  readonly rule: string;
  readonly excerpt: string;
}

const RULES: readonly (readonly [rule: string, pattern: RegExp])[] = [
  [
    "override",
    /\b(ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(previous|prior|above|earlier|preceding|all|your|system|any)\b[^.\n]{0,30}\b(instructions?|prompts?|rules?|directions?|guidelines|constraints)\b/i,
  ],
  [
    "role",
    /^\s*(system|assistant|developer)( message| prompt)?\s*:|<\|(im_start|im_end|system|endoftext)|\[\/?INST\]|^#{2,} ?(system|instructions?)\b/im,
  ],
  [
    "addressed",
    /\b(as an ai\b|you are (now )?(an?|the) (helpful |new )?(ai|assistant|language model|reviewer|agent)\b|(dear|attention|note to|hey|message (to|for)|instructions? (to|for)) (any |all |the )?(ais?|llms?|language models?|assistants?|ai reviewers?|models? reading))/i,
  ],
  [
    "verdict",
    /\b(mark|rate|score|declare|classify|label|report)\s+(this|it|every|all|any|my|our|the (idea|paper|gap|proposal|work))\b[^.\n]{0,60}\b(novel|not novel|feasib\w*|10\/10|10 out of 10|highest|infeasib\w*|reject\w*|accepted)\b/i,
  ],
  [
    "delimiter",
    /[‹<[({]{1,3}\s*\/?\s*(begin|end)\b[^\n]{0,60}|<\/?(source|document|untrusted|context|data|material)\b[^>\n]{0,60}>|^\W*(end|begin) of (the )?(source|untrusted|fetched|material|document|context|data)\b/im,
  ],
  [
    "exfiltrate",
    /\b(print|send|post|include|reveal|leak|upload|exfiltrate|output|echo)\b[^.\n]{0,50}\b(api[ _-]?keys?|secrets?|environment variables?|credentials|passwords?|system prompt|process\.env|os\.environ|_API_KEY)\b/i,
  ],
  [
    "execute",
    /\b(curl|wget)\s+(-\S+\s+)*https?:\/\/|\|\s*(ba)?sh\b|\brm\s+-rf?\b|\bos\.system\(|\bsubprocess\.(run|Popen|call)\(|\beval\(|\bchild_process\b/i,
  ],
  [
    "cite",
    /\b(always|only|must)\s+cite\b|\bcite\s+(this|me|my|only)\b|\badd\b[^.\n]{0,30}\bto (the|your) (citations|references|bibliography)\b/i,
  ],
  [
    "code",
    /\b(insert|include|add|emit|embed|write|append|put)\b[^\n]{0,120}\b(in|into|to) ((the|your|all|every|any) (generated|produced|final) |(your|all|every) )(code|kernels?|implementations?|output)\b/i,
  ],
];

/** @param raw as fetched, before cleaning, so that hidden characters can be seen. */
export function findInjections(raw: string): Finding[] {
  const text = clean(raw).normalize("NFKC");
  const findings = RULES.flatMap(([rule, pattern]): Finding[] => {
    const match = pattern.exec(text);
    return match === null ? [] : [{ rule, excerpt: around(text, match.index, match[0].length) }];
  });
  return hidesText(raw) ? [{ rule: "hidden", excerpt: cutTo(text, 160).text }, ...findings] : findings;
}

function around(text: string, index: number, length: number): string {
  const start = Math.max(0, index - 40);
  return cutTo(
    text
      .slice(start, index + length + 60)
      .replace(/\s+/g, " ")
      .trim(),
    240,
  ).text;
}
