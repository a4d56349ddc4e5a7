import type { FastifyReply } from 'fastify'
import { isOurs, logText } from '../errors.ts'

interface Work<Message> {
  /** Does the work and says how it goes; what it answers is the last line. */
  run(send: (message: Message) => void): Promise<Message | undefined>
  /** The last line when the work failed after the first line was sent. */
  failure(error: unknown): Message
  log(message: string): void
}

/**
 * Answers with the progress of long work, one JSON line each. The 200 goes with the first line: work that fails before
 * that rejects, for an ordinary error answer.
 */
export async function streamProgress<Message extends object>(
  reply: FastifyReply,
  work: Work<Message>,
): Promise<void> {
  const { raw } = reply
  let begun = false
  const begin = (): void => {
    begun = true
    reply.hijack()
    raw.writeHead(200, { 'Content-Type': 'application/json' })
  }
  const send = (message: Message): void => {
    if (raw.destroyed || raw.writableEnded) return
    if (!begun) begin()
    // For a client that does not keep up, figures that the next ones replace are left out.
    if (raw.writableNeedDrain && 'progressDetail' in message) return
    raw.write(`${JSON.stringify(message)}\r\n`)
  }
  try {
    const last = await work.run(send)
    if (last) send(last)
    if (!begun) begin()
  } catch (error) {
    if (!begun) throw error
    if (isOurs(error)) work.log(logText(error))
    send(work.failure(error))
  }
  raw.end()
}
