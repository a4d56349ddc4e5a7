import { randomBytes } from 'node:crypto'
import type { ContainerCreateRequest, ContainerInspect, ContainerSummary } from '../../contract/docker.ts'
import type { EngineClient } from '../api/client.ts'
import { ask } from './ask.ts'
import { PAGE, PORT } from './image.ts'

/** A cold boot under emulation on a busy machine takes tens of seconds. */
const ANSWER_MS = 120_000
const LABEL = 'dev.ramet.demo'

export interface DemoVm {
  id: string
  /** From the create request to the first answer; of an image without a web server to the end of its start. */
  milliseconds: number
  /** It answered, or runs. */
  ok: boolean
}

/** The containers of one demo; `removeAll` finds them again by their label, whatever became of the requests. */
export class DemoVms {
  readonly #client: EngineClient
  readonly #image: string
  readonly #serves: boolean
  readonly #signal: AbortSignal
  readonly #run = randomBytes(4).toString('hex')
  #count = 0

  /** `serves`: the image is the demo's own web server. */
  constructor(client: EngineClient, options: { image: string; serves: boolean; signal: AbortSignal }) {
    this.#client = client
    this.#image = options.image
    this.#serves = options.serves
    this.#signal = options.signal
  }

  async start(isolation: 'cold' | 'default'): Promise<DemoVm> {
    const signal = this.#signal
    signal.throwIfAborted()
    const query = { name: `ramet-demo-${this.#run}-${this.#count++}` }
    const begin = performance.now()
    const body = this.#request(isolation)
    // Not to be interrupted: what is made after the clean-up would stay.
    const { Id: id } = (await this.#client.call<{ Id: string }>('POST', '/containers/create', {
      query,
      body,
    }))!
    await this.#client.call('POST', `/containers/${id}/start`, { signal })
    if (!this.#serves) {
      const milliseconds = performance.now() - begin
      return { id, milliseconds, ok: (await this.#inspect(id)).State.Running }
    }
    const port = (await this.#inspect(id)).NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort
    const text = await ask(Number(port), ANSWER_MS, signal)
    return { id, milliseconds: performance.now() - begin, ok: text === PAGE }
  }

  #request(isolation: 'cold' | 'default'): ContainerCreateRequest {
    const key = `${PORT}/tcp`
    return {
      Image: this.#image,
      Labels: { [LABEL]: this.#run },
      // An image that runs a shell would end at once without an input that stays open.
      OpenStdin: !this.#serves,
      ExposedPorts: this.#serves ? { [key]: {} } : {},
      HostConfig: {
        Isolation: isolation,
        PortBindings: this.#serves ? { [key]: [{ HostIp: '127.0.0.1', HostPort: '' }] } : {},
      },
    }
  }

  #inspect(id: string): Promise<ContainerInspect> {
    return this.#client.get<ContainerInspect>(`/containers/${id}/json`)
  }

  async remove(id: string): Promise<void> {
    await this.#client.call('DELETE', `/containers/${id}`, { query: { force: true, v: true } })
  }

  async removeAll(): Promise<void> {
    const filters = JSON.stringify({ label: [`${LABEL}=${this.#run}`] })
    const left = await this.#client.get<ContainerSummary[]>('/containers/json', { all: true, filters })
    await Promise.all(left.map(({ Id }) => this.remove(Id)))
  }
}
