import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { SwitchClient, type Counters, type SwitchMember } from './client.ts'
import { NetworkSwitch } from './network-switch.ts'
import { controlOf, type SwitchNetwork } from './process.ts'

export type { Counters, SwitchMember } from './client.ts'
export type { SwitchNetwork } from './process.ts'

export interface SwitchesOptions {
  binary: string
  /** Short: unix sockets lie below. */
  folder: string
  log(message: string): void
}

/** The switches of all networks. One runs while its network has members. */
export class Switches {
  readonly #options: SwitchesOptions
  readonly #version: string
  readonly #switches = new Map<string, NetworkSwitch>()
  /** Of each network, so that the end of a switch and the beginning of the next do not meet. */
  readonly #turns = new Map<string, Promise<unknown>>()

  private constructor(options: SwitchesOptions, version: string) {
    this.#options = options
    this.#version = version
  }

  static async open(options: SwitchesOptions): Promise<Switches> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    const file = join(dirname(options.binary), 'version')
    const version = await readFile(file, 'utf8').catch((error: unknown) => {
      const message = `the switch of networks is missing (${options.binary}); run build/bootstrap.sh`
      throw new EngineError('KIT_MISSING', message, { cause: error })
    })
    return new Switches(options, version)
  }

  /** Where a member's frames go: its VM's end, and the switch's. */
  sockets(networkId: string, memberId: string): { vm: string; switch: string } {
    const path = join(this.#folder(networkId), memberId.slice(0, 12))
    return { vm: `${path}.vm`, switch: `${path}.switch` }
  }

  /** Adds a member, or changes what is known of it. */
  put(network: SwitchNetwork, member: SwitchMember): Promise<void> {
    return this.#turn(shortOf(network.id), async () => {
      let found = this.#switches.get(network.id)
      if (!found) {
        const { binary, log } = this.#options
        const folder = this.#folder(network.id)
        found = new NetworkSwitch(network, { binary, folder, log, version: this.#version })
        this.#switches.set(network.id, found)
      }
      await found.put(member)
    })
  }

  /** Cuts a member off. With the last one the switch ends. */
  forget(networkId: string, memberId: string): Promise<void> {
    return this.#turn(shortOf(networkId), async () => {
      const found = this.#switches.get(networkId)
      await found?.forget(memberId)
      if (!found?.idle) return
      this.#switches.delete(networkId)
      await found.end()
      await rm(this.#folder(networkId), { recursive: true, force: true })
    })
  }

  /** By id of the member. */
  async counters(): Promise<Map<string, Counters>> {
    const all = await Promise.all(
      [...this.#switches.values()].map((each) => each.counters().catch(() => new Map())),
    )
    return new Map(all.flatMap((each) => [...each]))
  }

  /** Once all members are told: ends switches and forgets members that nobody needs any more. */
  async settle(): Promise<void> {
    for (const name of await readdir(this.#options.folder)) {
      await this.#turn(name, async () => {
        const needed = [...this.#switches.values()].find(({ network }) => shortOf(network.id) === name)
        if (needed) return needed.settle()
        const folder = join(this.#options.folder, name)
        const client = await SwitchClient.connect(controlOf(folder)).catch(() => undefined)
        await client?.end()
        await rm(folder, { recursive: true, force: true })
      })
    }
  }

  /** The engine goes; switches stay. */
  detach(): void {
    for (const each of this.#switches.values()) each.detach()
  }

  #folder(networkId: string): string {
    return join(this.#options.folder, shortOf(networkId))
  }

  /** `name`: short for the network's id. */
  #turn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work, work)
    this.#turns.set(
      name,
      turn.catch(() => {}),
    )
    return turn
  }
}

const shortOf = (networkId: string): string => networkId.slice(0, 12)
