import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PassThrough } from 'node:stream'
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../contract/errors.ts'
import type { AgentClient, GuestProcess } from './agent-client.ts'

/** What a list of names may take; the guest is not trusted. */
const OUTPUT_MAX = 64 * 1024 * 1024
const REASON_MAX = 1000

/** Runs a tool of the guest's agent to its end; answers what it printed. Rejects with the tool's error. */
export async function toolOutput(agent: AgentClient, argv: string[], input?: Readable): Promise<Buffer> {
  const process = await agent.tool(argv)
  const failure = failureOf(process)
  const parts: Buffer[] = []
  let length = 0
  process.stdout.on('data', (data: Buffer) => {
    length += data.length
    if (length <= OUTPUT_MAX) parts.push(data)
  })
  // A tool that has failed reads no more: its own words tell why, not the broken pipe.
  if (input) await pipeline(input, process.stdin).catch(() => {})
  else process.stdin.end()
  const error = await failure
  if (error) throw error
  // The sender broke off, so that what arrived was taken for the whole.
  if (input?.errored) throw new EngineError('CANCELLED', 'the archive broke off', { cause: input.errored })
  if (length > OUTPUT_MAX) throw new EngineError('GUEST_ERROR', 'the guest answered more than can be held')
  return Buffer.concat(parts)
}

/** Starts a tool and answers what it prints as it prints it; the stream fails where the tool does. */
export async function toolStream(agent: AgentClient, argv: string[]): Promise<Readable> {
  const process = await agent.tool(argv)
  const failure = failureOf(process)
  process.stdin.end()
  const output = new PassThrough()
  process.stdout.pipe(output, { end: false })
  void failure.then((error) => (error ? output.destroy(error) : output.end()))
  output.once('close', () => {
    if (!output.writableFinished) process.kill('SIGKILL').catch(() => {})
    // Nobody reads on, and the tool must not stand still for it.
    process.stdout.resume()
  })
  return output
}

/** How it ended: undefined where all went well. */
async function failureOf({ stderr, exited, stdout }: GuestProcess): Promise<EngineError | undefined> {
  let said = ''
  stderr.on('data', (data: Buffer) => {
    if (said.length < REASON_MAX) said += data.toString()
  })
  try {
    const { code } = await exited
    if (!stdout.readableEnded && !stdout.destroyed)
      await new Promise((resolve) => stdout.once('close', resolve))
    if (code === 0) return undefined
  } catch (error) {
    return error instanceof EngineError ? error : new EngineError('GUEST_ERROR', (error as Error).message)
  }
  const [, code = '', message = ''] = /^([A-Z_]+) ([^\n]*)/.exec(said) ?? []
  const known = Object.hasOwn(ERROR_STATUS, code) ? (code as ErrorCode) : 'GUEST_ERROR'
  const text = message.replace(/\p{Cc}+/gu, ' ').slice(0, REASON_MAX)
  return new EngineError(known, text || 'the guest gave no reason')
}
