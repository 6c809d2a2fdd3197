/** The visible content of a terminal: as much of one as the live view uses. */

/** Escape sequences that begin with ESC and `[`, and everything else by the character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal acts on them
const PIECE = /\u001b\[([?\d;]*)([A-Za-z])|[\s\S]/g;

export class Screen {
  /** Sequences that it does not know: a terminal would do something. */
  readonly unknown: string[] = [];
  bells = 0;
  colours = 0;
  #rows: number;
  #columns: number;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;
  /** First row that is visible; those above have been scrolled away. */
  #top = 0;

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
  }

  write(text: string): void {
    for (const [piece, numbers = "", letter] of text.matchAll(PIECE)) {
      if (letter === undefined) this.#put(piece);
      else this.#obey(numbers, letter);
    }
  }

  /** A narrower window wraps the lines that are too long for it, as most terminals do. */
  resize(rows: number, columns: number): void {
    const wrap = (line: string) => line.match(new RegExp(`[\\s\\S]{1,${columns}}`, "g")) ?? [""];
    const before = this.#lines.slice(0, this.#row).flatMap(wrap).length;
    this.#lines = this.#lines.flatMap(wrap);
    [this.#rows, this.#columns] = [rows, columns];
    this.#row = before + Math.floor(this.#column / columns);
    this.#column %= columns;
    this.#scroll();
  }

  /** All lines that were written and not overwritten, those that were scrolled away first. */
  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join("\n");
  }

  get visible(): string[] {
    return this.#lines.slice(this.#top).map((line) => line.trimEnd());
  }

  #put(character: string): void {
    if (character === "\u0007") this.bells++;
    else if (character === "\r") this.#column = 0;
    else if (character === "\n") this.#move(this.#row + 1);
    else {
      if (this.#column >= this.#columns) {
        this.#column = 0;
        this.#move(this.#row + 1);
      }
      const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
  }

  #move(row: number): void {
    this.#row = row;
    while (this.#lines.length <= row) this.#lines.push("");
    this.#scroll();
  }

  #scroll(): void {
    this.#top = Math.max(this.#top, this.#row - this.#rows + 1);
  }

  #obey(numbers: string, letter: string): void {
    const count = Number(numbers || 1);
    if (letter === "m") this.colours++;
    else if (letter === "A") this.#row = Math.max(this.#top, this.#row - count);
    else if (letter === "B") this.#row = Math.min(this.#row + count, this.#lines.length - 1);
    else if (letter === "G") this.#column = count - 1;
    else if (letter === "H" && numbers === "") [this.#row, this.#column] = [this.#top, 0];
    else if (letter === "K") this.#erase(numbers);
    else if (letter === "J") this.#clear(numbers);
    else if (!numbers.startsWith("?")) this.unknown.push(numbers + letter);
  }

  #erase(numbers: string): void {
    const line = this.#lines[this.#row] ?? "";
    this.#lines[this.#row] = numbers === "2" ? "" : line.slice(0, this.#column);
  }

  #clear(numbers: string): void {
    if (numbers === "2") this.#lines.length = this.#top;
    else {
      this.#erase("");
      this.#lines.length = this.#row + 1;
    }
    while (this.#lines.length <= this.#row) this.#lines.push("");
  }
}
