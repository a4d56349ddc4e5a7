import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { joinState, splitStream } from './splitter.ts'
import { slices } from './test-streams.ts'

interface Facts {
  machine: string
  ramBlock: string
  ramBytes: number
}

const VECTORS = join(import.meta.dirname, 'vectors')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ramet-join-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['qemu-7.2', 'qemu-10.0', 'qemu-11.1'])('a state of %s', (name) => {
  const facts = JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8')) as Facts
  const path = (part: string) => join(folder, `${name}.${part}`)

  /** What a template's state is, and its devices alone as `xen-save-devices-state` writes them. */
  async function parts(): Promise<{ state: Buffer; devices: Buffer }> {
    const { ramBlock, ramBytes } = facts
    const stream = gunzipSync(readFileSync(join(VECTORS, `${name}.stream.gz`)))
    await using ramFile = await open(path('ram'), 'w+')
    await using file = await open(path('state'), 'w+')
    await splitStream(Readable.from(slices(stream, 1 << 16)), { ramBlock, ramBytes, ramFile, state: file })
    const state = readFileSync(path('state'))
    const description = state.indexOf('{"', state.lastIndexOf(0)) - 5
    // The first device's section: five bytes before the length and the text of its name.
    const { devices } = JSON.parse(state.toString('utf8', description + 5)) as { devices: { name: string }[] }
    const device = devices[0]!.name
    const first = state.indexOf(String.fromCharCode(device.length) + device, 0, 'latin1') - 5
    return { state, devices: Buffer.concat([state.subarray(0, 8), state.subarray(first, description)]) }
  }

  async function joined(state: Buffer, devices: Buffer): Promise<Buffer> {
    const { ramBlock, ramBytes } = facts
    await using ramFile = await open(path('ram'), 'r+')
    await using file = await open(path('joined'), 'w+')
    const source = Readable.from(slices(state, 4097))
    const result = await joinState(source, devices, { ramBlock, ramBytes, ramFile, state: file })
    const written = readFileSync(path('joined'))
    expect(result).toMatchObject({ machine: facts.machine, stateBytes: written.length })
    return written
  }

  test('begins as its template, and goes on with the devices and an empty description', async () => {
    const { state, devices } = await parts()
    const written = await joined(state, devices)
    const end = written.subarray(-7)
    expect(end.toString('latin1')).toBe('\x06\0\0\0\x02{}')
    expect(written.subarray(0, -7).equals(state.subarray(0, written.length - 7))).toBe(true)
    // A child of a child is made of that.
    expect((await joined(written, devices)).equals(written)).toBe(true)
  })

  test('is refused where the devices are not what QEMU writes', async () => {
    const { state, devices } = await parts()
    const broken: [Buffer, string][] = [
      [devices.subarray(0, 9), 'STREAM_INVALID'],
      [Buffer.concat([Buffer.from('XXXX'), devices.subarray(4)]), 'STREAM_UNKNOWN'],
      [Buffer.concat([devices.subarray(0, 8), Buffer.from([1]), devices.subarray(9)]), 'STREAM_UNKNOWN'],
      [Buffer.concat([devices, Buffer.from([1])]), 'STREAM_INVALID'],
    ]
    for (const [data, code] of broken) await expect(joined(state, data)).rejects.toMatchObject({ code })
  })
})
