import type { ContainerConfig, HostConfig } from '../../contract/docker.ts'
import type { Accelerator, TemplateKind } from '../../contract/ramet.ts'
import type { Plugged } from '../hypervisor/virtual-machine.ts'

export const MANIFEST_VERSION = 1

/** Of a template that was frozen while its container ran: an application that goes on, with its disk. */
export interface LiveOrigin {
  kind: Exclude<TemplateKind, 'image'>
  /** The template of its hardware: whatever changes that makes this one useless. */
  base: string
  /** What the container itself had been forked from. */
  parent: string
  container: { id: string; name: string }
  /** How it ran, as far as what runs already cannot be told otherwise. */
  settings: { config: ContainerConfig; hostConfig: HostConfig }
  /** Its disk at that instant: layers, the uppermost first. */
  layers: string[]
  /** Shares and NICs that its memory expects to find. */
  plugged?: Plugged[]
  /** What its owner finds it by: a checkpoint's name, or the digest of the settings that it serves. */
  name?: string
}

/** What `template.json` says. Written once, before the template's folder is renamed to its place. */
export interface TemplateManifest {
  version: typeof MANIFEST_VERSION
  /** Hex digest of everything that the files depend on; also the folder's name. */
  id: string
  imageId: string
  memoryBytes: number
  vcpus: number
  accelerator: Accelerator
  kit: string
  qemu: string
  libvirt: string
  cpuModel: string
  /** Machine type as the stream names it. */
  machine: string
  /** RFC 3339. */
  createdAt: string
  bootMs: number
  freezeMs: number
  downtimeMs: number
  coldPrivateBytes: number
  /** What the VM's process held alone besides, just before it was frozen. */
  coldOverheadBytes: number
  /** Of that, what QEMU had translated; templates of before it was told apart have none. */
  coldTranslatedBytes?: number
  ram: { bytes: number; sha256: string }
  state: { bytes: number; sha256: string }
  /** Where the guest has its disk mounted and idle: what that disk is. */
  disk?: { bytes: number; sha256: string }
  live?: LiveOrigin
}

export interface Template extends TemplateManifest {
  folder: string
  ramFile: string
  stateFile: string
  /** A qcow2 over the golden disk, of a megabyte or so, that each clone gets a copy of. */
  diskFile?: string
}

/** What of a template takes up the disk. */
export function filesOf({ ramFile, stateFile, diskFile }: Template): string[] {
  return [ramFile, stateFile, ...(diskFile ? [diskFile] : [])]
}

const isFile = (file: Partial<TemplateManifest['ram']> | undefined): boolean =>
  Number.isSafeInteger(file?.bytes) && /^[0-9a-f]{64}$/.test(file?.sha256 ?? '')

/** The manifest in `text`; undefined where it is of another version or not whole. */
export function parseManifest(text: string): TemplateManifest | undefined {
  try {
    const value = JSON.parse(text) as TemplateManifest
    const whole =
      value.version === MANIFEST_VERSION &&
      /^[0-9a-f]{64}$/.test(value.id) &&
      typeof value.imageId === 'string' &&
      Number.isSafeInteger(value.memoryBytes) &&
      [value.ram, value.state, ...(value.disk ? [value.disk] : [])].every(isFile)
    return whole ? value : undefined
  } catch {
    return undefined
  }
}
