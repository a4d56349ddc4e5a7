import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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

export interface SystemdOptions {
  bus?: Bus
  /** Where control groups and processes are looked at. */
  root?: string
}

/** The last scope of the name, its process gone, is gone in a moment; a new one holds its process in a moment. */
const WAIT_MS = 50
const WAITS = 100

/**
 * Scopes of systemd (org.freedesktop.systemd1(5)): control groups that an ordinary user may make for processes of
 * their own. A scope ends with its last process.
 */
export class SystemdScopes {
  readonly #bus: Bus
  readonly #root: string
  #controllers: Promise<Set<string>> | undefined

  constructor({ bus = busctl, root = '/' }: SystemdOptions = {}) {
    this.#bus = bus
    this.#root = root
  }

  /**
   * What the manager's scopes can hold a process to: the kernel's names, `cpu` and `io` among them. A user's manager is
   * given some of them by the system's. None where there is no manager that answers; asked once.
   */
  controllers(): Promise<Set<string>> {
    this.#controllers ??= this.#askControllers().catch(() => new Set())
    return this.#controllers
  }

  async #askControllers(): Promise<Set<string>> {
    const answer = await this.#bus(['get-property', SERVICE, ...MANAGER, 'ControlGroup'])
    const group = /^s "(.*)"/.exec(answer)?.[1] ?? ''
    const file = join(this.#root, 'sys/fs/cgroup', group, 'cgroup.controllers')
    return new Set((await readFile(file, 'utf8')).trim().split(' '))
  }

  /** Puts a process into the scope `<name>.scope`, or changes what that one may take. Resolves once it is in force. */
  async set(pid: number, name: string, share: HostShare): Promise<void> {
    const unit = `${name}.scope`
    const properties = propertiesOf(share)
    if (await this.#isIn(pid, unit)) {
      const args = [unit, 'true', String(properties.length), ...properties.flat()]
      await this.#manager('SetUnitProperties', 'sba(sv)', args).catch((error: unknown) => {
        throw failure('changes nothing of the VM’s scope', error)
      })
      return
    }
    // Without the mode of collection one that failed (its process was killed for want of memory) would stay.
    const all = [['PIDs', 'au', '1', String(pid)], ['CollectMode', 's', 'inactive-or-failed'], ...properties]
    await this.#start([unit, 'fail', String(all.length), ...all.flat(), '0'])
    for (let left = WAITS; !(await this.#isIn(pid, unit)); left--) {
      if (left === 0) throw failure('did not put the VM into its scope', new Error(`${unit} is without it`))
      await delay(WAIT_MS)
    }
  }

  async #start(args: string[]): Promise<void> {
    for (let left = WAITS; ; left--) {
      try {
        return await this.#manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', args)
      } catch (error) {
        const taken = /already (exists|loaded)/.test((error as Error).message)
        if (!taken || left === 0) throw failure('made no scope for the VM', error)
        await delay(WAIT_MS)
      }
    }
  }

  async #isIn(pid: number, unit: string): Promise<boolean> {
    const groups = await readFile(join(this.#root, `proc/${pid}/cgroup`), 'utf8').catch(() => '')
    return groups.trimEnd().endsWith(`/${unit}`)
  }

  async #manager(method: string, signature: string, args: string[]): Promise<void> {
    await this.#bus(['call', SERVICE, ...MANAGER, method, signature, ...args])
  }
}

function failure(what: string, error: unknown): EngineError {
  return new EngineError(
    'INTERNAL',
    `systemd ${what}: ${(error as Error).message.trim()}. Leave out --cpus, --cpu-shares and --blkio-weight, or see 'systemctl --user status'`,
    { cause: error },
  )
}

function propertiesOf({ cpus, cpuWeight, ioWeight }: HostShare): string[][] {
  const properties: string[][] = []
  if (cpus !== undefined) properties.push(['CPUQuotaPerSecUSec', 't', String(Math.round(cpus * 1e6))])
  if (cpuWeight !== undefined) properties.push(['CPUWeight', 't', String(cpuWeight)])
  if (ioWeight !== undefined) properties.push(['IOWeight', 't', String(ioWeight)])
  return properties
}
