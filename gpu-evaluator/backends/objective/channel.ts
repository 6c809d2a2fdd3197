/** The evaluator's end of the channel to the process that has the objective. */
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { UserError } from "@kevo/core/errors/user-error.ts";
import {
  type ObjectiveAnswer,
  type ObjectiveHello,
  type ObjectiveQuestion,
  objectiveAnswer,
  objectiveHello,
} from "@kevo/proto/objective-channel.ts";
import type { Config } from "@kevo/proto/search-space.ts";

/** A process that listens says at once what it is. */
const HELLO_MS = 10_000;

interface Waiting {
  readonly resolve: (answer: ObjectiveAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class ObjectiveChannel {
  readonly hello: ObjectiveHello;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closing = false;

  private constructor(socket: Socket, hello: ObjectiveHello) {
    this.#socket = socket;
    this.hello = hello;
  }

  /**
   * @param onLost the process has ended or sent something that is no answer; open questions are then rejected.
   * @throws UserError when nobody listens there, or who does says something else.
   */
  static async open(path: string, onLost: (why: string) => void): Promise<ObjectiveChannel> {
    const socket = createConnection(path);
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
    const first = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => {
        socket.destroy();
        reject(new UserError(`KEVO_OBJECTIVE names ${path}, where no objective answers (${why}).`));
      };
      const timer = setTimeout(() => fail("it said nothing"), HELLO_MS);
      lines.once("line", (line) => {
        clearTimeout(timer);
        resolve(line);
      });
      socket.once("error", (error) => fail(error.message));
      socket.once("close", () => fail("it closed the connection"));
    });
    socket.removeAllListeners("error").removeAllListeners("close");
    const hello = objectiveHello.safeParse(parseJson(first));
    if (!hello.success) {
      socket.destroy();
      throw new UserError(`KEVO_OBJECTIVE names ${path}, which is of another version, or no objective.`);
    }
    const channel = new ObjectiveChannel(socket, hello.data);
    const lost = (why: string) => {
      if (channel.#closing) return;
      channel.close();
      onLost(why);
    };
    lines.on("line", (line) => channel.#take(line) || lost(`it sent what is no answer: ${line.slice(0, 200)}`));
    socket.on("error", (error) => lost(error.message)).on("close", () => lost("it closed the connection"));
    return channel;
  }

  /** Resolves with what the objective said. Aborting tells it that nobody waits any more. */
  ask(candidate: string, config: Config, signal: AbortSignal): Promise<ObjectiveAnswer> {
    signal.throwIfAborted();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiting.delete(id);
        this.#send({ cancel: id });
        reject(signal.reason);
      };
      const done = () => signal.removeEventListener("abort", cancel);
      this.#waiting.set(id, {
        resolve: (answer) => {
          done();
          resolve(answer);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      signal.addEventListener("abort", cancel);
      this.#send({ id, candidate, config });
    });
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(new Error("the process with the objective has ended"));
    this.#waiting.clear();
  }

  #send(question: ObjectiveQuestion): void {
    if (!this.#closing) this.#socket.write(`${JSON.stringify(question)}\n`);
  }

  /** False for what is no answer. One to a question that nobody asks any more is passed over. */
  #take(line: string): boolean {
    const answer = objectiveAnswer.safeParse(parseJson(line));
    if (!answer.success) return false;
    const waiting = this.#waiting.get(answer.data.id);
    this.#waiting.delete(answer.data.id);
    waiting?.resolve(answer.data);
    return true;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
