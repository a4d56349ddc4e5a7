import type { StandbySettings } from './ramet.ts'

/** `settings.json` in the configuration folder. Read when the engine starts. */
export interface EngineSettings {
  /** Registries, as host or host:port, that may be spoken to without TLS; those on loopback always may. */
  insecureRegistries: string[]
  /** When the first container of an image and settings is frozen for those like it: `off`, `healthy`, `after=30s`. */
  warm: string
  /** What runs the VMs: KVM where it works, or one of the two whatever is found. */
  accelerator: 'auto' | 'kvm' | 'tcg'
  /** libvirt's connection; empty for the one that fits the user. */
  libvirtUri: string
  /** What a container is limited to whose create request says nothing of it; 0 is not at all. CPUs may be a fraction. */
  limits: DefaultLimits
  /** Memory of the workstation that stays free, in bytes: a VM that would leave less is not started. A change counts at once. */
  keepFreeBytes: number
  /** Clones that wait for a start. `POST /ramet/v1/standby` changes them at once. */
  standby: StandbySettings
}

export interface DefaultLimits {
  memoryBytes: number
  cpus: number
}

export interface EngineSettingsView {
  /** As they are on disk. */
  settings: EngineSettings
  /** Where they are. */
  file: string
  /** Variables of the environment that the engine was started with, which count instead. */
  overriddenBy: Partial<Record<keyof EngineSettings, string>>
  /** They were changed since the engine was started, and count from its next start on. */
  changed: boolean
}
