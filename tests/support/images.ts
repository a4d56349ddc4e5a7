import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  access,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ImageConfig } from '../../contract/image.ts'
import { fill, tar, tarEnd, tarEntry, tarHeader, type TarSpec } from '../../engine/images/tar/testing.ts'

const exec = promisify(execFile)
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Part of every cached file's name: a change of what is made here changes it. */
const VERSION = 2
/** Whoever unpacks an archive, as skopeo does, gives files to their owners: to root only root can. */
const OWN = { uid: process.getuid!(), gid: process.getgid!() }

export interface TestImage {
  tag: string
  /** An OCI archive. */
  archive: string
}

/** A tar archive, plain or compressed, in memory or in a file; `diffId` is needed where it is compressed. */
export type Layer = Buffer | { file: string } | { data: Buffer; diffId: string }

export interface ImageSpec {
  tag?: string
  /** Lowest first. */
  layers: Layer[]
  config?: ImageConfig
  /** As the config's `history` has it, lowest first. */
  history?: { created_by?: string; comment?: string; empty_layer?: boolean }[]
}

interface Blob {
  digest: string
  size: number
  source: Buffer | { file: string }
}

/** Writes an OCI archive to `output`. Returns the image's id. */
export async function makeImage(spec: ImageSpec, output: string): Promise<string> {
  const layers = await Promise.all(spec.layers.map(layerBlob))
  const config = jsonBlob({
    created: '2024-01-01T00:00:00Z',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: spec.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    ...(spec.history && { history: spec.history }),
  })
  const type = (kind: string) => `application/vnd.oci.image.${kind}`
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config: { mediaType: type('config.v1+json'), digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size, mediaType }) => ({ mediaType, digest, size })),
  })
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: type('manifest.v1+json'),
        digest: manifest.digest,
        size: manifest.size,
        ...(spec.tag && { annotations: { 'org.opencontainers.image.ref.name': spec.tag } }),
      },
    ],
  }
  const blobs = new Map([manifest, config, ...layers].map((blob) => [blob.digest, blob]))
  await using file = await open(output, 'w')
  await file.write(tarEntry({ ...OWN, path: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' }))
  await file.write(tarEntry({ ...OWN, path: 'index.json', data: JSON.stringify(index) }))
  // Folders that have no entry of their own skopeo gives to root.
  for (const path of ['blobs', 'blobs/sha256']) {
    await file.write(tarEntry({ ...OWN, path, type: 'directory', mode: 0o755 }))
  }
  for (const blob of blobs.values()) await writeBlob(file, blob)
  await file.write(tarEnd())
  return config.digest
}

/** A small image of busybox, and of `files` in a layer of their own, with links for all its applets, a user `app` (1000), and what a shell expects. */
export function busyboxImage(name = 'busybox', files: TarSpec[] = []): Promise<TestImage> {
  return cached(tmpdir(), name, async () => {
    const busybox = await readFile('/bin/busybox')
    const { stdout } = await exec('/bin/busybox', ['--list'])
    const applets = stdout.trim().split('\n').filter((name) => name !== 'busybox') // prettier-ignore
    const base: TarSpec[] = [
      ...folders('bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'usr', 'usr/bin', 'var'),
      { path: 'tmp', type: 'directory', mode: 0o1777 },
      { path: 'bin/busybox', data: busybox, mode: 0o755 },
      ...applets.map((name): TarSpec => ({
        path: `bin/${name}`,
        type: 'symlink',
        link: 'busybox',
        mode: 0o777,
      })),
      { path: 'usr/bin/env', type: 'symlink', link: '../../bin/busybox', mode: 0o777 },
    ]
    const more = files.length > 0 ? [tar(files)] : []
    const layers = [tar(base), tar(accounts()), ...more]
    return { spec: { layers, config: { Env: [PATH], Cmd: ['sh'] } }, key: [busybox, ...more] }
  })
}

export interface DebianSpec {
  /** `name` or `name:tag`. */
  name: string
  /** Debian packages of the host's release; what they depend on comes too. No maintainer script is run. */
  packages: string[]
  config?: ImageConfig
  /** Put into a layer of its own above all others. */
  files?: TarSpec[]
}

/**
 * An image of Debian packages in four layers or more: base, dependencies, packages, accounts, `files`. Takes packages
 * from apt's mirror the first time, nothing from the network after that.
 */
export function debianImage(spec: DebianSpec): Promise<TestImage> {
  const { name, packages, config, files = [] } = spec
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ramet', 'test-images')
  return cached(folder, name, async () => ({
    key: [JSON.stringify([packages, config]), tar(files)],
    spec: async (work) => {
      const base = await download(join(work, 'base'), BASE)
      const all = await download(join(work, 'all'), [...BASE, ...packages])
      const isNamed = (file: string): boolean => packages.some((each) => file.startsWith(`${each}_`))
      const above = all.filter((file) => !base.includes(file))
      const pick = (names: string[]): Promise<Layer> => unpack(names.map((file) => join(work, 'all', file)))
      return {
        layers: [
          await pick(base),
          await pick(above.filter((file) => !isNamed(file))),
          await pick(above.filter(isNamed)),
          tar([
            ...folders('proc', 'sys', 'dev', 'run'),
            { path: 'tmp', type: 'directory', mode: 0o1777 },
            ...accounts(),
          ]),
          ...(files.length > 0 ? [tar(files)] : []),
        ],
        config: { Env: [PATH], Cmd: ['sh'], ...config },
      }
    },
  }))
}

const BASE = ['base-files', 'bash', 'coreutils', 'dash', 'findutils', 'grep', 'sed', 'procps']

const folders = (...paths: string[]): TarSpec[] => paths.map((path) => ({ path, type: 'directory' }))

type Account = [name: string, id: number, home: string]

/** What an image says of its accounts, with root and nobody; each has a group of its own. */
export function accountFiles(...accounts: Account[]): TarSpec[] {
  const all: Account[] = [['root', 0, '/root'], ...accounts, ['nobody', 65534, '/nonexistent']]
  const passwd = all.map(([name, id, home]) => `${name}:x:${id}:${id}::${home}:/bin/sh\n`)
  const group = all.map(([name, id]) => `${name}:x:${id}:\n`)
  return [
    { path: 'etc/passwd', data: passwd.join('') },
    { path: 'etc/group', data: group.join('') },
  ]
}

const accounts = (): TarSpec[] => [
  ...accountFiles(['www-data', 33, '/var/www'], ['redis', 101, '/var/lib/redis'], ['app', 1000, '/home/app']),
  { path: 'home/app', type: 'directory', uid: 1000, gid: 1000 },
]

/** Fetches packages and all that they need, as on a machine that has none. Returns file names, sorted. */
async function download(folder: string, packages: string[]): Promise<string[]> {
  await mkdir(join(folder, 'partial'), { recursive: true })
  const status = join(folder, 'status')
  await writeFile(status, '')
  const options = [`Dir::State::status=${status}`, `Dir::Cache::archives=${folder}/`, 'Debug::NoLocking=1', 'APT::Sandbox::User='] // prettier-ignore
  const args = ['install', '--download-only', '--yes', '--no-install-recommends', ...options.flatMap((each) => ['-o', each])] // prettier-ignore
  await exec('apt-get', [...args, ...packages], { maxBuffer: 16 << 20 })
  return (await readdir(folder)).filter((name) => name.endsWith('.deb')).sort()
}

/** One layer of the files of several packages. */
async function unpack(packages: string[]): Promise<Layer> {
  const parts: Buffer[] = []
  for (const file of packages) {
    const { stdout } = await exec('dpkg-deb', ['--fsys-tarfile', file], {
      encoding: 'buffer',
      maxBuffer: 1 << 30,
    })
    let end = stdout.length
    while (end >= 512 && stdout.subarray(end - 512, end).every((byte) => byte === 0)) end -= 512
    parts.push(stdout.subarray(0, end))
  }
  return compressed(Buffer.concat([...parts, tarEnd()]))
}

export async function compressed(data: Buffer): Promise<Layer> {
  return { data: await promisify(gzip)(data, { level: 4 }), diffId: digestOf(data) }
}

type Recipe = { key: (Buffer | string)[]; spec: ImageSpec | ((work: string) => Promise<ImageSpec>) }

/** Makes an image once, and again when its recipe changes. */
async function cached(folder: string, name: string, recipe: () => Promise<Recipe>): Promise<TestImage> {
  const tag = name.includes(':') ? name : `${name}:latest`
  const { key, spec } = await recipe()
  const hash = createHash('sha256')
  for (const part of [String(VERSION), tag, ...key]) hash.update(part)
  const base = `ramet-${name.replace(/[^\w.-]/g, '-')}-${hash.digest('hex').slice(0, 16)}`
  const archive = join(folder, `${base}.tar`)
  if (await access(archive).then(() => true, () => false)) return { tag, archive } // prettier-ignore
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, `${base}.`))
  try {
    const image = typeof spec === 'function' ? await spec(work) : spec
    await makeImage({ ...image, tag }, join(work, 'image.tar'))
    await rename(join(work, 'image.tar'), archive)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return { tag, archive }
}

function jsonBlob(value: unknown): Blob {
  const source = Buffer.from(JSON.stringify(value))
  return { digest: digestOf(source), size: source.length, source }
}

async function layerBlob(layer: Layer): Promise<Blob & { diffId: string; mediaType: string }> {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  if (Buffer.isBuffer(layer)) {
    const digest = digestOf(layer)
    return { digest, diffId: digest, size: layer.length, source: layer, mediaType }
  }
  if ('data' in layer) {
    const { data, diffId } = layer
    const suffix = data[0] === 0x1f ? '+gzip' : '+zstd'
    return { digest: digestOf(data), diffId, size: data.length, source: data, mediaType: mediaType + suffix }
  }
  const { digest, size } = await hashFile(layer.file)
  return { digest, diffId: digest, size, source: layer, mediaType }
}

export async function hashFile(file: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size }
}

async function writeBlob(file: FileHandle, { digest, size, source }: Blob): Promise<void> {
  const path = `blobs/sha256/${digest.slice('sha256:'.length)}`
  await file.write(tarHeader({ ...OWN, path }, size))
  if (Buffer.isBuffer(source)) await file.write(source)
  else for await (const chunk of createReadStream(source.file)) await file.write(chunk as Buffer)
  await file.write(fill(size))
}

const digestOf = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`
