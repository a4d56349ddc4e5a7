import type { ErrorCode } from './errors.ts'

/**
 * What the window may ask of Electron's main process: one type maps each channel to its signature, for both sides.
 * Every channel is a question with one answer. Nothing is pushed and no function crosses: what comes over time is asked
 * for again (`readStream`, `nextShellEvents`), so a window that does not read holds up nobody but itself.
 */
export interface IpcChannels {
  /** A request to the engine's API with a short answer. Answers of 400 and above are failures, as the engine worded them. */
  requestEngine(request: EngineRequest): EngineAnswer
  /** A request whose answer or body is long, or whose connection becomes a session. Answers the stream's number. */
  openStream(request: StreamRequest): number
  /** The answer's head; a failure of 400 and above ends the stream. With `upload` it may come only after `endStream`. */
  streamHead(stream: number): AnswerHead
  /** What has come in since, at least a byte; null at the end. One call at a time. */
  readStream(stream: number): Uint8Array | null
  /** Resolves once the engine takes more. */
  writeStream(stream: number, data: Uint8Array): void
  /** Ends what is written (the upload, a process's standard input); the answer goes on. */
  endStream(stream: number): void
  /** Ends the stream in both directions: the engine cancels what it was doing for it. */
  closeStream(stream: number): void
  /** Writes the rest of an answer to a file that the user chooses; null where they chose none. Ends the stream. */
  saveStream(stream: number, suggestedName: string): string | null

  engineState(): EngineState
  /** Starts the engine where none runs; resolves with the state that came of it. */
  startEngine(): EngineState

  /** What has happened since the last call; waits for something to happen. The first call answers at once. */
  nextShellEvents(): ShellEvent[]
  shellInfo(): ShellInfo
  desktopSettings(): DesktopSettings
  changeDesktopSettings(changes: Partial<DesktopSettings>): DesktopSettings
  windowCommand(command: WindowCommand): void
  /** https anywhere, http on this machine; everything else is refused. */
  openExternal(url: string): void
  /** Into the clipboard: the window itself is not permitted to. */
  copyText(text: string): void
  /** A folder for a bind mount; null where the user chose none. */
  chooseFolder(): string | null
}

export type IpcChannel = keyof IpcChannels

/** All channels, for the preload to bridge and the main process to answer. */
export const IPC_CHANNELS = [
  'requestEngine',
  'openStream',
  'streamHead',
  'readStream',
  'writeStream',
  'endStream',
  'closeStream',
  'saveStream',
  'engineState',
  'startEngine',
  'nextShellEvents',
  'shellInfo',
  'desktopSettings',
  'changeDesktopSettings',
  'windowCommand',
  'openExternal',
  'copyText',
  'chooseFolder',
] as const satisfies readonly IpcChannel[]

/** Errors lose all but their text on the way through Electron, so they cross as values. */
export type IpcResult<T> = { ok: true; value: T } | { ok: false; error: { code: ErrorCode; message: string } }

/** `window.ramet`, where the window runs in Electron. */
export type RametBridge = {
  readonly [Channel in IpcChannel]: (
    ...args: Parameters<IpcChannels[Channel]>
  ) => Promise<IpcResult<ReturnType<IpcChannels[Channel]>>>
}

export type EngineMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

export interface EngineRequest {
  method: EngineMethod
  /** With its query, without the version: `/containers/json?all=1`, `/ramet/v1/memory`. */
  path: string
  /** Sent as JSON. */
  body?: unknown
  /** For a registry, as the API's `X-Registry-Auth` has it. */
  registryAuth?: string
}

export interface StreamRequest extends EngineRequest {
  /** The body is what is written to the stream: an archive. */
  upload?: boolean
  /** Takes the connection over, as attach and exec do: what is written is the process's standard input. */
  hijack?: boolean
}

export interface AnswerHead {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
}

export interface EngineAnswer extends AnswerHead {
  /** Empty for 204 and 304. */
  text: string
}

export type EngineState =
  /** `after`: why the one before it ended, where there was one. */
  | { phase: 'starting'; after?: string }
  /** `own`: this application started it, and it ends with it; otherwise it was found running. */
  | { phase: 'running'; own: boolean; version: string }
  /** It is being looked for again; `message` says what happened and what to do. */
  | { phase: 'failed'; message: string }

/** Where in the window something leads: from the tray, a notification, a `ramet://` link. */
/** Those that something outside of the window leads to. */
export type ContainerTab = 'overview' | 'logs' | 'terminal' | 'checkpoints'

export type Place =
  | {
      page:
        | 'dashboard'
        | 'containers'
        | 'images'
        | 'templates'
        | 'volumes'
        | 'networks'
        | 'activity'
        | 'settings'
        | 'doctor'
    }
  | { page: 'container'; id: string; tab?: ContainerTab }
  | { page: 'run'; image?: string }

export type ShellEvent =
  | { type: 'engine'; state: EngineState }
  | { type: 'go'; place: Place }
  | { type: 'settings'; settings: DesktopSettings }
  /** To be shown for a while. */
  | { type: 'notice'; level: 'info' | 'error'; message: string }

export interface ShellInfo {
  version: string
  electron: string
  chromium: string
  /** `missing` where the desktop shows no tray icons (it has no StatusNotifier). */
  tray: 'shown' | 'missing'
}

export type WindowCommand = 'minimize' | 'toggle-maximize' | 'toggle-full-screen' | 'close' | 'quit'

export type NotificationKind = 'exited' | 'unhealthy' | 'outOfMemory' | 'pulled'

export interface DesktopSettings {
  theme: 'system' | 'light' | 'dark'
  startAtLogin: boolean
  /** Closing the window leaves the tray and the engine running. */
  keepInTray: boolean
  notifications: Record<NotificationKind, boolean>
}
