import { createHash } from 'node:crypto'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerContext } from '../containers/context.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerService } from '../containers/containers.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { TemplateService } from '../templates.ts'
import type { Freezer } from './freezer.ts'
import { settingsOf } from './settings.ts'

/** Label of a container: `healthy`, or `after=30s`; `off` where the settings say otherwise. */
export const WARM_LABEL = 'ramet.warm'

/** When the first container of an image and settings is frozen, for all like it to start from. */
export type WarmPolicy = { when: 'healthy' } | { when: 'after'; milliseconds: number }

/** Reads a label or a setting. Rejects what is neither. */
export function parseWarmPolicy(text: string): WarmPolicy | undefined {
  if (text === '' || text === 'off') return undefined
  if (text === 'healthy') return { when: 'healthy' }
  const [, number, unit] = /^after=(\d+)(ms|s|m)$/.exec(text) ?? []
  const factor = { ms: 1, s: 1_000, m: 60_000 }[unit ?? '']
  if (factor !== undefined) return { when: 'after', milliseconds: Number(number) * factor }
  throw new EngineError(
    'INVALID_ARGUMENT',
    `${WARM_LABEL}=${text} cannot be used: write healthy, after=30s, or off`,
  )
}

export function warmPolicyOf({ config }: ContainerRecord, byDefault: string): WarmPolicy | undefined {
  return parseWarmPolicy(config.Labels?.[WARM_LABEL] ?? byDefault)
}

/**
 * How a new container comes to memory that one like it left; nothing where there is none. `record` is what it would
 * be otherwise.
 */
export async function warmByItself(
  templates: TemplateService,
  record: ContainerRecord,
  byDefault: string,
): Promise<Partial<ContainerRecord>> {
  if (record.frozen !== undefined || record.hostConfig.Isolation === 'cold') return {}
  if (!warmPolicyOf(record, byDefault)) return {}
  const key = await keyOf(templates, record)
  const template = (await templates.live()).find(({ live }) => live.kind === 'healthy' && live.name === key)
  if (!template) return {}
  const { layers, container } = template.live
  return {
    frozen: template.id,
    disk: { file: 'disk.qcow2', layers },
    parent: { ...container, template: template.id },
  }
}

/** Digest of all that makes a container's process what it is: image, settings, guest kit, QEMU. */
export async function keyOf(templates: TemplateService, record: ContainerRecord): Promise<string> {
  const { Healthcheck, Hostname, Domainname } = record.config
  const { ExtraHosts, Dns, DnsSearch, DnsOptions, NetworkMode } = record.hostConfig
  const own = Hostname === record.id.slice(0, 12) ? '' : Hostname
  const all = [
    await templates.baseOf(record),
    settingsOf(record),
    [own, Domainname, Healthcheck, ExtraHosts, Dns, DnsSearch, DnsOptions, NetworkMode],
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

/** Freezes the first container of an image and settings once it is warm. */
export class WarmStarts {
  readonly #containers: ContainerService
  readonly #context: ContainerContext
  readonly #freezer: Pick<Freezer, 'freeze'>
  readonly #under = new Set<string>()

  constructor(containers: ContainerService, freezer: Pick<Freezer, 'freeze'>, context: ContainerContext) {
    this.#containers = containers
    this.#freezer = freezer
    this.#context = context
    context.events.subscribe(({ Type, Action, Actor }) => {
      if (Type !== 'container') return
      if (Action === 'health_status: healthy') this.#due(Actor.ID, 'healthy', 0)
      if (Action === 'start') this.#due(Actor.ID, 'after')
    })
  }

  #due(id: string, when: WarmPolicy['when'], milliseconds?: number): void {
    const container = this.#containers.all().find((each) => each.id === id)
    // What was started from a freeze was warm from the start.
    if (!container || container.record.parent) return
    const policy = warmPolicyOf(container.record, this.#context.warm)
    if (policy?.when !== when) return
    const { run } = container.record
    const wait = milliseconds ?? (policy.when === 'after' ? policy.milliseconds : 0)
    const timer = setTimeout(() => {
      if (!container.running || container.record.run !== run) return
      this.#freeze(container).catch((error: Error) => {
        this.#context.log(`container ${container.record.name} was not kept warm: ${error.message}`)
      })
    }, wait)
    timer.unref()
  }

  async #freeze(container: Container): Promise<void> {
    const { templates } = this.#context
    const name = await keyOf(templates, container.record)
    const there = (await templates.live()).some(({ live }) => live.kind === 'healthy' && live.name === name)
    if (there || this.#under.has(name)) return
    this.#under.add(name)
    try {
      await this.#freezer.freeze(container, { kind: 'healthy', name, durable: true })
    } finally {
      this.#under.delete(name)
    }
  }
}
