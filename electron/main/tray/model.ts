import type { ContainerSummary } from '../../../contract/docker.ts'
import type { EngineState, Place } from '../../../contract/ipc.ts'
import type { QuickLaunch } from '../../../contract/ramet.ts'

/** All that the tray shows. */
export interface TrayModel {
  engine: EngineState
  /** Those that run, are paused, or wait for their restart. */
  containers: ContainerSummary[]
  launches: QuickLaunch[]
  /** Bytes; undefined where it is not known. */
  savedBytes: number | undefined
}

export const EMPTY_MODEL: TrayModel = {
  engine: { phase: 'starting' },
  containers: [],
  launches: [],
  savedBytes: undefined,
}

/** What a line of the menu does. */
export type TrayAction =
  | { do: 'go'; place?: Place }
  | { do: 'launch'; id: string }
  | { do: 'browse'; url: string }
  /** Live copies, each with its ports on free ones. */
  | { do: 'fork'; id: string; count: number }
  | { do: 'checkpoint'; id: string }
  | { do: 'stop'; id: string }
  | { do: 'stop-all' }
  | { do: 'start-engine' }
  | { do: 'quit' }

export type TrayLine =
  | { label: string; action?: TrayAction; lines?: undefined }
  | { label: string; lines: TrayLine[]; action?: undefined }
  | 'separator'
