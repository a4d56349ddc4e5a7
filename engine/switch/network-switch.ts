import { setTimeout as delay } from 'node:timers/promises'
import { SwitchClient, type Counters, type SwitchMember } from './client.ts'
import { controlOf, startSwitch, type SwitchNetwork } from './process.ts'

export interface NetworkSwitchOptions {
  binary: string
  /** Of the binary: a switch of another one is replaced. */
  version: string
  /** Of this network's sockets. */
  folder: string
  log(message: string): void
}

const RETRY_MS = 500

/** The switch of one network: found or started when it is first needed, and again where it dies. */
export class NetworkSwitch {
  readonly network: SwitchNetwork
  readonly #options: NetworkSwitchOptions
  readonly #members = new Map<string, SwitchMember>()
  #client: Promise<SwitchClient> | undefined
  #ended = false

  constructor(network: SwitchNetwork, options: NetworkSwitchOptions) {
    this.network = network
    this.#options = options
  }

  get idle(): boolean {
    return this.#members.size === 0
  }

  async put(member: SwitchMember): Promise<void> {
    this.#members.set(member.id, member)
    try {
      await (await this.#connected()).put(member)
    } catch (error) {
      this.#members.delete(member.id)
      throw error
    }
  }

  async forget(id: string): Promise<void> {
    this.#members.delete(id)
    // With the last one it ends: nothing is left to forget.
    if (!this.idle) await (await this.#connected()).forget(id)
  }

  async counters(): Promise<Map<string, Counters>> {
    return this.idle ? new Map() : (await this.#connected()).members()
  }

  /** Has it forget whom this engine does not know. */
  async settle(): Promise<void> {
    const client = await this.#connected()
    for (const id of (await client.members()).keys()) if (!this.#members.has(id)) await client.forget(id)
  }

  async end(): Promise<void> {
    this.#ended = true
    await (await this.#client?.catch(() => undefined))?.end()
  }

  /** The engine goes; the switch stays. */
  detach(): void {
    this.#ended = true
    void this.#client?.then((client) => client.close()).catch(() => {})
  }

  #connected(): Promise<SwitchClient> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined
      throw error
    })
    return this.#client
  }

  async #connect(): Promise<SwitchClient> {
    const { binary, folder } = this.#options
    const client = (await this.#find()) ?? (await startSwitch(binary, folder, this.network))
    for (const member of this.#members.values()) await client.put(member)
    void client.closed.then(() => this.#lost())
    return client
  }

  /** The one that an engine before this one left, where it is of this engine's kind. */
  async #find(): Promise<SwitchClient | undefined> {
    const client = await SwitchClient.connect(controlOf(this.#options.folder)).catch(() => undefined)
    if (!client) return undefined
    const version = await client.version().catch(() => '')
    if (version === this.#options.version) return client
    this.#options.log(`the switch of the network ${this.network.name} is of another version; it is replaced`)
    await client.end()
    return undefined
  }

  /** While it has members they wait for another one. */
  async #lost(): Promise<void> {
    this.#client = undefined
    while (!this.#ended && !this.idle && !this.#client) {
      this.#options.log(`the switch of the network ${this.network.name} has gone; it is started again`)
      await this.#connected().catch((error: Error) => this.#options.log(error.message))
      await delay(RETRY_MS, undefined, { ref: false })
    }
  }
}
