import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { netImage } from '../support/net-image.ts'
import { netSink } from '../support/net-sink.ts'
import { TestEngine } from '../support/engine.ts'
import { busyShare, machineFacts } from './facts.ts'
import { median, spread } from './median.ts'
import { storageLoad } from './storage-load.ts'

const SECONDS = Number(process.env['RAMET_BENCH_SECONDS'] ?? 20)
const ROUNDS = Number(process.env['RAMET_BENCH_ROUNDS'] ?? 5)
const DISK_BYTES = 10 * 1024 * 1024
const NET_BITS = 20_000_000
const FILE_MIB = 64

type Ramet = (...args: string[]) => Promise<string>
/** Bytes a second of a container that does one kind of work for so long. */
type Work = (name: string) => Promise<number>

/**
 * One container is held to 10 MB/s of its disk and 20 Mbit/s of its network, a neighbour to nothing. In each round the
 * neighbour works alone, then beside the limited one: what that got of its limit, and what the neighbour got of what it
 * gets alone, with what was busy of the machine's CPUs. On the networks a third container, which no limit holds but which
 * sends no faster than the limit, then takes the limited one's place: what is left to the neighbour beside it is what the
 * machine has left, whatever holds limits.
 */
export async function benchLimits(): Promise<object> {
  await using engine = await TestEngine.start()
  const folder = await mkdtemp(join(tmpdir(), 'ramet-limits-'))
  const ramet: Ramet = async (...args) => {
    const { code, stdout, stderr } = await engine.ramet(args, { timeoutMs: 300_000 })
    if (code !== 0) throw new Error(`ramet ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const outside = await netSink()
  try {
    const program = await storageLoad(folder)
    const port = String((outside.address() as AddressInfo).port)
    await setUp(ramet, program, port)
    const disk =
      (how: string): Work =>
      async (name) =>
        Number(await ramet('exec', name, 'load', '/own/file', String(FILE_MIB), how, String(SECONDS)))
    const network =
      (host: string, at: string, ...pace: string[]): Work =>
      async (name) =>
        Number(await ramet('exec', name, 'net-tool', 'blast', host, at, String(SECONDS), ...pace))
    const bytes = NET_BITS / 8
    const networks = (host: string, at: string): Promise<object> =>
      compared(network(host, at), bytes, network(host, at, String(bytes)))
    return {
      machine: await machineFacts(engine),
      seconds: SECONDS,
      rounds: ROUNDS,
      diskLimitBytesPerSecond: DISK_BYTES,
      networkLimitBitsPerSecond: NET_BITS,
      diskWrite: await compared(disk('write-seq'), DISK_BYTES),
      diskRead: await compared(disk('read-seq'), DISK_BYTES),
      nat: await networks('host', port),
      network: await networks('sink', '9000'),
    }
  } finally {
    outside.close()
    await rm(folder, { recursive: true })
  }
}

async function setUp(ramet: Ramet, program: string, port: string): Promise<void> {
  const image = await netImage()
  await ramet('load', '-q', '-i', image.archive)
  await ramet('network', 'create', 'bench')
  await ramet('run', '-d', '--name', 'sink', '--network', 'bench', image.tag, 'net-tool', 'sink', '9000')
  const common = ['--network', 'bench', '-v', `${program}:/bin/load:ro`, '--add-host', 'host:host-gateway']
  common.push('--label', `ramet.host.ports=${port}`)
  const rates = ['--device-read-bps', '--device-write-bps'].flatMap((flag) => [
    flag,
    `/dev/vda:${DISK_BYTES}`,
  ])
  rates.push('--label', `ramet.net.rate=${NET_BITS}`)
  for (const [name, flags] of [
    ['free', []],
    ['held', rates],
    ['paced', []],
  ] as const) {
    await ramet('run', '-d', '--name', name, ...common, ...flags, image.tag, 'sleep', '100000')
    await ramet('exec', name, 'mkdir', '/own')
    await ramet('exec', name, 'load', '/own/file', String(FILE_MIB), 'prepare')
  }
}

/** `paced` is the work of one that sends no faster than the limit, but is not held to it. */
async function compared(work: Work, limit: number, paced?: Work): Promise<object> {
  const alone: number[] = []
  const limited = new Beside(limit)
  const beside = new Beside(limit)
  for (let round = 0; round < ROUNDS; round++) {
    const [bytes, busy] = await busyShare(() => work('free'))
    alone.push(bytes)
    await limited.take(bytes, busy, () => Promise.all([work('held'), work('free')]))
    if (paced) await beside.take(bytes, busy, () => Promise.all([paced('paced'), work('free')]))
  }
  return {
    aloneBytesPerSecond: spread(alone),
    besideLimited: limited.figures(),
    ...(paced && { besidePaced: beside.figures() }),
  }
}

/** What there is of both in each round, and of the neighbour against what it gets alone in the same one. */
class Beside {
  readonly #limit: number
  readonly #partOfLimit: number[] = []
  readonly #neighbour: number[] = []
  readonly #busy: number[][] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  async take(alone: number, busyAlone: number, both: () => Promise<number[]>): Promise<void> {
    const [[bounded = 0, neighbour = 0], busy] = await busyShare(both)
    this.#partOfLimit.push(bounded / this.#limit)
    this.#neighbour.push(neighbour / alone)
    this.#busy.push([busyAlone, busy])
  }

  figures(): object {
    const busy = (at: number): number => median(this.#busy.map((each) => each[at]!))
    return {
      partOfLimit: spread(this.#partOfLimit),
      neighbourRatio: spread(this.#neighbour),
      busyCpus: { alone: busy(0), both: busy(1) },
    }
  }
}
