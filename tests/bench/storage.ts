import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busyboxImage } from '../support/images.ts'
import { TestEngine } from '../support/engine.ts'
import { median } from './median.ts'
import { storageLoad } from './storage-load.ts'

const ROUNDS = 7
const FILE_MIB = 256
const WORKS = ['read-seq', 'write-seq', 'read-random', 'write-random'] as const
/** The container's own disk, virtio-blk, is what the others are measured against. */
const PLACES = { disk: '/own', volume: '/volume', bind: '/bind' } as const

type Place = keyof typeof PLACES
type Work = (typeof WORKS)[number]

/**
 * What volumes and binds (9p) read and write against virtio-blk, in one VM, turn by turn: 1 MiB one after the other, and
 * 4 KiB all over the file. Medians.
 */
export async function benchStorage(): Promise<object> {
  await using engine = await TestEngine.start()
  const folder = await mkdtemp(join(tmpdir(), 'ramet-storage-'))
  try {
    await mkdir(join(folder, 'bind'))
    const program = await storageLoad(folder)
    const { archive, tag } = await busyboxImage()
    await ramet(engine, ['load', '-q', '-i', archive])
    const mounts = [
      '-v',
      'bench:/volume',
      '-v',
      `${join(folder, 'bind')}:/bind`,
      '-v',
      `${program}:/bin/load:ro`,
    ]
    await ramet(engine, ['run', '-d', '--name', 'bench', ...mounts, tag, 'sleep', '100000'])
    await ramet(engine, ['exec', 'bench', 'mkdir', '/own'])
    return report(await measure(engine))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(engine: TestEngine): Promise<Map<string, number[]>> {
  const speeds = new Map<string, number[]>()
  const load = async (place: Place, work: string): Promise<number> =>
    Number(await ramet(engine, ['exec', 'bench', 'load', `${PLACES[place]}/file`, String(FILE_MIB), work]))
  const places = Object.keys(PLACES) as Place[]
  for (const place of places) await load(place, 'prepare')
  for (let round = 0; round < ROUNDS; round++) {
    for (const work of WORKS) {
      for (const place of places) {
        const key = `${work} ${place}`
        speeds.set(key, [...(speeds.get(key) ?? []), await load(place, work)])
      }
    }
  }
  return speeds
}

function report(speeds: Map<string, number[]>): object {
  const speed = (work: Work, place: Place): number => median(speeds.get(`${work} ${place}`)!)
  const rows = WORKS.map((work) => {
    const disk = speed(work, 'disk')
    const [volume, bind] = [speed(work, 'volume'), speed(work, 'bind')]
    const row = { disk, volume, bind, volumeRatio: volume / disk, bindRatio: bind / disk }
    return [work, row] as const
  })
  return { rounds: ROUNDS, fileMiB: FILE_MIB, bytesPerSecond: Object.fromEntries(rows) }
}

async function ramet(engine: TestEngine, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.ramet(args, { timeoutMs: 600_000 })
  if (code !== 0) throw new Error(`ramet ${args[0]} failed: ${stderr}`)
  return stdout
}
