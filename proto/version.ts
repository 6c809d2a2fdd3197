/** Version of every message on the wire. A reader refuses another major version with a clear error. */
export const WIRE_VERSION = 1;
