import type { RouteOptions } from 'fastify'
import type { EventMessage } from '../../../contract/docker.ts'
import type { RametEvent } from '../../../contract/ramet.ts'
import type { Backend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { negotiate } from '../negotiate.ts'
import { Query } from '../query.ts'
import { eventFilter } from '../streams/event-filter.ts'
import { sendEvents } from '../streams/events.ts'
import { parseTime } from '../time.ts'

const LONGEST_TIMER = 2 ** 31 - 1
const NS_PER_MS = 1_000_000n

const line = (event: RametEvent): string => `${JSON.stringify(event)}\n`
/** RFC 7464 puts a record separator before each. */
const record = (event: EventMessage): string => `\x1e${line(event)}`
const ENCODERS = {
  'application/json': line,
  'application/jsonl': line,
  'application/x-ndjson': line,
  'application/json-seq': record,
}
const TYPES = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]

/** Events as they happen; with `since` or `until` what is remembered of the past first. */
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
        const [since, until] = [time(query, 'since'), time(query, 'until')]
        const type = negotiate(request.headers.accept, TYPES)
        const ends = [clientSignal(reply, closing), ...(until === undefined ? [] : [timeSignal(until)])]
        reply.hijack()
        reply.raw.writeHead(200, { 'Content-Type': type })
        reply.raw.flushHeaders()
        await sendEvents(reply.raw, events, {
          remembered: since === undefined && until === undefined ? undefined : between(since, until),
          passes,
          encode: ENCODERS[type],
          signal: AbortSignal.any(ends),
        })
      },
    },
    {
      method: 'GET',
      url: '/ramet/v1/events',
      handler: async (_request, reply) => {
        const signal = clientSignal(reply, closing)
        reply.hijack()
        reply.raw.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
        reply.raw.flushHeaders()
        const source = { past: () => [], subscribe: events.subscribeToAll.bind(events) }
        await sendEvents<RametEvent>(reply.raw, source, { passes: () => true, encode: line, signal })
      },
    },
  ]
}

/** Unix nanoseconds; clients that mean no time write 0. */
function time(query: Query, name: string): bigint | undefined {
  const text = query.text(name)
  return text === undefined || text === '0' ? undefined : parseTime(text)
}

function between(since = 0n, until?: bigint): (event: EventMessage) => boolean {
  return ({ timeNano }) => {
    const at = BigInt(timeNano)
    return at >= since && (until === undefined || at <= until)
  }
}

/** Aborts at a point of time, given in unix nanoseconds. */
function timeSignal(ns: bigint): AbortSignal {
  const wait = Number(ns / NS_PER_MS) - Date.now()
  return wait <= 0 ? AbortSignal.abort() : AbortSignal.timeout(Math.min(wait, LONGEST_TIMER))
}
