import { createRequire } from 'node:module'
import { errorName } from './error-names.ts'
import * as names from './event-names.ts'

/**
 * libvirt, 1:1, every call asynchronous, no policy. Names and meaning are libvirt's own (libvirt.org/html); what it
 * gives as numbers of an enumeration comes as words here. Build it with `make -C native/libvirt`.
 */

interface NativeDomain {
  handle: object
  name: string
  uuid: string
}

type NativeCall = <T>(handle: object, ...args: unknown[]) => Promise<T>

const native = createRequire(import.meta.url)('./out/libvirt.node') as {
  setErrorClass(type: typeof LibvirtError): void
  connect(uri: string, readonly: boolean): Promise<object>
} & Record<string, NativeCall>

/** What libvirt says went wrong. */
export class LibvirtError extends Error {
  /** virErrorNumber. */
  readonly code: number
  /** virErrorDomain: the part of libvirt that failed. */
  readonly domain: number
  /** virErrorLevel. */
  readonly level: number

  constructor(message: string, code: number, domain: number, level: number) {
    super(message)
    this.name = 'LibvirtError'
    this.code = code
    this.domain = domain
    this.level = level
  }

  /** The code's name, for example `VIR_ERR_NO_DOMAIN`; `VIR_ERR_<n>` for one that has none here. */
  get symbol(): string {
    return errorName(this.code)
  }
}

native.setErrorClass(LibvirtError)

export interface DomainName {
  readonly name: string
  readonly uuid: string
}

export interface LifecycleEvent {
  domain: DomainName
  event: names.LifecycleEventName
  /** The reason, a word that depends on the event. */
  detail: string
}

export interface MonitorEvent {
  domain: DomainName
  /** QEMU's name of the event, for example `STOP`. */
  event: string
  seconds: number
  micros: number
  /** JSON text; empty where the event has no data. */
  details: string
}

/** Ends a subscription; may be called again. */
export type Unsubscribe = () => void

type LifecycleListeners = Set<{ listener(event: LifecycleEvent): void }>

/** Opens a connection. Rejects with LibvirtError. */
export async function connect(uri: string, options: { readonly?: boolean } = {}): Promise<Connection> {
  return new Connection(await native.connect(uri, options.readonly ?? false))
}

/** A connection to a hypervisor. Calls after `close` reject; close may be called again. */
export class Connection {
  readonly #handle: object
  readonly #lifecycle: LifecycleListeners = new Set()
  #lifecycleHeard: Promise<number> | undefined

  /** Use `connect`. */
  constructor(handle: object) {
    this.#handle = handle
  }

  /** Lets go of everything of this connection; calls that are under way still end. */
  close(): Promise<void> {
    this.#lifecycle.clear()
    this.#lifecycleHeard = undefined
    return native['close']!(this.#handle)
  }

  uri(): Promise<string> {
    return native['uri']!(this.#handle)
  }

  hostname(): Promise<string> {
    return native['hostname']!(this.#handle)
  }

  isAlive(): Promise<boolean> {
    return native['isAlive']!(this.#handle)
  }

  /** XML. */
  capabilities(): Promise<string> {
    return native['capabilities']!(this.#handle)
  }

  /** XML; what is left out is libvirt's choice. */
  async domainCapabilities(
    wanted: { emulator?: string; arch?: string; machine?: string; type?: string } = {},
  ): Promise<string> {
    const { emulator, arch, machine, type } = wanted
    return native['domainCapabilities']!(this.#handle, emulator, arch, machine, type)
  }

  /** Dotted versions of the hypervisor (QEMU's own, for its driver) and of libvirt. */
  async version(): Promise<{ hypervisor: string; library: string }> {
    const found = await native['version']!<{ hypervisor: number; library: number }>(this.#handle)
    return { hypervisor: dotted(found.hypervisor), library: dotted(found.library) }
  }

  /** All domains, or only those that are on, or off. */
  async list(only: { active?: boolean; inactive?: boolean } = {}): Promise<Domain[]> {
    const flags = (only.active ? 1 : 0) | (only.inactive ? 2 : 0)
    const found = await native['list']!<NativeDomain[]>(this.#handle, flags)
    return found.map((domain) => new Domain(domain))
  }

  lookupByName(name: string): Promise<Domain> {
    return this.#domain('lookupByName', name)
  }

  lookupByUUID(uuid: string): Promise<Domain> {
    return this.#domain('lookupByUUID', uuid)
  }

  /** Makes a persistent domain, or changes the one of that uuid; it is not started. */
  defineXML(xml: string): Promise<Domain> {
    return this.#domain('defineXML', xml)
  }

  /** Starts a transient domain; with `autodestroy` it ends with this connection. */
  createXML(xml: string, options: { paused?: boolean; autodestroy?: boolean } = {}): Promise<Domain> {
    return this.#domain('createXML', xml, (options.paused ? 1 : 0) | (options.autodestroy ? 2 : 0))
  }

  /** Listens to starts, stops and the like of every domain. The listener does not keep the process alive. */
  async onLifecycle(listener: (event: LifecycleEvent) => void): Promise<Unsubscribe> {
    checkListener(listener)
    // libvirt takes one callback a connection for these, so it is kept until the connection closes.
    this.#lifecycleHeard ??= native['listenLifecycle']!(this.#handle, tellLifecycle(this.#lifecycle))
    const heard = this.#lifecycleHeard
    await heard.catch((error: unknown) => {
      if (this.#lifecycleHeard === heard) this.#lifecycleHeard = undefined
      throw error
    })
    // No function: one that is made here would hold the connection.
    const own = { listener }
    if (this.#lifecycleHeard === heard) this.#lifecycle.add(own)
    return () => void this.#lifecycle.delete(own)
  }

  /** Listens to QEMU's own events of every domain, or only to those of one name. */
  async onMonitorEvent(listener: (event: MonitorEvent) => void, only?: string): Promise<Unsubscribe> {
    checkListener(listener)
    const telling = { listener: listener as typeof listener | undefined }
    const id = await native['listenMonitor']!<number>(this.#handle, tellMonitor(telling), only)
    const release = once(() => native['unlisten']!(this.#handle, id, true))
    return () => {
      telling.listener = undefined
      release()
    }
  }

  /** Listens to the end of the connection itself: `error`, `eof`, `keepalive` or `client`. One listener at a time. */
  async onClose(listener: (reason: string) => void): Promise<Unsubscribe> {
    checkListener(listener)
    await native['listenClose']!(this.#handle, tellClose(listener))
    return once(() => native['unlistenClose']!(this.#handle))
  }

  async #domain(call: string, ...args: unknown[]): Promise<Domain> {
    return new Domain(await native[call]!<NativeDomain>(this.#handle, ...args))
  }
}

/** What a change applies to; without a word, libvirt's choice: the running domain where it runs. */
export interface Affects {
  live?: boolean
  config?: boolean
}

const METADATA_TYPES = { description: 0, title: 1, element: 2 } as const
export type MetadataType = keyof typeof METADATA_TYPES

/** A domain, running or not. */
export class Domain implements DomainName {
  readonly name: string
  readonly uuid: string
  readonly #handle: object

  /** Comes from a `Connection`. */
  constructor({ handle, name, uuid }: NativeDomain) {
    this.#handle = handle
    this.name = name
    this.uuid = uuid
  }

  create(options: { paused?: boolean; autodestroy?: boolean } = {}): Promise<void> {
    return this.#call('create', (options.paused ? 1 : 0) | (options.autodestroy ? 2 : 0))
  }

  resume(): Promise<void> {
    return this.#call('resume')
  }

  suspend(): Promise<void> {
    return this.#call('suspend')
  }

  /** Asks the guest to power off. */
  shutdown(): Promise<void> {
    return this.#call('shutdown')
  }

  reset(): Promise<void> {
    return this.#call('reset')
  }

  /** Ends the domain's process; with `graceful` never by SIGKILL. */
  destroy(options: { graceful?: boolean } = {}): Promise<void> {
    return this.#call('destroy', options.graceful ? 1 : 0)
  }

  undefine(): Promise<void> {
    return this.#call('undefine', 0)
  }

  async state(): Promise<{ state: names.DomainStateName; reason: number }> {
    const { state, reason } = await this.#call<{ state: number; reason: number }>('state')
    return { state: names.domainState(state), reason }
  }

  info(): Promise<{
    state: number
    maxMemoryKiB: number
    memoryKiB: number
    vcpus: number
    cpuTimeNs: bigint
  }> {
    return this.#call('info')
  }

  /** The hypervisor's number for a running domain; -1 for one that is off. */
  id(): Promise<number> {
    return this.#call('id')
  }

  xml(options: { inactive?: boolean; secure?: boolean } = {}): Promise<string> {
    return this.#call('xml', (options.secure ? 1 : 0) | (options.inactive ? 2 : 0))
  }

  /** `value` null removes. `key` and `uri` are an element's namespace. */
  setMetadata(
    type: MetadataType,
    value: string | null,
    key?: string,
    uri?: string,
    affects: Affects = {},
  ): Promise<void> {
    return this.#call('setMetadata', METADATA_TYPES[type], value, key, uri, affectsFlags(affects))
  }

  metadata(type: MetadataType, uri?: string, affects: Affects = {}): Promise<string> {
    return this.#call('metadata', METADATA_TYPES[type], uri, affectsFlags(affects))
  }

  attachDevice(xml: string, affects: Affects = {}): Promise<void> {
    return this.#call('attachDevice', xml, affectsFlags(affects))
  }

  detachDevice(xml: string, affects: Affects = {}): Promise<void> {
    return this.#call('detachDevice', xml, affectsFlags(affects))
  }

  updateDevice(xml: string, affects: Affects = {}): Promise<void> {
    return this.#call('updateDevice', xml, affectsFlags(affects))
  }

  /** Of a disk by its target, for example `vda`; numbers since the start, -1 for one that is not counted. */
  blockStats(device: string): Promise<{
    readRequests: number
    readBytes: number
    writeRequests: number
    writeBytes: number
    errors: number
  }> {
    return this.#call('blockStats', device)
  }

  /** A command for QEMU's monitor: QMP in JSON, or with `hmp` for its human monitor. Answers QEMU's text. */
  monitorCommand(command: string, options: { hmp?: boolean } = {}): Promise<string> {
    return this.#call('monitorCommand', command, options.hmp ? 1 : 0)
  }

  isPersistent(): Promise<boolean> {
    return this.#call('isPersistent')
  }

  isActive(): Promise<boolean> {
    return this.#call('isActive')
  }

  async #call<T = void>(name: string, ...args: unknown[]): Promise<T> {
    return native[name]!(this.#handle, ...args)
  }
}

function affectsFlags(affects: Affects): number {
  return (affects.live ? 1 : 0) | (affects.config ? 2 : 0)
}

/** libvirt writes a version as major * 1,000,000 + minor * 1,000 + release. */
function dotted(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000].join('.')
}

function checkListener(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError('a listener must be a function')
}

// What libvirt holds is made out here, where no closure knows the connection: it would keep a forgotten one open.

function tellLifecycle(listeners: LifecycleListeners) {
  return ({ name, uuid, event, detail }: DomainName & { event: number; detail: number }): void => {
    for (const { listener } of listeners) {
      try {
        listener({ domain: { name, uuid }, ...names.lifecycle(event, detail) })
      } catch (error) {
        // An uncaught exception, as of any callback; the other listeners are told all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

function tellMonitor(telling: { listener: ((event: MonitorEvent) => void) | undefined }) {
  return ({ name, uuid, ...event }: DomainName & Omit<MonitorEvent, 'domain'>): void =>
    telling.listener?.({ domain: { name, uuid }, ...event })
}

function tellClose(listener: (reason: string) => void) {
  return (reason: number): void => listener(names.closeReason(reason))
}

function once(end: () => Promise<unknown>): Unsubscribe {
  let ended = false
  return () => {
    if (ended) return
    ended = true
    // A connection that is closed has let go of its listeners already.
    end().catch(() => {})
  }
}
