/**
 * NATS identities: an Ed25519 key whose public half the server knows. Whoever connects signs the server's nonce, so no
 * secret crosses the wire. The text forms (base32 with a checksum) are those of every NATS tool.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";

const SEED_BYTES = 32;
/** DER of an Ed25519 private key (RFC 8410), up to its 32 bytes. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
/** Prefix bits of the text forms: S and U. */
const SEED = 18 << 3;
const USER = 20 << 3;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export interface NKey {
  /** `U…`: may be public. */
  readonly publicKey: string;
  /** `SU…`: never leaves its owner. */
  readonly seed: string;
  /** Base64url. */
  sign(nonce: string): string;
}

/** @param raw 32 bytes; random where none are given. */
export function createNKey(raw: Uint8Array = randomBytes(SEED_BYTES)): NKey {
  const key = privateKey(raw);
  // 10 bits of prefix: what the text is (5 bits of `S`), then what the key is for.
  const prefix = [SEED | (USER >> 5), (USER & 31) << 3];
  return {
    publicKey: publicKeyOf(key),
    seed: encode(Buffer.concat([Buffer.from(prefix), raw])),
    sign: (nonce) => sign(null, Buffer.from(nonce), key).toString("base64url"),
  };
}

/** @throws Error for a text that is no seed of a user. */
export function openNKey(seed: string): NKey {
  const bytes = decode(seed);
  if (bytes.length !== SEED_BYTES + 2 || ((bytes[0] as number) & 0xf8) !== SEED) throw new Error("not an NKey seed");
  return createNKey(bytes.subarray(2));
}

const privateKey = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, raw]), format: "der", type: "pkcs8" });

function publicKeyOf(key: KeyObject): string {
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return encode(Buffer.concat([Buffer.from([USER]), spki.subarray(-SEED_BYTES)]));
}

/** CRC-16/XMODEM, low byte first, behind the bytes; then base32 without padding. */
function encode(bytes: Uint8Array): string {
  const checked = Buffer.concat([bytes, checksum(bytes)]);
  let text = "";
  let value = 0;
  let bits = 0;
  for (const byte of checked) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

function decode(text: string): Buffer {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const letter of text) {
    const five = ALPHABET.indexOf(letter);
    if (five < 0) throw new Error("not base32");
    value = ((value << 5) | five) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  const checked = Buffer.from(bytes);
  const content = checked.subarray(0, -2);
  if (!checksum(content).equals(checked.subarray(-2))) throw new Error("its checksum is wrong");
  return content;
}

function checksum(bytes: Uint8Array): Buffer {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return Buffer.from([crc & 0xff, crc >> 8]);
}
