import { lstat, mkdir, open, readlink, stat, type FileHandle } from 'node:fs/promises'
import { constants } from 'node:fs'
import { basename, dirname, posix } from 'node:path'
import { EngineError } from '../../../contract/errors.ts'
import { descriptorPath, identity, O_FOLDER, O_PATH, parentOf, type RefusedFolders } from './refused.ts'

/** Where Docker's clients look for the API. Here it is the one that they speak to, as it is with Docker. */
const DOCKER_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock']

/** A bind's source, opened and judged. */
export interface BindSource {
  kind: 'folder' | 'file' | 'socket'
  handle: FileHandle
  mode: number
  uid: number
  gid: number
}

export interface BindSourceOptions {
  refused: RefusedFolders
  /** Ramet's own API: the one thing in its folders that may be bound. */
  apiSocket: string
}

/** Opens sources of binds. A symbolic link is followed, and what it leads to is judged. */
export class BindSources {
  readonly #options: BindSourceOptions

  constructor(options: BindSourceOptions) {
    this.#options = options
  }

  /**
   * Rejects with FORBIDDEN what may not be bound, with INVALID_ARGUMENT what is not there (unless `make`: then it is
   * made, a folder), or is no folder, file or socket. The caller closes the handle.
   */
  async open(given: string, { make }: { make: boolean }): Promise<BindSource> {
    const path = DOCKER_SOCKETS.includes(posix.normalize(given)) ? this.#options.apiSocket : given
    const handle = await this.#handle(path, make)
    try {
      const status = await handle.stat()
      const { mode, uid, gid } = status
      if (status.isDirectory()) {
        await this.#options.refused.check(handle, given)
        return { kind: 'folder', handle, mode, uid, gid }
      }
      if (!status.isFile() && !status.isSocket()) {
        throw new EngineError(
          'INVALID_ARGUMENT',
          `${given} cannot be bound: it is no folder, file or unix socket`,
        )
      }
      const own = await stat(this.#options.apiSocket).catch(() => undefined)
      if (!own || identity(own) !== identity(status)) await this.#checkFile(handle, given)
      return { kind: status.isFile() ? 'file' : 'socket', handle, mode, uid, gid }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #handle(path: string, make: boolean): Promise<FileHandle> {
    try {
      return await open(path, O_PATH)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        if (make) return this.#make(posix.normalize(path).replace(/(?<=.)\/$/, ''))
        throw new EngineError(
          'INVALID_ARGUMENT',
          `invalid mount config for type "bind": bind source path does not exist: ${path}`,
          { cause: error },
        )
      }
      throw unreadable(path, error)
    }
  }

  /** Makes a folder and those above it, each in one that was opened and judged. */
  async #make(path: string): Promise<FileHandle> {
    const parent = await open(dirname(path), O_FOLDER).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return this.#make(dirname(path))
      throw unreadable(path, error)
    })
    try {
      await this.#options.refused.check(parent, path)
      const made = `${descriptorPath(parent)}/${basename(path)}`
      await mkdir(made, 0o755).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw unreadable(path, error)
      })
      return await open(made, O_FOLDER | constants.O_NOFOLLOW).catch((error: unknown) => {
        throw unreadable(path, error)
      })
    } finally {
      await parent.close()
    }
  }

  /** A file has no way up to its folder: its name is asked for, and has to stand for the same file there. */
  async #checkFile(handle: FileHandle, given: string): Promise<void> {
    const path = await readlink(descriptorPath(handle))
    const folder = await parentOf(path).catch((error: unknown) => {
      throw unreadable(given, error)
    })
    try {
      const there = await lstat(`${descriptorPath(folder)}/${basename(path)}`).catch(() => undefined)
      if (!there || identity(there) !== identity(await handle.stat())) {
        throw new EngineError('CONFLICT', `${given} cannot be bound: it was moved meanwhile; try again`)
      }
      await this.#options.refused.check(folder, given)
    } finally {
      await folder.close()
    }
  }
}

function unreadable(path: string, error: unknown): EngineError {
  return new EngineError(
    'INVALID_ARGUMENT',
    `${path} cannot be bound: ${(error as Error).message.replace(/, \w+ '.*$/, '')}`,
    { cause: error },
  )
}
