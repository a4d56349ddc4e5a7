import { fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { WorkerJob, WorkerMessage } from './convert-worker.ts'

export type WorkerKind = 'process' | 'thread'

/** Electron's program runs no scripts of its own accord (a fuse is off), so its engine has a thread instead. */
export const WORKER_KIND: WorkerKind = process.versions['electron'] ? 'thread' : 'process'

interface Listeners {
  onMessage(message: WorkerMessage): void
  onFailure(error: Error): void
  /** Once it is gone and all that it said was told, also where it never began. `why` is its last word. */
  onGone(how: string, why: string): void
}

export interface RunningWorker {
  /** Of a process. */
  pid?: number
  kill(): void
}

/** Beside this file, from source as well as bundled. */
const FILE = join(import.meta.dirname, `convert-worker${extname(import.meta.filename)}`)

/** Starts the worker and gives it its job. */
export function startWorker(kind: WorkerKind, job: WorkerJob, listeners: Listeners): RunningWorker {
  return kind === 'process' ? startProcess(job, listeners) : startThread(job, listeners)
}

function startProcess(job: WorkerJob, { onMessage, onFailure, onGone }: Listeners): RunningWorker {
  const child = fork(FILE, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let stderr = ''
  child.stderr!.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-4000)))
  child.on('message', onMessage)
  child.once('error', onFailure)
  child.once('close', (code, killedBy) => {
    onGone(
      killedBy ? `was killed by ${killedBy}` : `ended with code ${code}`,
      stderr.trim().split('\n').at(-1) ?? '',
    )
  })
  child.send(job, (error) => {
    if (error) onFailure(error)
  })
  return { pid: child.pid, kill: () => void child.kill('SIGKILL') }
}

function startThread(job: WorkerJob, { onMessage, onFailure, onGone }: Listeners): RunningWorker {
  const thread = new Worker(FILE, { execArgv: [] })
  let why = ''
  thread.on('message', onMessage)
  thread.once('error', (error: Error) => {
    why = error.message
    onFailure(error)
  })
  thread.once('exit', (code) => onGone(`ended with code ${code}`, why))
  thread.postMessage(job)
  return { kill: () => void thread.terminate() }
}
