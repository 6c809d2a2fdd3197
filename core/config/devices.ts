/** Devices of `--devices`: their numbers with commas between them. */
import { UserError } from "../errors/user-error.ts";
import { parseInteger } from "./number.ts";

/** @throws UserError (code 2) that names the value. */
export function parseDevices(text: string): number[] {
  const devices = text.split(",").map((part) => parseInteger(part.trim(), "--devices", { min: 0, max: 4095 }));
  if (new Set(devices).size !== devices.length) {
    throw new UserError(`--devices ${text}: a device is listed twice. Each device has one lane; list it once.`, 2);
  }
  return devices;
}
