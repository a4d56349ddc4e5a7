import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitStream } from './splitter.ts'
import { slices } from './test-streams.ts'

/** Recorded by tests/matrix/record-streams.sh; RAM's hash is of the VM's memory, not of anything we wrote. */
interface Facts {
  qemu: string
  machine: string
  ramBlock: string
  ramBytes: number
  ramSha256: string
  streamBytes: number
  streamSha256: string
}

const VECTORS = join(import.meta.dirname, 'vectors')
const names = readdirSync(VECTORS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''))
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ramet-vectors-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('there are vectors of every supported generation', () => {
  expect(names.sort()).toEqual(['qemu-10.0', 'qemu-11.1', 'qemu-7.2'])
})

describe.each(names)('the stream of %s', (name) => {
  const facts = JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8')) as Facts
  const stream = gunzipSync(readFileSync(join(VECTORS, `${name}.stream.gz`)))
  const ramPath = () => join(folder, `${name}.ram`)
  const statePath = () => join(folder, `${name}.state`)

  async function split(data: Buffer, chunk = 64 << 10) {
    const ramFile = await open(ramPath(), 'w')
    const state = await open(statePath(), 'w')
    const { ramBlock, ramBytes } = facts
    try {
      return await splitStream(Readable.from(slices(data, chunk)), { ramBlock, ramBytes, ramFile, state })
    } finally {
      await ramFile.close()
      await state.close()
    }
  }

  test('is whole', () => {
    expect([stream.length, sha256(stream)]).toEqual([facts.streamBytes, facts.streamSha256])
  })

  test.each([11, 4097, 64 << 10, 4 << 20])(
    'gives the memory that the VM had, in chunks of %i bytes',
    async (chunk) => {
      const result = await split(stream, chunk)
      expect(sha256(readFileSync(ramPath()))).toBe(facts.ramSha256)
      expect(result.machine).toBe(facts.machine)
      expect(sha256(readFileSync(statePath()))).toBe(result.stateSha256)
      expect(statSync(statePath()).size).toBe(result.stateBytes)
      expect(statSync(ramPath()).blocks * 512).toBeLessThan(facts.ramBytes / 4)
      // Sent several times, and turned from data to zero: what a vector is for.
      expect(result.pages).toBeGreaterThan(60)
      expect(result.zeroPages).toBeGreaterThan(facts.ramBytes / 4096 - 60)
    },
  )

  test('gives a state that splits into itself', async () => {
    const first = await split(stream)
    const again = await split(readFileSync(statePath()))
    expect(again).toMatchObject({ stateSha256: first.stateSha256, pages: 0, ramBytesWritten: 0 })
  })

  test('truncated anywhere, is refused', async () => {
    const lengths = [...Array.from({ length: 80 }, (_, i) => Math.floor((stream.length * i) / 80))]
    for (let cut = 1; cut <= 64; cut++) lengths.push(stream.length - cut)
    for (const length of lengths) {
      const failure = await split(stream.subarray(0, length)).catch((error: unknown) => error)
      expect(failure, `cut at ${length} of ${stream.length}`).toMatchObject({ code: 'STREAM_INVALID' })
    }
  })

  test('with a byte changed anywhere, is split or refused by name, never anything else', async () => {
    let seed = 1
    const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below
    let refused = 0
    for (let round = 0; round < 120; round++) {
      const broken = Buffer.from(stream)
      // Half of them in the device state and its description, which are structure throughout.
      const near = round % 2 === 0 ? stream.length : 100_000
      const at = stream.length - 1 - random(near)
      broken[at] = broken[at]! ^ (1 << random(8))
      const failure = await split(broken).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failure === undefined) continue
      refused++
      expect(failure, `byte ${at} changed`).toMatchObject({ code: expect.stringMatching(/^STREAM_/) })
    }
    expect(refused).toBeGreaterThan(10)
  })
})
