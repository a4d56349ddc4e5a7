import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { EngineError } from '../../contract/errors.ts'
import type { Monitor } from './qmp.ts'

interface Message {
  QMP?: object
  event?: string
  data?: unknown
}

/** QEMU is there within a fraction of a second; libvirt itself waits half a minute for it. */
const GREETING_MS = 60_000

/**
 * A monitor of our own beside libvirt's. While libvirt starts a VM it asks QEMU some hundred things, one after the
 * other, and lets nobody else in; what a start needs goes through here meanwhile. QEMU connects to it as it starts, so
 * it is there only for the engine that started the VM: later ones use libvirt's.
 */
export class OwnMonitor implements Monitor {
  readonly #socket: Socket
  readonly #pending: PromiseWithResolvers<string>[] = []
  readonly #listeners = new Set<(event: string, data: unknown) => void>()
  readonly #greeted = Promise.withResolvers<undefined>()
  #rest = ''
  #closed = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => this.#receive(text))
    socket.on('error', () => {})
    socket.once('close', () => this.#end())
    this.#greeted.promise.catch(() => {})
  }

  get open(): boolean {
    return !this.#closed
  }

  async greet(): Promise<void> {
    await this.#greeted.promise
    await this.#send({ execute: 'qmp_capabilities' })
  }

  /** As libvirt's call of that name: answers QEMU's own JSON, or what the human monitor prints. */
  async monitorCommand(command: string, options: { hmp?: boolean } = {}): Promise<string> {
    if (!options.hmp) return this.#send(command)
    const answer = await this.#send({ execute: 'human-monitor-command', arguments: { 'command-line': command } }) // prettier-ignore
    return String((JSON.parse(answer) as { return?: unknown }).return ?? '')
  }

  onEvent(listener: (event: string, data: unknown) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(command: string | object): Promise<string> {
    if (this.#closed) return Promise.reject(gone())
    const answer = Promise.withResolvers<string>()
    this.#pending.push(answer)
    this.#socket.write(`${typeof command === 'string' ? command : JSON.stringify(command)}\n`)
    return answer.promise
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines.filter((each) => each.trim())) this.#take(line)
  }

  #take(line: string): void {
    const { QMP, event, data } = JSON.parse(line) as Message
    if (QMP) this.#greeted.resolve(undefined)
    else if (event === undefined) this.#pending.shift()?.resolve(line)
    else for (const listener of this.#listeners) listener(event, data)
  }

  #end(): void {
    this.#closed = true
    this.#greeted.reject(gone())
    for (const { reject } of this.#pending.splice(0)) reject(gone())
  }
}

function gone(): EngineError {
  return new EngineError('QEMU_ERROR', 'the VM ended')
}

/** Waits at `path` for the one QEMU that is about to start. */
export async function awaitMonitor(path: string): Promise<{ monitor: Promise<OwnMonitor>; close(): void }> {
  await rm(path, { force: true })
  const server = createServer()
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await listen(server, path)
  const close = (): void => void server.close()
  const monitor = connected.then(async (socket) => {
    close()
    const own = new OwnMonitor(socket)
    const timer = setTimeout(() => own.close(), GREETING_MS)
    try {
      await own.greet()
      return own
    } finally {
      clearTimeout(timer)
    }
  })
  monitor.catch(() => {})
  return { monitor, close }
}

/** The socket's name goes with its server. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}
