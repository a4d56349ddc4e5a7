import type { Socket } from 'node:net'
import { Transform, type Writable } from 'node:stream'
import { DetachFilter } from '../../../contract/streams/detach-keys.ts'
import { describe } from '../errors.ts'
import { finish } from './hijack.ts'
import { sendFailure, sendOutput } from './multiplex.ts'

export interface Session {
  tty: boolean
  output: AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>
  stdin?: Writable
  /** On a terminal: the client named them, and goes when they are typed. Most look for them themselves. */
  detachKeys?: string
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

/** Milliseconds between looks at whether a client is still there. */
const LOOK_EVERY = 1000
const NOTHING = Buffer.alloc(0)

/**
 * Carries a process's output to a hijacked socket and what the client sends to its standard input, until the output
 * ends. The end of the client's input closes only the process's standard input, and so does a client that goes away; not
 * on a terminal, where whoever comes back to a shell must find it alive (a client whose own terminal goes away says the
 * end of its input before it goes).
 */
export async function runSession(socket: Socket, session: Session, ends: SessionEnds): Promise<void> {
  const { tty } = session
  const signal = sessionSignal(ends)
  const gone = (): void => ends.gone.abort()
  socket.once('error', gone).once('close', gone)
  // Destroyed before it could be listened to.
  if (socket.destroyed) gone()
  const timer = setInterval(() => void isGone(socket), LOOK_EVERY).unref()
  socket.once('close', () => clearInterval(timer))
  forwardInput(socket, session, ends)
  try {
    for await (const part of session.output) await sendOutput(socket, part, { tty, signal })
  } catch (error) {
    if (!signal.aborted) sendFailure(socket, describe(error).message, { tty })
  }
  finish(socket)
}

function forwardInput(socket: Socket, session: Session, { gone, closing }: SessionEnds): void {
  const { stdin, tty, detachKeys } = session
  if (!stdin) {
    // Its end is to be seen: whether the client has gone is asked then.
    socket.once('end', () => void isGone(socket)).resume()
    return
  }
  const typed = tty && detachKeys ? socket.pipe(detaching(detachKeys, () => gone.abort())) : socket
  // The process may end, or close its input, while the client still writes: that is thrown away.
  const discard = (): void => {
    typed.unpipe(stdin)
    typed.resume()
  }
  stdin.on('error', discard).on('close', discard)
  // The engine goes, and its clients with it: the process is told nothing.
  const end = (): void => void (tty || closing.aborted || stdin.end())
  gone.signal.addEventListener('abort', end, { once: true })
  typed.pipe(stdin, { end: false })
  socket.once('end', () => {
    end()
    void isGone(socket)
  })
}

function detaching(keys: string, detach: () => void): Transform {
  const filter = new DetachFilter(keys)
  return new Transform({
    transform(input: Buffer, _encoding, done) {
      const passed = filter.pass(input)
      if (filter.detached) detach()
      done(null, passed)
    },
  })
}

/**
 * On a unix socket a client that has gone looks like one that has ended its side, until something is written: writing
 * nothing at all is enough. Where it fails, the socket also says so in its own `error`.
 */
async function isGone(socket: Socket): Promise<boolean> {
  if (socket.destroyed) return true
  // What still waits to be written will tell as well, but later than this may wait.
  if (socket.writableLength > 0 || socket.writableEnded) return false
  return new Promise((resolve) => socket.write(NOTHING, (error) => resolve(Boolean(error))))
}
