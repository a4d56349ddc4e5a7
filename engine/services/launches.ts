import { randomBytes } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { ContainerCreateRequest, ContainerInspect } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { QuickLaunch, QuickLaunchRequest, QuickLaunchRun } from '../../contract/ramet.ts'
import { writeDurably } from './durable.ts'
import type { EventBus } from './events.ts'

/** Recent runs that are kept besides those that the user pinned. */
const RECENT_MAX = 10
const PINNED_MAX = 100

interface LaunchDependencies {
  file: string
  events: EventBus
  containers: {
    create(name: string | undefined, request: ContainerCreateRequest): Promise<{ Id: string }>
    start(id: string): Promise<void>
    remove(id: string, options: { force: boolean }): Promise<void>
    inspect(id: string, options: { size: boolean }): Promise<ContainerInspect>
  }
  log(message: string): void
}

/** Quick launches: runs that the user pinned, and the recent ones. */
export class LaunchService {
  readonly #the: LaunchDependencies
  #launches: QuickLaunch[]

  private constructor(dependencies: LaunchDependencies, launches: QuickLaunch[]) {
    this.#the = dependencies
    this.#launches = launches
  }

  /** A file that cannot be read is put aside, not thrown away. */
  static async open(dependencies: LaunchDependencies): Promise<LaunchService> {
    const { file, log } = dependencies
    try {
      return new LaunchService(dependencies, JSON.parse(await readFile(file, 'utf8')) as QuickLaunch[])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        await rename(file, `${file}.unreadable`)
        log(`the quick launches cannot be read (${(error as Error).message}); now at ${file}.unreadable`)
      }
      return new LaunchService(dependencies, [])
    }
  }

  /** Pinned ones first, those used last before others. */
  list(): QuickLaunch[] {
    return [...this.#launches]
  }

  /** Saves a run. The same name and config again change what is there. */
  async save({ config, name, title, pinned }: QuickLaunchRequest): Promise<QuickLaunch> {
    if (!config.Image)
      throw new EngineError('INVALID_ARGUMENT', 'a quick launch needs an image; give config.Image')
    const known = this.#launches.find((each) => each.name === name && isDeepStrictEqual(each.config, config))
    const launch: QuickLaunch = {
      id: known?.id ?? randomBytes(8).toString('hex'),
      title: title?.trim() || known?.title || name || config.Image,
      pinned: pinned ?? known?.pinned ?? false,
      usedAt: new Date().toISOString(),
      name,
      config,
    }
    await this.#replace(launch)
    return launch
  }

  async remove(id: string): Promise<void> {
    this.#find(id)
    await this.#keep(this.#launches.filter((each) => each.id !== id))
  }

  /** Starts the container that bears the launch's name, or makes one. A new one that does not start is removed. */
  async run(id: string): Promise<QuickLaunchRun> {
    const launch = this.#find(id)
    const { containers } = this.#the
    const container = (launch.name && (await this.#existing(launch.name))) || (await this.#create(launch))
    await this.#replace({ ...launch, usedAt: new Date().toISOString() })
    const { Id, Name } = await containers.inspect(container, { size: false })
    return { id: Id, name: Name.replace(/^\//, '') }
  }

  async #existing(name: string): Promise<string | undefined> {
    const { containers } = this.#the
    try {
      const { Id, State } = await containers.inspect(name, { size: false })
      if (!State.Running) await containers.start(Id)
      return Id
    } catch (error) {
      if (error instanceof EngineError && error.code === 'CONTAINER_NOT_FOUND') return undefined
      throw error
    }
  }

  async #create({ name, config }: QuickLaunch): Promise<string> {
    const { containers } = this.#the
    const { Id } = await containers.create(name, config)
    try {
      await containers.start(Id)
    } catch (error) {
      // One that removes itself may be gone already.
      await containers.remove(Id, { force: true }).catch(() => {})
      throw error
    }
    return Id
  }

  #find(id: string): QuickLaunch {
    const found = this.#launches.find((each) => each.id === id)
    if (!found) throw new EngineError('NOT_FOUND', `no such quick launch: ${id}`)
    return found
  }

  async #replace(launch: QuickLaunch): Promise<void> {
    await this.#keep([launch, ...this.#launches.filter((each) => each.id !== launch.id)])
  }

  async #keep(launches: QuickLaunch[]): Promise<void> {
    const newestFirst = launches.toSorted((a, b) => b.usedAt.localeCompare(a.usedAt))
    const pinned = newestFirst.filter((each) => each.pinned)
    if (pinned.length > PINNED_MAX) {
      throw new EngineError('CONFLICT', `${PINNED_MAX} quick launches are pinned already; unpin one first`)
    }
    const recent = newestFirst.filter((each) => !each.pinned).slice(0, RECENT_MAX)
    this.#launches = [...pinned, ...recent]
    await writeDurably(this.#the.file, `${JSON.stringify(this.#launches, undefined, 2)}\n`)
    this.#the.events.emit('daemon', 'launches', '', {})
  }
}
