/** Text that others wrote, as a terminal may show it. */

/** A control character, with what makes a colour of an escape. */
const CONTROL = /\p{Cc}(?:\[[0-9;]*m)?/gu;
const ESCAPE = "\u001b";

const visible = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** Of our own making, with foreign text in it: tabs, line ends and colours stay. */
export function printable(text: string): string {
  return text.replace(CONTROL, (found) => {
    const [character = ""] = found;
    const isColour = character === ESCAPE && found.length > 1;
    return isColour || character === "\n" || character === "\t" ? found : visible(character) + found.slice(1);
  });
}

/** Foreign through and through, such as a value out of a database: no colours either. */
export function printableValue(text: string): string {
  return printable(text.replaceAll(ESCAPE, visible(ESCAPE)));
}
