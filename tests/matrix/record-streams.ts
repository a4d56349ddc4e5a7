/**
 * record-streams.ts FIRMWARE [FOLDER]: checks the stream splitter against the QEMU in PATH, live: freeze, clone,
 * freeze the clone, clone again, and a refused stream after which the VM runs on.
 * With FOLDER it also records the first stream there as a vector for the splitter's unit tests.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { constants, gzipSync } from 'node:zlib'
import {
  splitStream,
  type MigrationStream,
  type SplitResult,
} from '../../engine/templates/stream/splitter.ts'
import { RAM_BLOCK, RAM_BYTES, TinyVm } from './qemu.ts'

const BYTES_PER_SECOND = 1 << 20
/** Long enough for pages to go out several times. */
const LIVE_MS = 400
const NEVER_MS = 1
const AT_ONCE_MS = 2000

const [firmware, vectors] = process.argv.slice(2)
if (!firmware) {
  console.error('usage: record-streams.ts FIRMWARE [FOLDER]')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'ramet-record-'))
const running: TinyVm[] = []
try {
  await check(firmware)
} finally {
  for (const vm of running) await vm.stop()
  rmSync(folder, { recursive: true })
}

async function check(firmware: string): Promise<void> {
  const start = async (name: string, ramPath: string, incoming = false) => {
    const vm = await TinyVm.start({ folder, name, firmware, ramPath, incoming })
    running.push(vm)
    return vm
  }
  const clone = async (name: string, template: string) => {
    const vm = await start(name, join(folder, `${template}.ram`), true)
    await vm.load(join(folder, `${template}.state`))
    await vm.qmp('cont')
    return vm
  }

  const first = await start('first', join(folder, 'first.ram'))
  const { qemu } = await first.qmp<{ qemu: { major: number; minor: number; micro: number } }>('query-version')
  await first.countedBeyond(2)
  await refuse(first)
  const stream = await record(first)
  const ram = first.ram()
  const last = first.counted().at(-1)!
  const split = await splitTo('one', Readable.from(slices(stream, 64 << 10)))
  expectRam('one', ram)
  if (vectors) keep(vectors, qemu, stream, ram, split)

  const second = await clone('second', 'one')
  const counted = await second.countedBeyond(2)
  expectGoesOn('the clone', last, counted[0]!)

  const socket = await second.migrate()
  const again = await splitTo('two', socket)
  const status = await second.settled()
  if (status.status !== 'completed') throw new Error(`the clone's migration ended as ${status.status}`)
  expectRam('two', second.ram())
  const lastOfSecond = second.counted().at(-1)!
  for (const name of ['third', 'fourth']) {
    const vm = await clone(name, 'two')
    expectGoesOn(`the clone's clone (${name})`, lastOfSecond, (await vm.countedBeyond(2))[0]!)
    await vm.stop()
  }
  await second.qmp('cont')
  await second.countedBeyond(second.counted().length + 2)
  console.log(
    `QEMU ${qemu.major}.${qemu.minor}.${qemu.micro} ${split.machine}: stream ${stream.length} bytes, ` +
      `${split.pages} pages, ${split.zeroPages} zero, state ${split.stateBytes} bytes; ` +
      `clone frozen again (stopped ${status.downtime} ms): ${again.pages} pages; clones run`,
  )
}

/** A live migration that goes on until pages went out several times, then ends. */
async function record(vm: TinyVm): Promise<Buffer> {
  await vm.qmp('migrate-set-parameters', { 'max-bandwidth': BYTES_PER_SECOND, 'downtime-limit': NEVER_MS })
  const socket = await vm.migrate()
  const parts: Buffer[] = []
  const read = (async () => {
    for await (const part of socket as AsyncIterable<Buffer>) parts.push(part)
  })()
  await delay(LIVE_MS)
  await vm.qmp('migrate-set-parameters', { 'downtime-limit': AT_ONCE_MS })
  await read
  const { status } = await vm.settled()
  if (status !== 'completed') throw new Error(`the migration ended as ${status}`)
  return Buffer.concat(parts)
}

/** A stream that the splitter refuses half-way must leave the VM running, and able to be frozen later. */
async function refuse(vm: TinyVm): Promise<void> {
  await vm.qmp('migrate-set-parameters', { 'max-bandwidth': BYTES_PER_SECOND, 'downtime-limit': NEVER_MS })
  const socket = await vm.migrate()
  const outcome = await splitTo('refused', socket, 'another').catch(
    (error: Error & { code?: string }) => error,
  )
  if (!(outcome instanceof Error) || outcome.code !== 'STREAM_INVALID')
    throw new Error(`not refused: ${outcome}`)
  const { status } = await vm.settled()
  if (status !== 'failed') throw new Error(`the refused migration ended as ${status}`)
  await vm.countedBeyond(vm.counted().length + 2)
}

async function splitTo(name: string, source: MigrationStream, ramBlock = RAM_BLOCK): Promise<SplitResult> {
  const ramFile = await open(join(folder, `${name}.ram`), 'wx')
  const state = await open(join(folder, `${name}.state`), 'wx')
  try {
    return await splitStream(source, { ramBlock, ramBytes: RAM_BYTES, ramFile, state })
  } finally {
    await ramFile.close()
    await state.close()
  }
}

function* slices(data: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size)
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function expectRam(name: string, expected: Buffer): void {
  if (sha256(readFileSync(join(folder, `${name}.ram`))) === sha256(expected)) return
  throw new Error(`template ${name}: its RAM file differs from the RAM of the VM it was made from`)
}

function expectGoesOn(who: string, last: number, next: number): void {
  if (next > last && next <= last + (1 << 16)) return
  throw new Error(`${who} counts from ${next}, but its template had printed ${last}`)
}

function keep(
  to: string,
  qemu: { major: number; minor: number; micro: number },
  stream: Buffer,
  ram: Buffer,
  split: SplitResult,
): void {
  const name = join(to, `qemu-${qemu.major}.${qemu.minor}`)
  writeFileSync(`${name}.stream.gz`, gzipSync(stream, { level: constants.Z_BEST_COMPRESSION }))
  const facts = {
    qemu: `${qemu.major}.${qemu.minor}.${qemu.micro}`,
    machine: split.machine,
    ramBlock: RAM_BLOCK,
    ramBytes: RAM_BYTES,
    /** Of the VM's memory as read from its process, not of anything that the splitter wrote. */
    ramSha256: sha256(ram),
    streamBytes: stream.length,
    streamSha256: sha256(stream),
  }
  writeFileSync(`${name}.json`, JSON.stringify(facts, undefined, 2) + '\n')
}
