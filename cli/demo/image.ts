import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'
import { tar } from './tar.ts'

const BUSYBOX = '/bin/busybox'
/** `p_type` of the program header that names a dynamic loader. */
const PT_INTERP = 3

export const PAGE = 'grown from one frozen template\n'
export const PORT = 80

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface DemoImage {
  /** Tagged by content: one that is there already is the same. */
  name: string
  /** A docker archive, for `load`. */
  archive: Buffer
}

/**
 * A web server of one file, made from the host's static busybox without any network. Rejects with TOOL_MISSING where
 * there is no such busybox.
 */
export async function demoImage(): Promise<DemoImage> {
  const busybox = await readFile(BUSYBOX).catch(() => undefined)
  if (!busybox || !isStatic(busybox)) {
    throw new EngineError(
      'TOOL_MISSING',
      `the demo needs a statically linked ${BUSYBOX}; install it (Debian: busybox-static), or give --image`,
    )
  }
  const links = ['sh', 'httpd', 'ls', 'cat', 'ps', 'sleep', 'hostname', 'free']
  const layer = tar([
    { path: 'bin' },
    { path: 'bin/busybox', mode: 0o755, content: busybox },
    ...links.map((name) => ({ path: `bin/${name}`, target: 'busybox' })),
    { path: 'etc' },
    { path: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/:/bin/sh\n') },
    { path: 'tmp', mode: 0o1777 },
    { path: 'www' },
    { path: 'www/index.html', content: Buffer.from(PAGE) },
  ])
  const config = Buffer.from(
    JSON.stringify({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Cmd: ['httpd', '-f', '-p', String(PORT), '-h', '/www'],
        Env: ['PATH=/bin'],
        ExposedPorts: { [`${PORT}/tcp`]: {} },
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'ramet demo' }],
    }),
  )
  const name = `ramet-demo:${sha256(config).slice(0, 12)}`
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: [name], Layers: [`${sha256(layer)}.tar`] }]
  const archive = tar([
    { path: manifest[0]!.Config, content: config },
    { path: manifest[0]!.Layers[0]!, content: layer },
    { path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
  ])
  return { name, archive }
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** Whether a 64-bit little-endian ELF file runs without a dynamic loader: the image holds none. */
function isStatic(elf: Buffer): boolean {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return false
  const at = Number(elf.readBigUInt64LE(32))
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)]
  return Array.from({ length: count }, (_, header) => elf.readUInt32LE(at + header * size)).every((type) => type !== PT_INTERP) // prettier-ignore
}
