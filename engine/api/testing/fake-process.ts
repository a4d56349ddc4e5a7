import { PassThrough } from 'node:stream'
import { frameHeader } from '../streams/multiplex.ts'

type Part = { stream: 'stdout' | 'stderr'; data: Buffer }

/** A fake of a process: a test says what it prints, and sees what it is told. */
export class FakeProcess {
  readonly tty: boolean
  readonly stdin = new PassThrough()
  readonly output = new PassThrough({ objectMode: true, highWaterMark: 1 }) as AsyncIterable<Part> &
    PassThrough

  constructor({ tty = false } = {}) {
    this.tty = tty
  }

  print(data: string, stream: Part['stream'] = 'stdout'): void {
    this.output.write({ stream, data: Buffer.from(data) })
  }

  end(): void {
    this.output.end()
  }
}

export function frame(stream: 'stdout' | 'stderr' | 'error', text: string): string {
  return frameHeader(stream, Buffer.byteLength(text)).toString() + text
}
