/**
 * Writes a conversation and, while it does, what the thread in it is. The truth comes from which method was called
 * for a post and not from reading the posts again, so a test that compares is no circle.
 */
import type { StoredPost } from "../x/posts.ts";

export interface ExpectedPost {
  readonly id: string;
  readonly text: string;
}

export interface Conversation {
  /** The property that it is an example of. */
  readonly shape: string;
  readonly root: string;
  /** Handle of the root's author. */
  readonly author: string;
  readonly posts: readonly StoredPost[];
  /** The thread, oldest to newest. */
  readonly thread: readonly ExpectedPost[];
  /** Ids of the thread's deleted posts. */
  readonly gaps: readonly string[];
  /** Texts that try to give orders. */
  readonly hostile: boolean;
}

export interface Ref {
  readonly id: string;
  readonly handle: string;
}

export class ConversationWriter {
  readonly #shape: string;
  readonly #author: string;
  readonly #number: number;
  #at: number;
  #posts: StoredPost[] = [];
  #thread: ExpectedPost[] = [];
  #gaps: string[] = [];
  #hostile = false;

  /** @param number of the conversation in the corpus; `startsAt` milliseconds since 1970 */
  constructor(shape: string, author: string, number: number, startsAt: number) {
    this.#shape = shape;
    this.#number = number;
    this.#author = author;
    this.#at = startsAt;
  }

  /** Delay of the next post. */
  wait(minutes: number): this {
    this.#at += minutes * 60_000;
    return this;
  }

  hostile(): this {
    this.#hostile = true;
    return this;
  }

  /** A post of the thread. `shown` is how it should read, where that differs from what was typed. */
  own(on: Ref | null, text: string, more: { shown?: string; quotes?: string; repeats?: string } = {}): Ref {
    const ref = this.#post(this.#author, on, text, { deleted: false, ...more });
    this.#thread.push({ id: ref.id, text: more.shown ?? text });
    return ref;
  }

  /** A post of the thread that its author deleted, and that something of the thread answers. */
  ownDeleted(on: Ref | null, text: string): Ref {
    const ref = this.#post(this.#author, on, text, { deleted: true });
    this.#gaps.push(ref.id);
    return ref;
  }

  /** Not part of the thread: another author, or the author talking with another one. */
  aside(handle: string, on: Ref | null, text: string, more: { deleted?: boolean } = {}): Ref {
    return this.#post(handle, on, text, { deleted: more.deleted ?? false });
  }

  done(): Conversation {
    const root = this.#posts[0] as StoredPost;
    return {
      shape: this.#shape,
      root: root.id,
      author: this.#author,
      posts: this.#posts,
      thread: this.#thread,
      gaps: this.#gaps,
      hostile: this.#hostile,
    };
  }

  #post(
    handle: string,
    on: Ref | null,
    text: string,
    more: { deleted: boolean; quotes?: string; repeats?: string },
  ): Ref {
    this.#at += 45_000;
    const id = idAt(this.#at, this.#number);
    this.#posts.push({
      id,
      handle,
      userId: userIdOf(handle),
      conversation: this.#posts[0]?.id ?? id,
      createdAt: new Date(this.#at).toISOString(),
      text,
      repliesTo: on?.id ?? null,
      repliesToUser: on === null ? null : userIdOf(on.handle),
      repeats: more.repeats ?? null,
      quotes: more.quotes ?? null,
      deleted: more.deleted,
    });
    return { id, handle };
  }
}

/** Twenty digits that begin with 99 and grow with time: longer than any real id. */
const idAt = (ms: number, conversation: number): string => `99${ms}${`${conversation}`.padStart(5, "0")}`;

/** Of a synthetic user: the handle as digits. */
function userIdOf(handle: string): string {
  return `99${[...handle].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7)}`;
}
