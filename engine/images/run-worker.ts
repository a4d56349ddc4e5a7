import { EngineError } from '../../contract/errors.ts'
import type { WorkerJob, WorkerMessage } from './convert-worker.ts'
import { startWorker, WORKER_KIND, type WorkerKind } from './worker-host.ts'

type Done = Exclude<WorkerMessage, { progress: unknown } | { error: unknown }>

export interface WorkerOptions {
  signal?: AbortSignal
  /** Stored bytes read of the layer with this index. */
  onProgress?(progress: { layer: number; bytes: number }): void
  /** The child's process id, for measurements. */
  onStart?(pid: number): void
  kind?: WorkerKind
}

/**
 * Runs a job beside the engine's own thread. Rejects with the job's EngineError, with the file system's error and its
 * `code`, or with the signal's reason once the worker is gone, so that its files may be removed.
 */
export function runWorker(job: WorkerJob, options: WorkerOptions = {}): Promise<Done> {
  const { signal, kind = WORKER_KIND } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    let answer: Done | undefined
    let failure: Error | undefined
    const worker = startWorker(kind, job, {
      onMessage(message) {
        if ('progress' in message) return options.onProgress?.(message.progress)
        if ('error' in message) failure = errorOf(message.error)
        else answer = message
      },
      onFailure: (error) => (failure ??= error),
      onGone(how, cause) {
        signal?.removeEventListener('abort', worker.kill)
        if (answer) return resolve(answer)
        if (failure) return reject(failure)
        if (signal?.aborted) return reject(signal.reason as Error)
        const message = `the conversion's ${kind} ${how} without a result; try again`
        reject(new EngineError('INTERNAL', message, { cause }))
      },
    })
    signal?.addEventListener('abort', worker.kill, { once: true })
    if (worker.pid !== undefined) options.onStart?.(worker.pid)
  })
}

function errorOf(error: Extract<WorkerMessage, { error: unknown }>['error']): Error {
  if (error.errno) return Object.assign(new Error(error.message), { code: error.errno })
  return new EngineError(error.code, error.message)
}
