import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The command was told to end before it was done. */
export class Interruption extends Error {
  /** Exit status that says so. */
  readonly status: number

  constructor(signal: NodeJS.Signals, message = 'interrupted') {
    super(message)
    this.status = 128 + constants.signals[signal]
  }
}

const stop = new AbortController()
const undoing = new Set<() => Promise<unknown>>()
let owners = 0

/** Aborts when the command is told to end, with an `Interruption`. */
export const interruption: AbortSignal = stop.signal

/** As if the command had got the signal. Who does not want to wait for what is undone says so again. */
export function interrupt(signal: NodeJS.Signals): void {
  const reason = new Interruption(signal)
  if (stop.signal.aborted) process.exit(reason.status)
  stop.abort(reason)
}

/** Has `work` done before an interrupted command ends: what it began would stay. Answers what forgets that. */
export function onInterrupt(work: () => Promise<unknown>): () => void {
  undoing.add(work)
  return () => void undoing.delete(work)
}

/** From here on signals are the caller's own matter, until the function that it answers is called. */
export function ownSignals(): () => void {
  owners++
  return () => void owners--
}

/** Waits for `work`; rejects with an `Interruption` once a signal came and what was to be undone is. */
export async function untilInterrupted(work: Promise<unknown>): Promise<void> {
  for (const signal of SIGNALS) process.on(signal, () => owners === 0 && interrupt(signal))
  const interrupted = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Interruption))
  })
  try {
    await Promise.race([work, interrupted])
  } finally {
    if (stop.signal.aborted) await Promise.allSettled([...undoing].map((undo) => undo()))
  }
}
