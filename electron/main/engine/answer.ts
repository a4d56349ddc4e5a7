import type { IncomingMessage } from 'node:http'
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../../contract/errors.ts'
import type { AnswerHead } from '../../../contract/ipc.ts'

/** What a short answer may hold: the window keeps all of it in memory. */
const ANSWER_MAX = 32 * 1024 * 1024

export function headOf({ statusCode = 500, headers }: IncomingMessage): AnswerHead {
  const texts = Object.entries(headers).filter(
    (each): each is [string, string] => typeof each[1] === 'string',
  )
  return { status: statusCode, headers: Object.fromEntries(texts) }
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      size += part.length
      if (size > ANSWER_MAX) throw new EngineError('INTERNAL', 'the answer is too long to be shown')
      parts.push(part)
    }
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw new EngineError('INTERNAL', 'the engine went away while it answered; try again', { cause: error })
  }
  return Buffer.concat(parts).toString()
}

/** The error that an answer of 400 and above stands for. */
export function refusal(status: number, body: string): EngineError {
  let told: { message?: unknown; code?: unknown } = {}
  try {
    told = (JSON.parse(body) ?? {}) as typeof told
  } catch {
    // Not JSON: somebody else answers on the socket. The text is all there is.
  }
  const code = typeof told.code === 'string' && Object.hasOwn(ERROR_STATUS, told.code) ? told.code : undefined
  const message =
    typeof told.message === 'string'
      ? told.message
      : `the engine answered ${status}: ${body.trim().slice(0, 200) || 'nothing'}`
  return new EngineError((code as ErrorCode) ?? (status === 404 ? 'NOT_FOUND' : 'INTERNAL'), message)
}
