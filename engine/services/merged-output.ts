import { PassThrough, type Readable } from 'node:stream'

export interface OutputPart {
  stream: 'stdout' | 'stderr'
  data: Buffer
}

/** Both outputs of a process as one sequence, in order of arrival, as fast as it is read. */
export function merged(stdout: Readable, stderr: Readable, signal: AbortSignal): AsyncIterable<OutputPart> {
  const both = new PassThrough({ objectMode: true, highWaterMark: 4 })
  let open = 2
  const forward = (name: OutputPart['stream'], from: Readable): void => {
    from.on('data', (data: Buffer) => {
      if (both.write({ stream: name, data })) return
      from.pause()
      both.once('drain', () => from.resume())
    })
    const done = (): void => {
      if (--open === 0) both.end()
    }
    from.once('close', done)
  }
  forward('stdout', stdout)
  forward('stderr', stderr)
  const stop = (): void => void both.destroy()
  signal.addEventListener('abort', stop, { once: true })
  both.once('close', () => {
    signal.removeEventListener('abort', stop)
    // The reader has gone: the process must not stand still for want of one.
    stdout.resume()
    stderr.resume()
  })
  return both
}
