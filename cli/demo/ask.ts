import { get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** A forwarded port accepts before the guest listens: an attempt that is lost there must not be waited for long. */
const ATTEMPT_MS = 2_000
const PAUSE_MS = 10

/** Asks a web server again and again until it answers; its text, or undefined where it did not within `withinMs`. */
export async function ask(port: number, withinMs: number, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    const text = await attempt(port)
    if (text !== undefined) return text
    await delay(PAUSE_MS)
  }
  return undefined
}

function attempt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, agent: false, signal: AbortSignal.timeout(ATTEMPT_MS) }
    const call = get(options, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.once('end', () => resolve(answer.statusCode === 200 ? text : undefined))
      answer.once('error', () => resolve(undefined))
    })
    call.once('error', () => resolve(undefined))
  })
}
