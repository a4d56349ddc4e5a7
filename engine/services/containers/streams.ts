import { PassThrough, type Writable } from 'node:stream'
import { EngineError } from '../../../contract/errors.ts'
import { readLog } from '../../guest/log-reader.ts'
import { failpoint } from '../failpoint.ts'
import type { Container } from './container.ts'
import type { ContainerService } from './containers.ts'

interface Chunk {
  stream: 'stdout' | 'stderr'
  /** Unix nanoseconds, taken in the guest. */
  timeNs: bigint
  data: Buffer
}

interface LogOptions {
  follow: boolean
  stdout: boolean
  stderr: boolean
  since?: bigint
  until?: bigint
  tail?: number
  signal: AbortSignal
}

interface AttachOptions {
  logs: boolean
  stream: boolean
  stdin: boolean
  stdout: boolean
  stderr: boolean
  signal: AbortSignal
}

/**
 * What containers print and are told. Output has one source, the log file that QEMU writes: who attaches reads it
 * from the place where it begins to matter, so that nothing is lost and nobody slow holds the container up.
 */
export class StreamService {
  readonly #containers: ContainerService

  constructor(containers: ContainerService) {
    this.#containers = containers
  }

  async logs(idOrName: string, options: LogOptions): Promise<{ tty: boolean; output: AsyncIterable<Chunk> }> {
    const container = this.#containers.find(idOrName)
    if (container.record.hostConfig.LogConfig?.Type === 'none') {
      throw new EngineError(
        'NOT_SUPPORTED',
        'configured logging driver does not support reading: the container was made with --log-driver none',
      )
    }
    const follow = options.follow && container.running
    failpoint('logs.opened')
    return {
      tty: container.record.config.Tty ?? false,
      output: readLog(container.paths.log, {
        ...options,
        follow,
        ended: follow ? endOf(container, options.signal) : undefined,
      }),
    }
  }

  async attach(
    idOrName: string,
    options: AttachOptions,
  ): Promise<{ tty: boolean; output: AsyncIterable<Chunk>; stdin?: Writable }> {
    const container = this.#containers.find(idOrName)
    const { record } = container
    if (container.paused)
      throw new EngineError('CONFLICT', `container ${record.name} is paused; unpause it before you attach`)
    const { stdout, stderr, signal } = options
    const run = container.running ? record.run : record.run + 1
    const whole = options.logs || !container.running
    const output =
      options.stream || options.logs
        ? readLog(container.paths.log, {
            follow: options.stream,
            ended: options.stream ? endOf(container, signal) : undefined,
            stdout,
            stderr,
            signal,
            hold: (position) => container.output.hold(position),
            ...(options.logs ? {} : { fromRun: run }),
            ...(whole ? {} : { tail: 0 }),
          })
        : nothing()
    const wantsStdin = options.stdin && record.config.OpenStdin
    return {
      tty: record.config.Tty ?? false,
      output,
      ...(wantsStdin ? { stdin: stdinOf(container) } : {}),
    }
  }
}

async function* nothing(): AsyncGenerator<Chunk> {}

/** Resolves when nothing more is printed, or whoever reads has gone: on a container that runs for long many come and go. */
async function endOf(container: Container, signal: AbortSignal): Promise<void> {
  await container.exits.next(signal).catch(() => {})
}

/**
 * A client attaches before it starts the container: what it writes waits for the start. So does its end, also where it
 * has gone by then, or the process would wait for ever for somebody to write.
 */
function stdinOf(container: Container): Writable {
  const input = new PassThrough()
  const join = (running: boolean): void => {
    if (running) input.pipe(container.agent().stdin()).on('error', () => input.destroy())
    else input.destroy()
  }
  // It may have ended, or been paused, in the meantime.
  void container
    .started()
    .then(join)
    .catch(() => input.destroy())
  return input
}
