import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { describe } from '../errors.ts'
import { finish } from './hijack.ts'
import { sendFailure, sendOutput } from './multiplex.ts'

export interface Session {
  tty: boolean
  output: AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>
  stdin?: Writable
}

/** What ends a session early: `gone` is aborted here when the client goes away, `closing` by the engine. */
export interface SessionEnds {
  gone: AbortController
  closing: AbortSignal
}

/** The signal that a session's work gets. */
export function sessionSignal({ gone, closing }: SessionEnds): AbortSignal {
  return AbortSignal.any([gone.signal, closing])
}

/**
 * Carries a process's output to a hijacked socket and what the client sends to its standard input, until the output
 * ends. The end of the client's input closes only the process's standard input.
 */
export async function runSession(socket: Socket, session: Session, ends: SessionEnds): Promise<void> {
  const { tty } = session
  const signal = sessionSignal(ends)
  const gone = (): void => ends.gone.abort()
  socket.once('error', gone).once('close', gone)
  // Destroyed before it could be listened to.
  if (socket.destroyed) gone()
  forwardInput(socket, session.stdin, signal)
  try {
    for await (const part of session.output) await sendOutput(socket, part, { tty, signal })
  } catch (error) {
    if (!signal.aborted) sendFailure(socket, describe(error).message, { tty })
  }
  finish(socket)
}

function forwardInput(socket: Socket, stdin: Writable | undefined, signal: AbortSignal): void {
  if (!stdin) {
    socket.resume()
    return
  }
  // The process may end, or close its input, while the client still writes: that is thrown away.
  const discard = (): void => {
    socket.unpipe(stdin)
    socket.resume()
  }
  stdin.on('error', discard).on('close', discard)
  signal.addEventListener('abort', () => stdin.destroy(), { once: true })
  socket.pipe(stdin)
}
