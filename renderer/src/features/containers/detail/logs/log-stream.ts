import { open, withQuery } from '../../../../api/engine.ts'
import { Demultiplexer } from '../../../../api/multiplex.ts'

export interface LogQuery {
  id: string
  tty: boolean
  follow: boolean
  tail?: number
  /** RFC 3339: what was printed at that time and after it. */
  since?: string
}

/** Hands the output on as it comes, with times, until its end. */
export async function readLogs(
  { id, tty, follow, tail, since }: LogQuery,
  onOutput: (data: Uint8Array, stderr: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = { stdout: true, stderr: true, timestamps: true, follow, tail: tail ?? 'all', since }
  const stream = await open({ method: 'GET', path: withQuery(`/containers/${id}/logs`, query) }, signal)
  const frames = tty ? undefined : new Demultiplexer()
  for (let data = await stream.read(); data !== null; data = await stream.read()) {
    if (!frames) onOutput(data, false)
    else for (const part of frames.push(data)) onOutput(part.data, part.stream === 'stderr')
  }
}
