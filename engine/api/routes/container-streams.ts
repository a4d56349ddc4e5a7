import type { FastifyRequest, RouteOptions } from 'fastify'
import { parseDetachKeys } from '../../../contract/streams/detach-keys.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'
import { hijack } from '../streams/hijack.ts'
import { sendLogs } from '../streams/logs.ts'
import { outputType } from '../streams/multiplex.ts'
import { runSession, sessionSignal } from '../streams/session.ts'
import { parseTime } from '../time.ts'

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

export function containerStreamRoutes(
  containers: ContainerBackend,
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    {
      method: 'GET',
      url: '/containers/:id/logs',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const signal = clientSignal(reply, closing)
        const { tty, output } = await containers.logs(id(request), { ...logOptions(query), signal })
        reply.hijack()
        reply.raw.writeHead(200, { 'Content-Type': outputType(request, tty) })
        reply.raw.flushHeaders()
        await sendLogs(reply.raw, output, { tty, timestamps: query.flag('timestamps'), signal })
      },
    },
    {
      method: 'POST',
      url: '/containers/:id/attach',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const ends = { gone: new AbortController(), closing }
        const detachKeys = query.text('detachKeys')
        if (detachKeys) parseDetachKeys(detachKeys)
        const session = await containers.attach(id(request), {
          logs: query.flag('logs'),
          stream: query.flag('stream'),
          stdin: query.flag('stdin'),
          stdout: query.flag('stdout'),
          stderr: query.flag('stderr'),
          signal: sessionSignal(ends),
        })
        await runSession(hijack(request, reply, session), { ...session, detachKeys }, ends)
      },
    },
  ]
}

function logOptions(query: Query) {
  const [stdout, stderr] = [query.flag('stdout'), query.flag('stderr')]
  if (!stdout && !stderr) {
    throw new EngineError('INVALID_ARGUMENT', 'Bad parameters: you must choose at least one stream')
  }
  const [since, until] = [query.text('since'), query.text('until')]
  const tail = query.text('tail') ?? 'all'
  return {
    follow: query.flag('follow'),
    stdout,
    stderr,
    // Clients that mean "always" write 0.
    since: since && since !== '0' ? parseTime(since) : undefined,
    until: until && until !== '0' ? parseTime(until) : undefined,
    tail: /^\d{1,9}$/.test(tail) ? Number(tail) : undefined,
  }
}
