import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { EngineError } from '../contract/errors.ts'

export const NAME = 'ramet'
const DESCRIPTION = 'Ramet: containers as light VMs'

/** Docker's contexts of this user, changed by its own command where that is installed, else in its files. */
export class DockerContexts {
  readonly folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #meta: string

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
    if (!env.DOCKER_CONFIG && !env.HOME) {
      throw new EngineError('INVALID_ARGUMENT', "cannot find Docker's settings: set HOME or DOCKER_CONFIG")
    }
    this.folder = env.DOCKER_CONFIG || join(env.HOME!, '.docker')
    this.#meta = metaFolder(this.folder, NAME)
  }

  /** The socket of the context `ramet`; rejects with CONFLICT where somebody else made one of this name. */
  async socket(): Promise<string | undefined> {
    const meta = (await readJson(join(this.#meta, 'meta.json'))) as
      { Metadata?: { Description?: string }; Endpoints?: { docker?: { Host?: string } } } | undefined
    if (!meta) return undefined
    if (meta.Metadata?.Description === DESCRIPTION)
      return meta.Endpoints?.docker?.Host?.replace('unix://', '')
    throw new EngineError(
      'CONFLICT',
      `there is another context '${NAME}' in ${this.folder}, which Ramet did not make; rename or remove it first`,
    )
  }

  /** Makes the context, or leads it to another socket. */
  async put(socket: string): Promise<void> {
    const known = (await this.socket()) !== undefined
    const host = `unix://${socket}`
    const verb = known ? 'update' : 'create'
    if (await this.#docker(verb, NAME, '--description', DESCRIPTION, '--docker', `host=${host}`)) return
    const Endpoints = { docker: { Host: host, SkipTLSVerify: false } }
    await mkdir(this.#meta, { recursive: true, mode: 0o755 })
    await replace(
      join(this.#meta, 'meta.json'),
      JSON.stringify({ Name: NAME, Metadata: { Description: DESCRIPTION }, Endpoints }),
    )
  }

  async current(): Promise<string> {
    const { currentContext } = await this.#config()
    return typeof currentContext === 'string' && currentContext !== '' ? currentContext : 'default'
  }

  async use(name: string): Promise<void> {
    if (await this.#docker('use', name)) return
    const { currentContext: _, ...config } = await this.#config()
    const next = name === 'default' ? config : { ...config, currentContext: name }
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    await replace(join(this.folder, 'config.json'), JSON.stringify(next, undefined, '\t'))
  }

  async has(name: string): Promise<boolean> {
    return (
      name === 'default' || (await readJson(join(metaFolder(this.folder, name), 'meta.json'))) !== undefined
    )
  }

  async remove(): Promise<void> {
    if (await this.#docker('rm', NAME)) return
    await rm(this.#meta, { recursive: true, force: true })
  }

  async #config(): Promise<Record<string, unknown>> {
    return (await readJson(join(this.folder, 'config.json'))) ?? {}
  }

  /** True where docker is installed and did it. */
  async #docker(...args: string[]): Promise<boolean> {
    const program = await find('docker', this.#env.PATH)
    if (!program) return false
    // Both of these would have docker look past the contexts.
    const { DOCKER_HOST, DOCKER_CONTEXT, ...rest } = this.#env
    const env = { ...rest, DOCKER_CONFIG: this.folder }
    return new Promise((resolve, reject) => {
      execFile(program, ['context', ...args], { env }, (error, _stdout, stderr) => {
        if (!error) return resolve(true)
        const why = stderr.trim() || error.message
        reject(new EngineError('INVALID_ARGUMENT', `docker context ${args[0]} failed: ${why}`))
      })
    })
  }
}

const metaFolder = (folder: string, name: string): string =>
  join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'))

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new EngineError('INVALID_ARGUMENT', `${path} is not valid JSON; mend it first`)
  }
}

/** In one step; a link stays one, and leads to the new text. */
async function replace(path: string, text: string): Promise<void> {
  const real = await realpath(path).catch(() => path)
  await writeFile(`${real}.new`, text, { mode: 0o600 })
  await rename(`${real}.new`, real)
}

async function find(program: string, path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((each) => each.startsWith('/'))) {
    const file = join(folder, program)
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return file
  }
  return undefined
}
