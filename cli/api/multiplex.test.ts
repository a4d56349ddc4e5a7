import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { copyOutput, demultiplex } from './multiplex.ts'

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

async function collect(source: AsyncIterable<Buffer>): Promise<{ stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' }
  for await (const { stream, data } of demultiplex(source)) text[stream] += data.toString()
  return text
}

const frames = Buffer.concat([frame(1, 'out one\n'), frame(2, 'err\n'), frame(1, ''), frame(1, 'out two\n')])

test('frames go to their streams, in whatever pieces they come', async () => {
  for (const size of [1, 3, 7, 8, 9, frames.length]) {
    const pieces = Array.from({ length: Math.ceil(frames.length / size) }, (_, at) =>
      frames.subarray(at * size, (at + 1) * size),
    )
    expect(await collect(Readable.from(pieces))).toEqual({ stdout: 'out one\nout two\n', stderr: 'err\n' })
  }
})

test('part of a frame is given on before the rest has come', async () => {
  const source = new PassThrough()
  source.write(frame(1, 'prompt> and more').subarray(0, 15))
  const first = await demultiplex(source).next()
  expect(first.value).toMatchObject({ stream: 'stdout', data: Buffer.from('prompt>') })
})

test('a stream that ends within a frame is an error', async () => {
  await expect(collect(Readable.from([frames.subarray(0, 12)]))).rejects.toThrow(/cut off/)
  await expect(collect(Readable.from([frames.subarray(0, 4)]))).rejects.toThrow(/cut off/)
})

test('a stream without frames is refused', async () => {
  await expect(collect(Readable.from([Buffer.from('plain text, no frames')]))).rejects.toThrow(/no frames/)
})

test('raw output is copied as it is', async () => {
  const stdout = new PassThrough()
  await copyOutput(Readable.from([Buffer.from('a\x01'), Buffer.from('b')]), {
    stdout,
    stderr: stdout,
    tty: true,
  })
  expect(stdout.read().toString()).toBe('a\x01b')
})

test('output waits for a reader that is slow', async () => {
  const stdout = new PassThrough({ highWaterMark: 4 })
  let done = false
  const copied = copyOutput(Readable.from([frame(1, 'more than four'), frame(1, 'and more')]), {
    stdout,
    stderr: stdout,
    tty: false,
  }).then(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toBe(false)
  stdout.resume()
  await copied
})
