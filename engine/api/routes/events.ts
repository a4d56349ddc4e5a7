import type { FastifyReply, RouteOptions } from 'fastify'
import type { Backend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'
import { eventFilter, sendEvents } from '../streams/events.ts'
import { parseTime } from '../time.ts'

const LONGEST_TIMER = 2 ** 31 - 1

/** Live events. None are kept: `since` is read, and brings nothing back. */
export function eventRoutes(
  events: Backend['events'],
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    {
      method: 'GET',
      url: '/events',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const passes = eventFilter(query.filters())
        const [since, until] = [query.text('since'), query.text('until')]
        if (since) parseTime(since)
        const ends = [clientSignal(reply, closing), ...(until ? [timeSignal(parseTime(until))] : [])]
        begin(reply)
        await sendEvents(reply.raw, events, { passes, signal: AbortSignal.any(ends) })
      },
    },
  ]
}

function begin(reply: FastifyReply): void {
  reply.hijack()
  reply.raw.writeHead(200, { 'Content-Type': 'application/json' })
  reply.raw.flushHeaders()
}

/** Aborts at a point of time, given in unix nanoseconds. */
function timeSignal(ns: bigint): AbortSignal {
  const wait = Number(ns / 1_000_000n) - Date.now()
  return wait <= 0 ? AbortSignal.abort() : AbortSignal.timeout(Math.min(wait, LONGEST_TIMER))
}
