/** References of XML to characters: numbers, and the five names that every document knows. Pure. */

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

const REFERENCE = /&(?:#([0-9]{1,10})|#[xX]([0-9a-fA-F]{1,8})|([A-Za-z_][\w.-]{0,63}));/g;

/**
 * Each reference once, so that `&amp;#201;` becomes `&#201;`. A reference to no character that XML allows stays
 * unchanged: it shows that the text is not what its author meant.
 */
export function decodeReferences(text: string): string {
  return text.replace(REFERENCE, (reference, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? reference;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(decimal, 10);
    return isCharacter(code) ? String.fromCodePoint(code) : reference;
  });
}

/** `Char` of XML 1.0: no control characters but white space, no halves of surrogate pairs, nothing beyond Unicode. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
