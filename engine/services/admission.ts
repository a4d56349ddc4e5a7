import { EngineError } from '../../contract/errors.ts'
import { readHostMemory, type HostMemory } from './standby/host-memory.ts'
import type { Origin } from './templates.ts'

const MIB = 1024 ** 2
/** What a clone and its QEMU come to soon after they start, measured with room to spare; all else is its program's. */
const CLONE_BYTES = 96 * MIB
/** QEMU's own, of a VM that shares nothing; its guest's kernel and files come to as much as templates say. */
const COLD_BYTES = 320 * MIB
/** Of the workstation's memory this much stays free whatever is asked: below it the kernel ends somebody. */
const KEPT_PART = 1 / 32
const KEPT_LEAST = 256 * MIB

interface AdmissionDependencies {
  /** Lets go of what waits for nobody in particular. */
  makeRoom(): Promise<void>
  /** For tests. */
  memory?: () => Promise<HostMemory>
}

/** Starts only what the workstation has the memory for, those that start at the same time counted. */
export class Admission {
  readonly #the: AdmissionDependencies
  #underWay = 0

  constructor(dependencies: AdmissionDependencies) {
    this.#the = dependencies
  }

  /** Does `start` if there is room for it. Rejects with NO_MEMORY, and the numbers. */
  async during<T>(name: string, { template }: Origin, start: () => Promise<T>): Promise<T> {
    const needed = template ? CLONE_BYTES : COLD_BYTES
    await this.#admit(name, needed)
    try {
      return await start()
    } finally {
      this.#underWay -= needed
    }
  }

  async #admit(name: string, needed: number): Promise<void> {
    const look = this.#the.memory ?? readHostMemory
    const kept = ({ totalBytes }: HostMemory): number => Math.max(KEPT_LEAST, totalBytes * KEPT_PART)
    const takes = (host: HostMemory): boolean => {
      const enough = host.availableBytes - this.#underWay - needed >= kept(host)
      if (enough) this.#underWay += needed
      return enough
    }
    if (takes(await look())) return
    await this.#the.makeRoom()
    const host = await look()
    if (takes(host)) return
    const megabytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`
    throw new EngineError(
      'NO_MEMORY',
      `no memory to start container ${name}: it takes about ${megabytes(needed)}, ${megabytes(host.availableBytes)} of ` +
        `${megabytes(host.totalBytes)} are available, and ${megabytes(kept(host))} stay free; stop some containers, or close other programs`,
    )
  }
}
