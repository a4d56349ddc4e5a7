import type { Writable } from 'node:stream'
import { EngineError } from '../../contract/errors.ts'
import { FieldWriter, Key, numberOf, readFields } from '../../contract/guest-protocol/fields.ts'
import { CONNECTIONS, FIRST_CHANNEL, FrameType, type Frame } from '../../contract/guest-protocol/frame.ts'
import { connectWhenThere } from './connect.ts'
import { GuestConnections, type Connect } from './connections.ts'
import { GuestInput, GuestOutput, type Exit } from './guest-process.ts'
import { Link, type Hello } from './link.ts'
import {
  clockMessage,
  execMessage,
  identifyMessage,
  interfaceGoneMessage,
  interfaceMessage,
  limitMessage,
  mountMessage,
  namesMessage,
  prepareMessage,
  startMessage,
  toolMessage,
  wallClockNs,
  type ExecConfig,
  type GuestInterface,
  type GuestLimits,
  type GuestMount,
  type GuestNames,
  type GuestNat,
  type IdentifyOptions,
  type StartConfig,
} from './messages.ts'
import { SharedInput } from './shared-input.ts'

export type {
  ExecConfig,
  GuestInterface,
  GuestLimits,
  GuestMount,
  GuestNames,
  GuestNat,
  IdentifyOptions,
  StartConfig,
} from './messages.ts'
export type { Exit } from './guest-process.ts'

/** A further process in a container. */
export interface GuestProcess {
  stdin: GuestInput
  stdout: GuestOutput
  /** Empty where the process has a terminal. */
  stderr: GuestOutput
  /** Rejects when the link to the guest breaks. */
  exited: Promise<Exit>
  resize(cols: number, rows: number): void
  kill(signal: string): Promise<void>
}

interface Channel {
  stdin: GuestInput
  stdout: GuestOutput
  stderr: GuestOutput
  exit: PromiseWithResolvers<Exit>
}

/** Talks to the agent of one running VM. */
export class AgentClient {
  readonly hello: Hello
  readonly #link: Link
  readonly #channels = new Map<number, Channel>()
  readonly #connections: GuestConnections
  #nextChannel = FIRST_CHANNEL + 1
  /** Nothing can be started in a container that is held: who wants to waits. */
  #held: { promise: Promise<void>; end(): void } | undefined

  /**
   * Connects and greets, waiting for the socket and for the guest to boot. Rejects with GUEST_TIMEOUT, PROTOCOL_ERROR,
   * or the signal's reason.
   */
  static async connect(options: {
    path: string
    signal?: AbortSignal
    timeoutMs: number
  }): Promise<AgentClient> {
    const { path, signal, timeoutMs } = options
    const deadline = performance.now() + timeoutMs
    const link = new Link(await connectWhenThere(path, deadline, signal))
    const late = new EngineError('GUEST_TIMEOUT', `the guest did not answer within ${timeoutMs / 1000} s`)
    const failed = Promise.withResolvers<never>()
    const timer = setTimeout(() => failed.reject(late), deadline - performance.now())
    const abort = (): void => failed.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return new AgentClient(link, await Promise.race([link.greet(), failed.promise]))
    } catch (error) {
      link.close()
      throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  private constructor(link: Link, hello: Hello) {
    this.hello = hello
    this.#link = link
    this.#connections = new GuestConnections(link)
    this.#open(FIRST_CHANNEL)
    link.onFrame = (frame) => this.#take(frame)
    link.onClose = (error) => this.#lost(error)
  }

  /** Gives a clone its seed, clock, names and network. Must come before `start`. */
  identify(options: IdentifyOptions): Promise<void> {
    return this.#link.request(FrameType.identify, 0, identifyMessage(options))
  }

  /**
   * Resolves once the container's program runs. Rejects with COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE,
   * INVALID_ARGUMENT or GUEST_ERROR; the VM is then of no more use.
   */
  start(config: StartConfig): Promise<void> {
    return this.#link.request(FrameType.start, FIRST_CHANNEL, startMessage(config))
  }

  /** Does ahead of a freeze what every start would do alike: mounts the disk, sets up the NAT; all is written then. */
  prepare(network: GuestNat): Promise<void> {
    return this.#link.request(FrameType.prepare, 0, prepareMessage(network))
  }

  /** Has a clone let go of the disk that its template had mounted: from now on it may get another. */
  letGo(): Promise<void> {
    return this.#link.request(FrameType.letGo, 0, Buffer.alloc(0))
  }

  /** Goes once through such a start, and leaves nothing of it. */
  rehearse(config: StartConfig): Promise<void> {
    return this.#link.request(FrameType.rehearse, 0, startMessage(config))
  }

  /** Has the guest's clock say what the workstation's says: after its VM, or the workstation, stood still. */
  setClock(): Promise<void> {
    return this.#link.request(FrameType.clock, 0, clockMessage(wallClockNs()))
  }

  /** Sets other limits for a container that runs. Rejects with NOT_RUNNING. */
  limit(limits: GuestLimits): Promise<void> {
    return this.#link.request(FrameType.limit, 0, limitMessage(limits))
  }

  /** Sets an interface up, once it is plugged in; or anew. Before `start` or while the container runs. */
  setInterface(settings: GuestInterface): Promise<void> {
    return this.#link.request(FrameType.interface, 0, interfaceMessage(settings))
  }

  /** Takes the interface of that MAC down, where there is one. */
  dropInterface(mac: string): Promise<void> {
    return this.#link.request(FrameType.interfaceGone, 0, interfaceGoneMessage(mac))
  }

  /** Changes how a running container resolves names. */
  setNames(names: GuestNames): Promise<void> {
    return this.#link.request(FrameType.names, 0, namesMessage(names))
  }

  /** Has all processes of the container stand still, for a freeze. Rejects with CONFLICT or GUEST_ERROR, and they go on. */
  async hold(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#held = { promise: promise.then(() => {}), end: () => resolve(undefined) }
    try {
      await this.#link.request(FrameType.hold, 0, Buffer.alloc(0))
    } catch (error) {
      this.#goOn()
      throw error
    }
  }

  /** Lets them go on, at the time that it is now. */
  async release(): Promise<void> {
    try {
      // The guest takes it first; one whose clock cannot be set goes on all the same.
      this.setClock().catch(() => {})
      await this.#link.request(FrameType.release, 0, Buffer.alloc(0))
    } finally {
      this.#goOn()
    }
  }

  /** Lets a container that was frozen while it ran go on as one of its own. After `identify`, in place of `start`. */
  wake(config: StartConfig): Promise<void> {
    return this.#link.request(FrameType.wake, FIRST_CHANNEL, startMessage(config))
  }

  #goOn(): void {
    this.#held?.end()
    this.#held = undefined
  }

  /** Mounts the container's files in a VM that is to run nothing but tools. After `identify`. */
  mount(mounts: GuestMount[]): Promise<void> {
    return this.#link.request(FrameType.mount, 0, mountMessage(mounts))
  }

  /** Takes what the container connects to its sockets from now on; until then it waits. */
  accept(connect: Connect): void {
    this.#connections.accept(connect)
  }

  /** Writes the files out in such a VM; it then powers off. */
  finish(): Promise<void> {
    return this.#link.request(FrameType.finish, 0, Buffer.alloc(0))
  }

  /** Resolves once the program runs; rejects as `start` does. */
  exec(config: ExecConfig): Promise<GuestProcess> {
    return this.#begin(FrameType.exec, execMessage(config), config.tty)
  }

  /** Starts one of the agent's own tools, by name and arguments (docs/guest-protocol.md). */
  tool(argv: string[]): Promise<GuestProcess> {
    return this.#begin(FrameType.tool, toolMessage(argv), false)
  }

  async #begin(type: number, message: Buffer, tty: boolean): Promise<GuestProcess> {
    await this.#held?.promise
    const channel = this.#nextChannel++
    const { stdin, stdout, stderr, exit } = this.#open(channel)
    if (tty) stderr.push(null)
    try {
      await this.#link.request(type, channel, message)
    } catch (error) {
      this.#channels.delete(channel)
      throw error
    }
    return {
      stdin,
      stdout,
      stderr,
      exited: exit.promise,
      resize: (cols, rows) => this.#resize(channel, cols, rows),
      kill: (signal) => this.#signal(channel, signal),
    }
  }

  /** The container's standard input, for one client; its end is the process's where it was started so. */
  stdin(): Writable {
    const { stdin } = this.#channels.get(FIRST_CHANNEL)!
    return new SharedInput(stdin, () => this.#link.send(FrameType.stdinEnd, FIRST_CHANNEL, Buffer.alloc(0)))
  }

  resize(cols: number, rows: number): void {
    this.#resize(FIRST_CHANNEL, cols, rows)
  }

  /** Sends a signal, by name or number, to the container's process. Rejects with INVALID_ARGUMENT or NOT_RUNNING. */
  signal(name: string): Promise<void> {
    return this.#signal(FIRST_CHANNEL, name)
  }

  /** Resolves when the container has ended and its disk and log are written; rejects when the link breaks before. */
  get waitExit(): Promise<Exit> {
    return this.#channels.get(FIRST_CHANNEL)!.exit.promise
  }

  close(): void {
    this.#link.close()
  }

  #open(id: number): Channel {
    const channel: Channel = {
      stdin: new GuestInput(this.#link, id),
      stdout: new GuestOutput(this.#link, id, 1),
      stderr: new GuestOutput(this.#link, id, 2),
      exit: Promise.withResolvers<Exit>(),
    }
    channel.exit.promise.catch(() => {})
    this.#channels.set(id, channel)
    return channel
  }

  #resize(channel: number, cols: number, rows: number): void {
    const payload = new FieldWriter().u32(Key.resize.columns, cols).u32(Key.resize.rows, rows).finish()
    this.#link.send(FrameType.resize, channel, payload)
  }

  #signal(channel: number, name: string): Promise<void> {
    const payload = new FieldWriter().text(Key.signal.name, name).finish()
    return this.#link.request(FrameType.signal, channel, payload)
  }

  #take(frame: Frame): void {
    if (frame.channel >= CONNECTIONS) return this.#connections.take(frame)
    const { type, channel: id, payload } = frame
    const channel = this.#channels.get(id)
    // The last words of a process that nobody asks about any more.
    if (!channel) return
    if (type === FrameType.stdout) channel.stdout.receive(payload)
    else if (type === FrameType.stderr) channel.stderr.receive(payload)
    else if (type === FrameType.window)
      channel.stdin.grant(numberOf(readFields(payload).get(Key.window.bytes)))
    else if (type === FrameType.streamEnd) this.#streamEnded(channel, payload)
    else if (type === FrameType.exit) this.#exited(id, channel, payload)
    else throw new RangeError(`an unknown frame of type ${type}`)
  }

  #streamEnded({ stdout, stderr }: Channel, payload: Buffer): void {
    const stream = numberOf(readFields(payload).get(Key.window.stream)) === 1 ? stdout : stderr
    if (!stream.readableEnded) stream.push(null)
  }

  #exited(id: number, channel: Channel, payload: Buffer): void {
    const fields = readFields(payload)
    if (id !== FIRST_CHANNEL) this.#channels.delete(id)
    channel.stdin.destroy()
    channel.exit.resolve({
      code: numberOf(fields.get(Key.exit.code)) & 0xff,
      oomKilled: numberOf(fields.get(Key.exit.oomKilled)) === 1,
    })
  }

  #lost(error: Error): void {
    this.#goOn()
    for (const { stdin, stdout, stderr, exit } of this.#channels.values()) {
      for (const stream of [stdin, stdout, stderr]) stream.destroy()
      exit.reject(error)
    }
    this.#channels.clear()
    this.#connections.lost()
  }
}
