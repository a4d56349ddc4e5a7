import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../../../contract/errors.ts'

const REASON_MAX = 500

/** Decompressors of the system for what Node has none for; they need no more memory than the limit. */
const PROGRAMS = {
  xz: { argv: ['xz', '--decompress', '--stdout', '--memlimit-decompress=256MiB'], package: 'xz-utils' },
  bzip2: { argv: ['bzip2', '--decompress', '--stdout'], package: 'bzip2' },
}

export type ProgramCompression = keyof typeof PROGRAMS

/** Told by the first six bytes. */
export function programFor(magic: Buffer): ProgramCompression | undefined {
  const hex = magic.toString('hex', 0, 6)
  if (hex === 'fd377a585a00') return 'xz'
  return hex.startsWith('425a68') ? 'bzip2' : undefined
}

/** The unpacked bytes. Errors of the source reach the reader; who stops reading ends the program and the source. */
export async function* decompressByProgram(
  source: AsyncIterable<Buffer>,
  compression: ProgramCompression,
): AsyncGenerator<Buffer> {
  const { argv, package: packageName } = PROGRAMS[compression]
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] })
  const missing = new EngineError(
    'TOOL_MISSING',
    `the archive is compressed with ${compression}, which is not installed; install ${packageName}, or unpack it first`,
  )
  let failure: unknown
  const ended = once(child, 'close').catch(() => void (failure = missing))
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(0, REASON_MAX)))
  // A program that has failed reads no more: its own words tell why, not the broken pipe.
  const fed = pipeline(source, child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') failure ??= error
  })
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    await fed
    await ended
    if (failure !== undefined) throw failure
    if (child.exitCode !== 0) throw invalid(said)
  } finally {
    child.kill('SIGKILL')
  }
}

function invalid(said: string): EngineError {
  const [line = ''] = said.replace(/^[^:]*: (\(stdin\): )?/, '').split('\n')
  return new EngineError(
    'IMAGE_INVALID',
    `the archive cannot be decompressed (${line.trim() || 'no reason given'}); save it again`,
  )
}
