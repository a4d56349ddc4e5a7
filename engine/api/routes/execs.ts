import type { FastifyRequest, RouteOptions } from 'fastify'
import type { ExecCreateRequest } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ExecBackend } from '../backend.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { hijack } from '../streams/hijack.ts'
import { runSession, sessionSignal, type Session, type SessionEnds } from '../streams/session.ts'

interface StartRequest {
  Detach?: boolean
  Tty?: boolean
  ConsoleSize?: [number, number] | null
}

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

export function execRoutes(execs: ExecBackend, { closing }: { closing: AbortSignal }): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/containers/:id/exec',
      schema: { body: schemas.execCreate },
      handler: async (request, reply) => {
        reply.code(201)
        return execs.create(id(request), request.body as ExecCreateRequest)
      },
    },
    {
      method: 'POST',
      url: '/exec/:id/start',
      schema: { body: schemas.execStart },
      handler: async (request, reply) => {
        const ends = { gone: new AbortController(), closing }
        const session = await start(execs, request, ends)
        if (!session) return reply.code(200).send()
        await runSession(hijack(request, reply, session), session, ends)
      },
    },
    {
      method: 'GET',
      url: '/exec/:id/json',
      handler: async (request) => execs.inspect(id(request)),
    },
    {
      method: 'POST',
      url: '/exec/:id/resize',
      handler: async (request, reply) => {
        await execs.resize(id(request), new Query(request.query).size())
        return reply.code(200).send()
      },
    },
  ]
}

async function start(
  execs: ExecBackend,
  request: FastifyRequest,
  ends: SessionEnds,
): Promise<Session | undefined> {
  const { Detach = false, Tty = false, ConsoleSize } = (request.body as StartRequest | null) ?? {}
  try {
    return await execs.start(id(request), {
      detach: Detach,
      tty: Tty,
      consoleSize: ConsoleSize ?? undefined,
      signal: sessionSignal(ends),
    })
  } catch (error) {
    const failed = Detach ? undefined : await failedCommand(execs, id(request), error)
    if (failed) return failed
    throw error
  }
}

/**
 * A command that could not be executed is an outcome, not a bad request: clients read why from the output, and then
 * ask for the exit code, 126 or 127. Only where the exec has one.
 */
async function failedCommand(
  execs: ExecBackend,
  execId: string,
  error: unknown,
): Promise<Session | undefined> {
  if (!(error instanceof EngineError) || !error.code.startsWith('COMMAND_NOT_')) return undefined
  const exec = await execs.inspect(execId)
  if (exec.ExitCode === null) return undefined
  const data = Buffer.from(`${error.message}\r\n`)
  async function* output() {
    yield { stream: 'stdout' as const, data }
  }
  return { tty: exec.ProcessConfig.tty, output: output() }
}
