/** Random choices that a seed repeats. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** Any JSON value, of the kinds that a schema may forget. */
  json(depth = 3): unknown {
    const kinds = depth > 0 ? 12 : 10
    switch (this.below(kinds)) {
      case 0:
        return null
      case 1:
        return this.oneIn(2)
      case 2:
        return this.pick([0, -1, 1, 1.5, 1e308, -0, 2 ** 31, 2 ** 53, Number.MAX_SAFE_INTEGER, NaN])
      case 3:
        return ''
      case 4:
        return this.pick(WORDS)
      case 5:
        return this.bytes(this.below(40)).toString('latin1')
      case 6:
        return 'x'.repeat(this.below(5000))
      case 7:
        return []
      case 8:
        return {}
      case 9:
        return this.pick(['../../etc/passwd', '/', '\0', '__proto__', 'constructor', '$(id)', '-1', '1e9'])
      case 10:
        return Array.from({ length: this.below(4) }, () => this.json(depth - 1))
      default:
        return Object.fromEntries(
          Array.from({ length: this.below(4) }, () => [this.pick(WORDS), this.json(depth - 1)]),
        )
    }
  }
}

/** Names that requests have, so that garbage comes to lie where it is read. */
const WORDS = [
  ...['Image', 'Cmd', 'Entrypoint', 'Env', 'User', 'Tty', 'OpenStdin', 'Labels', 'HostConfig', 'Hostname'],
  ...['Binds', 'Mounts', 'PortBindings', 'RestartPolicy', 'Memory', 'NanoCpus', 'Ulimits', 'Tmpfs', 'Init'],
  ...['NetworkMode', 'NetworkingConfig', 'EndpointsConfig', 'Healthcheck', 'Test', 'Interval', 'StopSignal'],
  ...['Name', 'Driver', 'DriverOpts', 'Options', 'IPAM', 'Config', 'Subnet', 'Container', 'Force', 'Detach'],
  ...['ConsoleSize', 'WorkingDir', 'AttachStdin', 'serveraddress', 'MaximumRetryCount', 'HostPort', '80/tcp'],
  ...['busybox', 'always', 'bridge', 'local', 'true', 'sleep', 'toString', '__proto__', 'x'],
]
