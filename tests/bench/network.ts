import { netImage } from '../support/net-image.ts'
import { TestEngine } from '../support/engine.ts'
import { median } from './median.ts'

const ROUNDS = 5
const SECONDS = 5

/**
 * Guest to guest, turn by turn in one run: through a network's switch, and out through one guest's NAT and in through
 * the port that the other publishes.
 */
export async function benchNetwork(): Promise<object> {
  await using engine = await TestEngine.start()
  const image = await netImage()
  const ramet = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await engine.ramet(args, { timeoutMs: 180_000 })
    if (code !== 0) throw new Error(`ramet ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const run = (name: string, flags: string[], ...command: string[]): Promise<string> =>
    ramet('run', '-d', '--name', name, '--network', 'bench', ...flags, image.tag, ...command)
  const blast = async (name: string, host: string, port: number): Promise<number> =>
    Number(await ramet('exec', name, 'net-tool', 'blast', host, String(port), String(SECONDS)))

  await ramet('load', '-q', '-i', image.archive)
  await ramet('network', 'create', 'bench')
  await run('sink', ['-p', '9000'], 'net-tool', 'sink', '9000')
  const port = await engine.portOf('sink', '9000/tcp')
  const host = ['--add-host', 'host:host-gateway', '--label', `ramet.host.ports=${port}`]
  await run('source', host, 'sleep', '100000')

  const [nat, network]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    nat.push(await blast('source', 'host', port))
    network.push(await blast('source', 'sink', 9000))
  }

  return {
    rounds: ROUNDS,
    natBytesPerSecond: median(nat),
    networkBytesPerSecond: median(network),
    networkRatio: median(network) / median(nat),
  }
}
