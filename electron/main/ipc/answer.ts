import type { IpcMain, WebContents } from 'electron'
import { EngineError } from '../../../contract/errors.ts'
import { IPC_CHANNELS, type IpcChannel, type IpcChannels, type IpcResult } from '../../../contract/ipc.ts'
import { ARGUMENTS } from './schemas.ts'
import { isTrusted } from './sender.ts'

/** What answers the channels; `sender` is the window that asks. */
export type Handlers = {
  [Channel in IpcChannel]: (
    sender: WebContents,
    ...args: Parameters<IpcChannels[Channel]>
  ) => ReturnType<IpcChannels[Channel]> | Promise<ReturnType<IpcChannels[Channel]>>
}

/** The only place where messages of a window come in: who sends them and what they hold is checked before they count. */
export function answerIpc(
  { ipcMain }: { ipcMain: IpcMain },
  handlers: Handlers,
  log: (message: string) => void,
): void {
  for (const channel of IPC_CHANNELS) {
    ipcMain.handle(channel, async (event, ...args): Promise<IpcResult<unknown>> => {
      try {
        if (!isTrusted(event)) {
          log(`refused ${channel} of ${event.senderFrame?.url ?? 'a frame that is gone'}`)
          throw new EngineError('FORBIDDEN', 'only the window itself may ask for this')
        }
        const handler = handlers[channel] as (sender: WebContents, ...args: unknown[]) => unknown
        return { ok: true, value: await handler(event.sender, ...checked(channel, args)) }
      } catch (error) {
        return { ok: false, error: described(error, (message) => log(`${channel}: ${message}`)) }
      }
    })
  }
}

function checked(channel: IpcChannel, args: unknown[]): unknown[] {
  const { success, data, error } = ARGUMENTS[channel].safeParse(args)
  if (success) return data
  const [issue] = error.issues
  throw new EngineError(
    'INVALID_ARGUMENT',
    `${channel}: ${issue?.path.slice(1).join('.') || 'argument'} ${issue?.message ?? 'is wrong'}`,
  )
}

function described(
  error: unknown,
  log: (message: string) => void,
): { code: EngineError['code']; message: string } {
  if (error instanceof EngineError) return { code: error.code, message: error.message }
  const failure = error as Error
  log(failure.stack ?? String(error))
  return { code: 'INTERNAL', message: failure.message }
}
