import { z } from 'zod'
import type { IpcChannel, IpcChannels } from '../../../contract/ipc.ts'

const TEXT_MAX = 4 * 1024 * 1024
const PATH_MAX = 16 * 1024
const CHUNK_MAX = 4 * 1024 * 1024

/** Printable ASCII, no fragment: what a request line may hold. */
const path = z
  .string()
  .max(PATH_MAX)
  .regex(/^\/[\x21-\x22\x24-\x7e]*$/, 'must be a path on the engine')

const engineRequest = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']),
  path,
  body: z.unknown().optional(),
  registryAuth: z
    .string()
    .max(32 * 1024)
    .regex(/^[\w=-]*$/, 'must be base64url')
    .optional(),
})
const streamRequest = engineRequest.extend({ upload: z.boolean().optional(), hijack: z.boolean().optional() })
const stream = z.int().positive()
const on = z.boolean().optional()

type Schemas = { [Channel in IpcChannel]: z.ZodType<Parameters<IpcChannels[Channel]>> }

/** What each channel takes; anything else never reaches its handler. */
export const ARGUMENTS: Schemas = {
  requestEngine: z.tuple([engineRequest]),
  openStream: z.tuple([streamRequest]),
  streamHead: z.tuple([stream]),
  readStream: z.tuple([stream]),
  writeStream: z.tuple([
    stream,
    z.instanceof(Uint8Array).refine(({ length }) => length <= CHUNK_MAX, 'is too long'),
  ]),
  endStream: z.tuple([stream]),
  closeStream: z.tuple([stream]),
  saveStream: z.tuple([stream, z.string().min(1).max(255)]),
  engineState: z.tuple([]),
  startEngine: z.tuple([]),
  nextShellEvents: z.tuple([]),
  shellInfo: z.tuple([]),
  desktopSettings: z.tuple([]),
  changeDesktopSettings: z.tuple([
    z.strictObject({
      theme: z.enum(['system', 'light', 'dark']).optional(),
      startAtLogin: on,
      keepInTray: on,
      notifications: z
        .strictObject({
          exited: z.boolean(),
          unhealthy: z.boolean(),
          outOfMemory: z.boolean(),
          pulled: z.boolean(),
        })
        .optional(),
    }),
  ]),
  windowCommand: z.tuple([z.enum(['minimize', 'toggle-maximize', 'toggle-full-screen', 'close', 'quit'])]),
  openExternal: z.tuple([z.string().max(PATH_MAX)]),
  copyText: z.tuple([z.string().max(TEXT_MAX)]),
  chooseFolder: z.tuple([]),
}
