import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ContainerConfig, ContainerTop, FilesystemChange, PathStat } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { unpack, unpackError } from '../images/unpack.ts'
import type { AgentClient } from '../guest/agent-client.ts'
import { toolOutput, toolStream } from '../guest/tool.ts'
import type { Container } from './containers/container.ts'
import type { ContainerService } from './containers/containers.ts'
import type { ImageService } from './images.ts'
import { goFileMode } from './file-mode.ts'
import { processTable } from './process-table.ts'

interface CommitOptions {
  reference?: string
  comment?: string
  author?: string
  /** Its processes stand still meanwhile; without it files that are being written may come out torn. */
  pause: boolean
  /** Instructions of a Dockerfile. */
  changes: string[]
  /** What the image's config has in place of the container's. */
  override?: ContainerConfig | null
  signal: AbortSignal
}

const KINDS: Record<string, FilesystemChange['Kind']> = { C: 0, A: 1, D: 2 }

/** The files and processes of containers, as the agents in their VMs see them; those of stopped ones too. */
export class ContainerFiles {
  readonly #containers: ContainerService
  readonly #images: Pick<ImageService, 'commit'>

  constructor(containers: ContainerService, images: Pick<ImageService, 'commit'>) {
    this.#containers = containers
    this.#images = images
  }

  /** Rejects with FILE_NOT_FOUND. */
  stat(idOrName: string, path: string): Promise<PathStat> {
    const container = this.#containers.find(idOrName)
    return container.withFiles((agent) => stat(container, agent, path))
  }

  /** What lies in the folder `path`. Rejects with INVALID_ARGUMENT where it is no folder. */
  async list(idOrName: string, path: string): Promise<PathStat[]> {
    const container = this.#containers.find(idOrName)
    const output = await container.withFiles((agent) => toolOutput(agent, ['list', absolute(path)]))
    const fields = texts(output)
    return Array.from({ length: Math.floor(fields.length / STAT_FIELDS) }, (_, at) =>
      pathStat(fields.slice(at * STAT_FIELDS)),
    )
  }

  /** A tar archive of what is at `path`. */
  read(idOrName: string, path: string): Promise<{ stat: PathStat; archive: Readable }> {
    const container = this.#containers.find(idOrName)
    return lent(container, async (agent) => {
      const looks = await stat(container, agent, path)
      const archive = await toolStream(agent, ['read', absolute(path)])
      container.emit('archive-path', { path })
      return { result: { stat: looks, archive }, until: archive }
    })
  }

  /** Unpacks a tar archive into the folder `path`. */
  async write(
    idOrName: string,
    path: string,
    archive: Readable,
    options: { keepsKind: boolean; asContainerUser: boolean },
  ): Promise<void> {
    const container = this.#containers.find(idOrName)
    const { config, hostConfig, name } = container.record
    if (hostConfig.ReadonlyRootfs)
      throw new EngineError('CONFLICT', `the root file system of container ${name} is read-only`)
    const argv = ['write', absolute(path)]
    if (options.keepsKind) argv.push('no-overwrite-dir-non-dir')
    if (options.asContainerUser) argv.push(`user=${config.User ?? ''}`)
    const plain = await unpacked(archive)
    await container
      .withFiles((agent) => toolOutput(agent, argv, plain))
      .catch((error: Error) => {
        // What came of the archive says more than that it broke off.
        throw error.cause instanceof Error ? asRequestError(unpackError(error.cause), error) : error
      })
    container.emit('extract-to-dir', { path })
  }

  /** All files as one tar archive. */
  export(idOrName: string): Promise<Readable> {
    const container = this.#containers.find(idOrName)
    return lent(container, async (agent) => {
      const archive = await toolStream(agent, ['export'])
      container.emit('export')
      return { result: archive, until: archive }
    })
  }

  /** An image of what it was made from and what changed since. */
  commit(idOrName: string, options: CommitOptions): Promise<{ Id: string }> {
    const container = this.#containers.find(idOrName)
    const { image, config } = container.record
    return container.withFiles(async (agent) => {
      const layer = await toolStream(agent, options.pause ? ['layer'] : ['layer', 'running'])
      try {
        const made = await this.#images.commit(layer, { ...options, imageId: image.id, config })
        container.emit('commit', { imageID: made.Id, comment: options.comment ?? '' })
        return made
      } finally {
        layer.destroy()
      }
    })
  }

  /** What differs from the image, by path. */
  async changes(idOrName: string): Promise<FilesystemChange[]> {
    const output = await this.#containers.find(idOrName).withFiles((agent) => toolOutput(agent, ['changes']))
    return texts(output).map((text) => ({ Path: text.slice(1), Kind: KINDS[text[0]!] ?? 0 }))
  }

  /** The processes that run, as `ps` shows them with `options`. */
  async top(idOrName: string, options: string): Promise<ContainerTop> {
    const container = this.#containers.find(idOrName)
    const table = processTable(options)
    const output = await toolOutput(container.agent(), ['processes'])
    container.emit('top')
    return table(texts(output))
  }
}

async function stat(container: Container, agent: AgentClient, path: string): Promise<PathStat> {
  const output = await toolOutput(agent, ['stat', absolute(path)]).catch((error: unknown) => {
    if (!(error instanceof EngineError && error.code === 'FILE_NOT_FOUND')) throw error
    const message = `Could not find the file ${path} in container ${container.record.name}`
    throw new EngineError('FILE_NOT_FOUND', message, { cause: error })
  })
  return pathStat(texts(output))
}

const STAT_FIELDS = 5

function pathStat([name = '', size, mode = '0', mtimeNs = '0', linkTarget = '']: string[]): PathStat {
  return {
    name,
    size: Number(size),
    mode: goFileMode(parseInt(mode, 8)),
    mtime: new Date(Number(BigInt(mtimeNs) / 1_000_000n)).toISOString(),
    linkTarget,
  }
}

/** The archive without its compression, if it has one. */
async function unpacked(archive: Readable): Promise<Readable> {
  try {
    const { chunks } = await unpack(archive)
    return Readable.from(chunks, { objectMode: false })
  } catch (error) {
    throw asRequestError(error, error as Error)
  }
}

/** What is wrong with an archive that was sent is the sender's; any other error is `otherwise`. */
function asRequestError(error: unknown, otherwise: Error): Error {
  if (!(error instanceof EngineError) || error.code !== 'IMAGE_INVALID') return otherwise
  return new EngineError('INVALID_ARGUMENT', error.message, { cause: error })
}

/** Answers as soon as there is a result, and keeps the container's files lent until the stream has ended. */
function lent<T>(
  container: Container,
  work: (agent: AgentClient) => Promise<{ result: T; until: Readable }>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const borrowing = container.withFiles(async (agent) => {
      const { result, until } = await work(agent)
      resolve(result)
      // Whoever reads it is told of a failure by the stream itself.
      await finished(until).catch(() => {})
    })
    borrowing.catch(reject)
  })
}

function texts(output: Buffer): string[] {
  return output.toString().split('\0').slice(0, -1)
}

/** Docker takes paths from the root where they say nothing else. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}
