import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type { ExecCreateRequest, ExecInspect } from '../../contract/docker.ts'
import { parseDetachKeys } from '../../contract/streams/detach-keys.ts'
import { EngineError } from '../../contract/errors.ts'
import type { GuestProcess } from '../guest/agent-client.ts'
import type { Container } from './containers/container.ts'
import { exitCodeOf } from './containers/exit-code.ts'
import type { ContainerService } from './containers/containers.ts'
import { execConfig } from './containers/process.ts'
import { failpoint } from './failpoint.ts'
import { merged, type OutputPart } from './merged-output.ts'

interface Exec {
  id: string
  container: Container
  request: ExecCreateRequest
  process?: GuestProcess
  /** Set once it has ended. */
  exitCode: number | null
  running: boolean
}

interface Session {
  tty: boolean
  stdin: Writable
  detachKeys?: string
  output: AsyncIterable<OutputPart>
}

/** Ended execs that are remembered for `inspect`. */
const REMEMBERED = 256

/** Further processes in running containers. */
export class ExecService {
  readonly #containers: ContainerService
  readonly #execs = new Map<string, Exec>()

  constructor(containers: ContainerService) {
    this.#containers = containers
  }

  async create(containerId: string, request: ExecCreateRequest): Promise<{ Id: string }> {
    const container = this.#containers.find(containerId)
    container.agent()
    if (!request.Cmd?.length) throw new EngineError('INVALID_ARGUMENT', 'no exec command specified; give Cmd')
    if (request.DetachKeys) parseDetachKeys(request.DetachKeys)
    const id = randomBytes(32).toString('hex')
    this.#forgetOldest()
    this.#execs.set(id, { id, container, request, exitCode: null, running: false })
    container.emit(`exec_create: ${request.Cmd.join(' ')}`, { execID: id })
    return { Id: id }
  }

  /** Answers no session where it is detached. */
  async start(
    execId: string,
    options: { detach: boolean; tty: boolean; consoleSize?: [number, number]; signal: AbortSignal },
  ): Promise<Session | undefined> {
    const exec = this.#find(execId)
    if (exec.process)
      throw new EngineError('CONFLICT', `exec ${execId.slice(0, 12)} has already run; create another`)
    const { container, request } = exec
    const tty = request.Tty ?? false
    const starting = container.agent().exec(execConfig(container.record, request))
    const process = await starting.catch((error: unknown) => {
      exec.exitCode = exitCodeOf(error)
      throw error
    })
    failpoint('exec.started')
    exec.process = process
    exec.running = true
    container.emit(`exec_start: ${request.Cmd.join(' ')}`, { execID: execId })
    void process.exited.then(
      ({ code }) => this.#ended(exec, code),
      // The link to the guest broke: nobody will learn the code.
      () => this.#ended(exec, 137),
    )
    const size = options.consoleSize ?? request.ConsoleSize
    if (tty && size) process.resize(size[1], size[0])
    if (options.detach) {
      drain(process.stdout)
      drain(process.stderr)
      process.stdin.end()
      return undefined
    }
    const output = merged(process.stdout, process.stderr, options.signal)
    return {
      tty,
      stdin: process.stdin,
      detachKeys: request.DetachKeys,
      output: followedBy(output, process.exited, options.signal),
    }
  }

  async inspect(execId: string): Promise<ExecInspect> {
    const exec = this.#find(execId)
    const [entrypoint = '', ...args] = exec.request.Cmd
    const { request } = exec
    return {
      ID: exec.id,
      Running: exec.running,
      ExitCode: exec.exitCode,
      ProcessConfig: {
        tty: request.Tty ?? false,
        entrypoint,
        arguments: args,
        privileged: request.Privileged ?? false,
        user: request.User ?? '',
      },
      OpenStdin: request.AttachStdin ?? false,
      OpenStderr: request.AttachStderr ?? false,
      OpenStdout: request.AttachStdout ?? false,
      CanRemove: false,
      ContainerID: exec.container.id,
      DetachKeys: request.DetachKeys ?? '',
      Pid: 0,
    }
  }

  async resize(execId: string, size: { rows: number; cols: number }): Promise<void> {
    const exec = this.#find(execId)
    if (!exec.running) throw new EngineError('NOT_RUNNING', `exec ${execId.slice(0, 12)} is not running`)
    exec.process?.resize(size.cols, size.rows)
  }

  #ended(exec: Exec, code: number): void {
    exec.running = false
    exec.exitCode = code
    exec.container.emit('exec_die', { execID: exec.id, exitCode: String(code) })
  }

  #find(id: string): Exec {
    const exec = this.#execs.get(id)
    if (exec) return exec
    throw new EngineError('EXEC_NOT_FOUND', `no such exec: ${id}`)
  }

  #forgetOldest(): void {
    for (const exec of this.#execs.values()) {
      if (this.#execs.size < REMEMBERED) return
      if (!exec.running) this.#execs.delete(exec.id)
    }
  }
}

/** Clients ask for the exit code as soon as the output has ended: it must be known by then. */
async function* followedBy(
  output: AsyncIterable<OutputPart>,
  exited: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<OutputPart> {
  yield* output
  if (!signal.aborted) await exited.catch(() => {})
}

function drain(stream: Readable): void {
  stream.on('error', () => {})
  stream.resume()
}
