/** The corpus as the fakes serve it. */
import type { StoredPost } from "../x/posts.ts";
import { AS_OF, SYNTHETIC_AUTHORS, writeConversations } from "./conversations.ts";

export { AS_OF, SYNTHETIC_AUTHORS };

export const CONVERSATIONS = writeConversations();
export const POSTS: readonly StoredPost[] = CONVERSATIONS.flatMap(({ posts }) => posts);
