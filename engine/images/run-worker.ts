import { fork } from 'node:child_process'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import type { WorkerJob, WorkerMessage } from './convert-worker.ts'

type Done = Exclude<WorkerMessage, { progress: unknown } | { error: unknown }>

export interface WorkerOptions {
  signal?: AbortSignal
  /** Stored bytes read of the layer with this index. */
  onProgress?(progress: { layer: number; bytes: number }): void
  /** The child's process id, for measurements. */
  onStart?(pid: number): void
}

/**
 * Runs a job in a process of its own. Rejects with the job's EngineError, with the file system's error and its `code`,
 * or with the signal's reason once the process is gone, so that its files may be removed.
 */
export function runWorker(job: WorkerJob, options: WorkerOptions = {}): Promise<Done> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const child = fork(join(import.meta.dirname, 'convert-worker.ts'), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let answer: Done | undefined
    let failure: Error | undefined
    let stderr = ''
    const kill = (): void => void child.kill('SIGKILL')
    signal?.addEventListener('abort', kill, { once: true })
    child.stderr!.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-4000)))
    child.on('message', (message: WorkerMessage) => {
      if ('progress' in message) return options.onProgress?.(message.progress)
      if ('error' in message) failure = errorOf(message.error)
      else answer = message
    })
    child.once('error', (error) => (failure ??= error))
    // 'close' comes once the process is gone and all that it said was read, also where it never began.
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', kill)
      if (answer) return resolve(answer)
      if (failure) return reject(failure)
      if (signal?.aborted) return reject(signal.reason as Error)
      const why = stderr.trim().split('\n').at(-1) ?? ''
      const how = killedBy ? `was killed by ${killedBy}` : `ended with code ${code}`
      reject(
        new EngineError('INTERNAL', `the conversion's process ${how} without a result; try again`, {
          cause: why,
        }),
      )
    })
    child.send(job, (error) => {
      if (error) failure ??= error
    })
    if (child.pid !== undefined) options.onStart?.(child.pid)
  })
}

function errorOf(error: Extract<WorkerMessage, { error: unknown }>['error']): Error {
  if (error.errno) return Object.assign(new Error(error.message), { code: error.errno })
  return new EngineError(error.code, error.message)
}
