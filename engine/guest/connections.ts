import { FieldWriter, Key, numberOf, readFields } from '../../contract/guest-protocol/fields.ts'
import { FrameType, type Frame } from '../../contract/guest-protocol/frame.ts'
import { GuestInput, GuestOutput } from './guest-process.ts'
import type { Link } from './link.ts'

/** More than the guest keeps at a time. */
const CONNECTIONS_MAX = 256

/** What somebody in the container connected to one of its sockets; each direction ends by itself. */
export interface GuestConnection {
  /** To the container. */
  input: GuestInput
  /** From the container. */
  output: GuestOutput
  /** Closes both directions at once. */
  hangUp(): void
}

/** Is told of a connection to the socket of that number; the number is the guest's claim. */
export type Connect = (socket: number, connection: GuestConnection) => void

/** The connections that a guest makes to sockets of the host. */
export class GuestConnections {
  readonly #link: Link
  readonly #open = new Map<number, GuestConnection>()
  #connect: Connect | undefined

  constructor(link: Link) {
    this.#link = link
  }

  accept(connect: Connect): void {
    this.#connect = connect
    this.#link.send(FrameType.accept, 0, Buffer.alloc(0))
  }

  /** Throws RangeError where the guest breaks the protocol. */
  take({ type, channel, payload }: Frame): void {
    if (type === FrameType.connection) return this.#begin(channel, payload)
    const connection = this.#open.get(channel)
    // The last words of one that was hung up.
    if (!connection) return
    const { input, output } = connection
    if (type === FrameType.stdout) output.receive(payload)
    else if (type === FrameType.window) input.grant(numberOf(readFields(payload).get(Key.window.bytes)))
    else if (type === FrameType.streamEnd) end(output)
    else if (type === FrameType.hungUp) this.#end(channel, connection)
    else throw new RangeError(`an unknown frame of type ${type} for a connection`)
  }

  /** The link broke, and every connection with it. */
  lost(): void {
    for (const { input, output } of this.#open.values()) {
      input.destroy()
      output.destroy()
    }
    this.#open.clear()
  }

  #begin(channel: number, payload: Buffer): void {
    if (!this.#connect || this.#open.has(channel) || this.#open.size >= CONNECTIONS_MAX) {
      throw new RangeError('a connection that cannot be')
    }
    const connection: GuestConnection = {
      input: new GuestInput(this.#link, channel),
      output: new GuestOutput(this.#link, channel, 1),
      hangUp: () => {
        if (!this.#open.delete(channel)) return
        this.#link.send(FrameType.hangUp, channel, new FieldWriter().finish())
        connection.input.destroy()
        connection.output.destroy()
      },
    }
    this.#open.set(channel, connection)
    this.#connect(numberOf(readFields(payload).get(Key.connection.socket)), connection)
  }

  #end(channel: number, { input, output }: GuestConnection): void {
    this.#open.delete(channel)
    end(output)
    input.destroy()
  }
}

function end(output: GuestOutput): void {
  if (!output.readableEnded && !output.destroyed) output.push(null)
}
