import type { GuestProcess } from '../../guest/agent-client.ts'
import type { ContainerCore } from './container-core.ts'
import { execConfig } from './process.ts'

const OUTPUT_MAX = 4096

/** Runs a health check's command in a container; where `signal` aborts the command is killed. */
export async function probe(
  container: ContainerCore,
  argv: string[],
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const words = argv.join(' ')
  container.emit(`exec_create: ${words}`)
  const process = await container.agent().exec(execConfig(container.record, { Cmd: argv }))
  container.emit(`exec_start: ${words}`)
  const output = firstOutput(process)
  const aborted = Promise.withResolvers<never>()
  const kill = (): void => {
    process.kill('SIGKILL').catch(() => {})
    aborted.reject(signal.reason as Error)
  }
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  try {
    const { code } = await Promise.race([process.exited, aborted.promise])
    container.emit('exec_die', { exitCode: String(code) })
    return { exitCode: code, output: output() }
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

/** Reads both outputs to their ends and keeps the beginning. */
function firstOutput({ stdin, stdout, stderr }: GuestProcess): () => string {
  let kept = Buffer.alloc(0)
  stdin.end()
  for (const stream of [stdout, stderr]) {
    stream.on('data', (data: Buffer) => {
      if (kept.length < OUTPUT_MAX) kept = Buffer.concat([kept, data])
    })
  }
  return () => kept.toString().slice(0, OUTPUT_MAX)
}
