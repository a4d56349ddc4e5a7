import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FuzzRequest } from './requests.ts'

/** Milliseconds that a client waits for the rest of an answer that need not end. */
const PATIENCE = 150
/** And for one that has to. */
const ANSWER_MS = 60_000

/** A socket that stays open until its owner has had enough of it. */
export interface Sent {
  answer: string
  left?: Socket
}

/** Sends a request as its client would, and answers what came back. */
export async function send(path: string, { bytes, manner, answered }: FuzzRequest): Promise<Sent> {
  const socket = connect({ path, allowHalfOpen: true })
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    if (answer.length < 100_000) answer += text
  })
  // Whoever sends what is wrong is cut off; that is no failure.
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => {}).once('end', resolve).once('close', () => resolve()) // prettier-ignore
  })
  socket.write(bytes)
  if (manner === 'lingers') {
    await Promise.race([closed, delay(5)])
    return { answer, left: socket }
  }
  if (manner === 'ends') socket.end()
  if (manner === 'leaves') await Promise.race([closed, delay(bytes.length % 4)])
  else await before(closed, answered ? ANSWER_MS : PATIENCE)
  socket.destroy()
  return { answer }
}

async function before(done: Promise<void>, milliseconds: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([done, delay(milliseconds, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}
