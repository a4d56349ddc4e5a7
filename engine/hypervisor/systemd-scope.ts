import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EngineError } from '../../contract/errors.ts'
import type { HostShare } from './host-share.ts'

/** Runs busctl (systemd). Rejects where it, or what it asks, fails. */
export type Bus = (args: string[]) => Promise<string>

const SERVICE = 'org.freedesktop.systemd1'
const MANAGER = ['/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager']

const busctl: Bus = async (args) => {
  const which = process.getuid?.() === 0 ? '--system' : '--user'
  return (await promisify(execFile)('busctl', [which, '--timeout=5', ...args])).stdout
}

/**
 * Scopes of systemd (org.freedesktop.systemd1(5)): control groups that an ordinary user may make for processes of
 * their own. A scope ends with its last process.
 */
export class SystemdScopes {
  readonly #bus: Bus
  #available: Promise<boolean> | undefined

  constructor(bus: Bus = busctl) {
    this.#bus = bus
  }

  /** Whether there is a manager that answers; asked once. */
  available(): Promise<boolean> {
    this.#available ??= this.#bus(['get-property', SERVICE, ...MANAGER, 'Version']).then(
      () => true,
      () => false,
    )
    return this.#available
  }

  /** Puts a process into the scope `<name>.scope`, or changes what that one may take. */
  async set(pid: number, name: string, share: HostShare): Promise<void> {
    const unit = `${name}.scope`
    const properties = propertiesOf(share)
    const count = properties.length
    try {
      await this.#manager('SetUnitProperties', 'sba(sv)', [unit, 'true', String(count), ...properties.flat()])
      return
    } catch {
      // There is no such scope yet.
    }
    try {
      const all = [['PIDs', 'au', '1', String(pid)], ...properties]
      const args = [unit, 'fail', String(all.length), ...all.flat(), '0']
      await this.#manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', args)
    } catch (error) {
      throw new EngineError(
        'INTERNAL',
        `systemd made no scope for the VM: ${(error as Error).message.trim()}. Leave out --cpus, --cpu-shares and --blkio-weight, or see 'systemctl --user status'`,
        { cause: error },
      )
    }
  }

  async #manager(method: string, signature: string, args: string[]): Promise<void> {
    await this.#bus(['call', SERVICE, ...MANAGER, method, signature, ...args])
  }
}

function propertiesOf({ cpus, cpuWeight, ioWeight }: HostShare): string[][] {
  const properties: string[][] = []
  if (cpus !== undefined) properties.push(['CPUQuotaPerSecUSec', 't', String(Math.round(cpus * 1e6))])
  if (cpuWeight !== undefined) properties.push(['CPUWeight', 't', String(cpuWeight)])
  if (ioWeight !== undefined) properties.push(['IOWeight', 't', String(ioWeight)])
  return properties
}
