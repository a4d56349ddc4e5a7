/** Messages are lists of fields: key (u16), length (u32), bytes. A key may come again: then it is a list. */

export const Key = {
  hello: { version: 1, nonce: 2, state: 3, image: 4 },
  identify: {
    seed: 1,
    clock: 2,
    hostname: 3,
    machineId: 4,
    address: 5,
    gateway: 6,
    mtu: 7,
    interface: 8,
    mac: 9,
  },
  process: {
    arg: 1,
    env: 2,
    cwd: 3,
    user: 4,
    group: 5,
    tty: 6,
    stdin: 7,
    privileged: 8,
    run: 20,
    stdinOnce: 21,
    hostname: 22,
    domainname: 23,
    readOnly: 24,
    rlimit: 26,
    capability: 27,
    noNewPrivileges: 28,
    init: 29,
    shmSize: 30,
    sysctl: 31,
    extraHost: 32,
    dns: 33,
    pidsLimit: 34,
    mount: 40,
    address: 90,
    server: 91,
    memoryLimit: 70,
    cpuQuota: 71,
    dnsSearch: 50,
    dnsOption: 51,
    oomScore: 52,
    masked: 53,
    readOnlyPath: 54,
    device: 55,
    hostCgroups: 57,
    logLimit: 58,
  },
  interface: { mac: 1, name: 2, address: 3, mtu: 4, gateway: 5 },
  error: { code: 1, message: 2 },
  exit: { code: 1, oomKilled: 2 },
  resize: { columns: 1, rows: 2 },
  window: { bytes: 1, stream: 2 },
  signal: { name: 1 },
  connection: { socket: 1 },
} as const

const HEADER_BYTES = 6

/** Collects fields; each call answers the writer itself. */
export class FieldWriter {
  readonly #parts: Buffer[] = []

  bytes(key: number, value: Uint8Array): this {
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt16LE(key, 0)
    header.writeUInt32LE(value.length, 2)
    this.#parts.push(header, Buffer.from(value))
    return this
  }

  text(key: number, value: string): this {
    return this.bytes(key, Buffer.from(value))
  }

  texts(key: number, values: readonly string[]): this {
    for (const value of values) this.text(key, value)
    return this
  }

  /** Name and value with a NUL between them; neither may hold one. */
  pair(key: number, name: string, value: string): this {
    return this.tuple(key, name, value)
  }

  /** Texts with a NUL between two; none may hold one. */
  tuple(key: number, ...values: string[]): this {
    return this.text(key, values.join('\0'))
  }

  u32(key: number, value: number): this {
    const data = Buffer.alloc(4)
    data.writeUInt32LE(value)
    return this.bytes(key, data)
  }

  u64(key: number, value: bigint): this {
    const data = Buffer.alloc(8)
    data.writeBigUInt64LE(value)
    return this.bytes(key, data)
  }

  flag(key: number, value: boolean): this {
    return this.u32(key, value ? 1 : 0)
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** The fields of a message; of a key that comes again the first. Throws RangeError where it is cut short. */
export function readFields(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  for (let at = 0; at < message.length;) {
    if (message.length - at < HEADER_BYTES) throw new RangeError('a field is cut short')
    const key = message.readUInt16LE(at)
    const end = at + HEADER_BYTES + message.readUInt32LE(at + 2)
    if (end > message.length) throw new RangeError('a field is cut short')
    if (!fields.has(key)) fields.set(key, message.subarray(at + HEADER_BYTES, end))
    at = end
  }
  return fields
}

/** Of up to four bytes; 0 where there is none. */
export function numberOf(field: Buffer | undefined): number {
  return field && field.length > 0 ? field.readUIntLE(0, Math.min(field.length, 4)) : 0
}
