import { request, type IncomingMessage } from 'node:http'
import { PassThrough, type Duplex, type Readable, type Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { StreamRequest } from '../../contract/ipc.ts'
import { returned, unreachable } from './proxy.ts'

/** The longest message of a page, and what may wait for one that does not read. */
export const MESSAGE_MAX = 1024 * 1024

/**
 * One stream of the engine on one WebSocket, because a browser opens no more than six plain connections to a server.
 * Texts are about the stream, binary messages are its bytes. The page begins with a `StreamRequest`; it is answered
 * `{status, headers}`, with the error's `message` and `code` where that is 400 or more. `{"end":true}` ends one
 * direction; closing the WebSocket ends both, and the engine cancels what it was doing.
 */
export function serveStream(client: WebSocket, socketPath: string): void {
  client.on('error', () => client.terminate())
  client.once('message', (data, isBinary) => {
    const wanted = isBinary ? undefined : read(data.toString())
    if (!wanted) return client.close(1002, 'no request')
    // What the page sends may come before the engine has answered.
    const sent = new PassThrough()
    receive(client, sent)
    open(client, socketPath, wanted, sent)
  })
}

function read(text: string): StreamRequest | undefined {
  try {
    const value = JSON.parse(text) as Partial<StreamRequest> | null
    const good =
      typeof value?.path === 'string' &&
      value.path.startsWith('/') &&
      /^(GET|POST|PUT)$/.test(value.method ?? '')
    return good ? (value as StreamRequest) : undefined
  } catch {
    return undefined
  }
}

function open(client: WebSocket, socketPath: string, wanted: StreamRequest, sent: Readable): void {
  const payload = wanted.body === undefined ? undefined : JSON.stringify(wanted.body)
  const { method, path } = wanted
  const call = request({ socketPath, method, path, agent: false, headers: headersOf(wanted, payload) })
  client.once('close', () => call.destroy())
  call.once('upgrade', (answer, socket: Duplex, head: Buffer) => {
    if (head.length > 0) socket.unshift(head)
    client.once('close', () => socket.destroy())
    tell(client, { status: answer.statusCode, headers: returned(answer.headers) })
    deliver(client, socket)
    sent.pipe(socket)
  })
  call.once('response', (answer) => void respond(client, answer).catch(() => client.terminate()))
  call.once('error', (error) => {
    const { message, code } = unreachable(error)
    tell(client, { status: 502, headers: {}, message, code })
    close(client)
  })
  if (wanted.upload) sent.pipe(call)
  else call.end(payload)
}

function headersOf(wanted: StreamRequest, payload: string | undefined): Record<string, string | number> {
  const { upload, hijack, registryAuth } = wanted
  return {
    ...(payload !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(payload),
    }),
    ...(upload && { 'Content-Type': 'application/x-tar', 'Transfer-Encoding': 'chunked' }),
    ...(typeof registryAuth === 'string' && { 'X-Registry-Auth': registryAuth }),
    ...(hijack && { Connection: 'Upgrade', Upgrade: 'tcp' }),
  }
}

async function respond(client: WebSocket, answer: IncomingMessage): Promise<void> {
  const head = { status: answer.statusCode ?? 502, headers: returned(answer.headers) }
  if (head.status < 400) {
    tell(client, head)
    return deliver(client, answer)
  }
  let text = ''
  for await (const part of answer) text += String(part)
  tell(client, { ...head, ...(JSON.parse(text || '{}') as object) })
  close(client)
}

/** The engine's bytes to the page, no faster than it takes them. */
function deliver(client: WebSocket, source: Readable): void {
  source.on('data', (data: Buffer) => {
    if (client.readyState !== client.OPEN) return
    client.send(data, { binary: true }, () => source.resume())
    if (client.bufferedAmount > MESSAGE_MAX) source.pause()
  })
  source.once('end', () => {
    tell(client, { end: true })
    close(client)
  })
  source.once('error', () => client.terminate())
}

/** The page's bytes to the engine. */
function receive(client: WebSocket, sink: Writable): void {
  client.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return void sink.end()
    if (sink.writableEnded || sink.write(data)) return
    client.pause()
    sink.once('drain', () => client.resume())
  })
}

function tell(client: WebSocket, message: object): void {
  if (client.readyState === client.OPEN) client.send(JSON.stringify(message))
}

/** One that is paused would not hear that the page has closed too. */
function close(client: WebSocket): void {
  client.resume()
  client.close()
}
