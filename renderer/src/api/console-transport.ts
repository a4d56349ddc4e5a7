import { EngineError } from '../../../contract/errors.ts'
import type { AnswerHead, EngineAnswer, EngineRequest, StreamRequest } from '../../../contract/ipc.ts'
import { refusal } from './failure.ts'
import type { EngineStream, Transport } from './transport.ts'
import { Arrivals } from './arrivals.ts'

const SESSION = 'ramet.session'
/** Bytes that may wait in a WebSocket before writing waits for it. */
const MOST_WAITING = 1024 * 1024

/** The engine through the browser console (`ramet gui --browser`). Trades the link's token for a session first. */
export async function openConsoleTransport(): Promise<Transport> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1]
  if (token) {
    history.replaceState(null, '', location.pathname)
    const answer = await fetch('/session', { method: 'POST', body: token })
    if (answer.ok) sessionStorage.setItem(SESSION, await answer.text())
    else if (!sessionStorage.getItem(SESSION)) throw refusal(answer.status, (await answer.json()) as object)
  }
  return consoleTransport(sessionStorage.getItem(SESSION) ?? '')
}

function consoleTransport(secret: string): Transport {
  const authorization = { Authorization: `Bearer ${secret}` }

  async function request({ method, path, body, registryAuth }: EngineRequest): Promise<EngineAnswer> {
    const answer = await ask(`/api${path}`, {
      method,
      headers: {
        ...authorization,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(registryAuth && { 'X-Registry-Auth': registryAuth }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (answer.status >= 400) throw refusal(answer.status, parse(text))
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text }
  }

  return {
    request,
    open: (wanted) => openStream(secret, wanted),
    async save({ method, path }, name) {
      const answer = await ask(`/api${path}`, { method, headers: authorization })
      if (answer.status >= 400) throw refusal(answer.status, parse(await answer.text()))
      saveBlob(await answer.blob(), name)
      return true
    },
    async startEngine() {
      const answer = await ask('/engine/start', { method: 'POST', headers: authorization })
      if (answer.status >= 400) throw refusal(answer.status, parse(await answer.text()))
    },
  }
}

/** Has the browser write it to where it puts downloads. */
export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

async function ask(address: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(address, options)
  } catch (cause) {
    throw gone(cause)
  }
}

const gone = (cause?: unknown): EngineError =>
  new EngineError(
    'INTERNAL',
    "the browser console has ended; run 'ramet gui --browser' again and open the link it prints",
    { cause },
  )

function openStream(secret: string, wanted: StreamRequest): Promise<EngineStream> {
  const { promise: opened, resolve, reject } = Promise.withResolvers<EngineStream>()
  const head = Promise.withResolvers<AnswerHead>()
  const arrivals = new Arrivals()
  const socket = new WebSocket(`ws://${location.host}/stream`, ['ramet.v1', `ramet.session.${secret}`])
  socket.binaryType = 'arraybuffer'
  // Whoever only reads does not ask for the head.
  head.promise.catch(() => {})

  socket.onopen = () => {
    socket.send(JSON.stringify(wanted))
    resolve({
      head: () => head.promise,
      read: () => arrivals.next(),
      async write(data) {
        socket.send(data as Uint8Array<ArrayBuffer>)
        while (socket.bufferedAmount > MOST_WAITING && socket.readyState === socket.OPEN) {
          await new Promise((done) => setTimeout(done, 20))
        }
      },
      async end() {
        if (socket.readyState === socket.OPEN) socket.send('{"end":true}')
      },
      close() {
        arrivals.end()
        socket.close()
      },
    })
  }
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data !== 'string') return arrivals.add(new Uint8Array(data))
    const told = parse(data) as Partial<AnswerHead> & { end?: boolean; message?: string; code?: string }
    if (told.end) return arrivals.end()
    if (told.status === undefined) return
    if (told.status < 400) return head.resolve({ status: told.status, headers: told.headers ?? {} })
    const error = refusal(told.status, told)
    head.reject(error)
    arrivals.end(error)
  }
  socket.onclose = () => {
    const error = gone()
    reject(error)
    head.reject(error)
    arrivals.end(error)
  }
  return opened
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
