import { EngineError } from '../../contract/errors.ts'
import { readAnonymousBytes } from '../hypervisor/process-memory.ts'
import type { VirtualMachine } from '../hypervisor/virtual-machine.ts'
import type { ContainerRecord } from './containers/record.ts'
import { reservedOf } from './limits.ts'
import { Mutex } from './mutex.ts'
import { readHostMemory, type HostMemory } from './standby/host-memory.ts'
import type { Origin } from './templates.ts'

const MIB = 1024 ** 2
/** A clone and its QEMU come to 40 MiB as they start, and a program of some size to as much again soon after. */
const CLONE_BYTES = 96 * MIB
/** QEMU's own, of a VM that shares nothing; its guest's kernel and files come to as much as templates say. */
const COLD_BYTES = 320 * MIB
/** Within this of its start a container takes most of what its program takes at once. */
const YOUNG_MS = 10_000

interface Running {
  record: Pick<ContainerRecord, 'hostConfig' | 'templateId' | 'startedAt'>
  vm: Pick<VirtualMachine, 'pid'> | undefined
}

interface AdmissionDependencies {
  /** Of the workstation's memory this much stays free whatever is asked. */
  keepFreeBytes: number
  running(): Running[]
  /** Lets go of what waits for nobody in particular. */
  makeRoom(): Promise<void>
  /** For tests. */
  memory?: () => Promise<HostMemory>
  anonymous?: (pid: number) => Promise<number>
}

/** What a VM takes of the workstation, that shares with a template or not. */
const vmBytes = (shares: boolean): number => (shares ? CLONE_BYTES : COLD_BYTES)

/**
 * Starts only what the workstation has the memory for, beside what it has promised already: to those that start, all;
 * to those that have just started, or that have memory reserved, what they have not taken of it yet.
 */
export class Admission {
  readonly #the: AdmissionDependencies
  readonly #looks = new Mutex()
  #keepFreeBytes: number
  #starting = 0

  constructor(dependencies: AdmissionDependencies) {
    this.#the = dependencies
    this.#keepFreeBytes = dependencies.keepFreeBytes
  }

  /** For those that are asked for from now on. */
  keepFree(bytes: number): void {
    this.#keepFreeBytes = bytes
  }

  /** Does `start` if there is room for it; at its end the container counts as running. Rejects with NO_MEMORY, and the numbers. */
  start<T>(
    { name, hostConfig }: Pick<ContainerRecord, 'name' | 'hostConfig'>,
    { template }: Origin,
    start: () => Promise<T>,
  ): Promise<T> {
    return this.#during(`start container ${name}`, vmBytes(Boolean(template)) + reservedOf(hostConfig), start)
  }

  /** The same for a VM that serves the files of a container that does not run. */
  readFiles<T>({ name }: { name: string }, { template }: Origin, mount: () => Promise<T>): Promise<T> {
    return this.#during(`read the files of container ${name}`, vmBytes(Boolean(template)), mount)
  }

  /** The same for the boot of the VM that becomes a template. */
  makeTemplate<T>(image: string, boot: () => Promise<T>): Promise<T> {
    return this.#during(`boot a template of ${image}`, vmBytes(false), boot)
  }

  /** Bytes that may still be asked for. */
  async room(): Promise<number> {
    return Math.max(0, (await this.#account()).free)
  }

  async #during<T>(purpose: string, needed: number, start: () => Promise<T>): Promise<T> {
    await this.#looks.run(() => this.#admit(purpose, needed))
    try {
      return await start()
    } finally {
      this.#starting -= needed
    }
  }

  async #admit(purpose: string, needed: number): Promise<void> {
    if ((await this.#look(needed)).enough) return
    await this.#the.makeRoom()
    const { enough, host, promised } = await this.#look(needed)
    if (enough) return
    const megabytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`
    throw new EngineError(
      'NO_MEMORY',
      `no memory to ${purpose}: it takes about ${megabytes(needed)}, ${megabytes(host.availableBytes)} of ` +
        `${megabytes(host.totalBytes)} are available` +
        (promised > 0 ? `, ${megabytes(promised)} of these promised to other containers` : '') +
        `, and ${megabytes(this.#keepFreeBytes)} stay free (setting keepFreeBytes); ` +
        'stop some containers, or close other programs',
    )
  }

  /** Where there is enough it counts as promised from here on. */
  async #look(needed: number) {
    const account = await this.#account()
    const enough = account.free >= needed
    if (enough) this.#starting += needed
    return { ...account, enough }
  }

  async #account(): Promise<{ host: HostMemory; promised: number; free: number }> {
    // In this order what is taken, or has started, in between counts twice, and never not at all.
    const starting = this.#starting
    const promised = starting + (await this.#outstanding())
    const host = await (this.#the.memory ?? readHostMemory)()
    return { host, promised, free: host.availableBytes - promised - this.#keepFreeBytes }
  }

  /** What containers that run have been promised and not taken. */
  async #outstanding(): Promise<number> {
    const each = await Promise.all(this.#the.running().map((running) => this.#owed(running)))
    return each.reduce((sum, bytes) => sum + bytes, 0)
  }

  async #owed({ record, vm }: Running): Promise<number> {
    const reserved = reservedOf(record.hostConfig)
    const isYoung = Date.now() - Date.parse(record.startedAt) < YOUNG_MS
    if (!vm || (reserved === 0 && !isYoung)) return 0
    const promised = vmBytes(record.templateId !== '') + reserved
    try {
      return Math.max(0, promised - (await (this.#the.anonymous ?? readAnonymousBytes)(await vm.pid())))
    } catch {
      // It has ended meanwhile.
      return 0
    }
  }
}
