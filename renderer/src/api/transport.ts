import type { AnswerHead, EngineAnswer, EngineRequest, StreamRequest } from '../../../contract/ipc.ts'

/** One stream of the engine: a long answer, an upload, or a process's input and output. */
export interface EngineStream {
  /** Rejects with the engine's error where it refused. With `upload` it may come only after `end`. */
  head(): Promise<AnswerHead>
  /** What has come in since, at least a byte; null at the end. One call at a time. */
  read(): Promise<Uint8Array | null>
  /** Resolves once more may be written. */
  write(data: Uint8Array): Promise<void>
  /** Ends what is written; the answer goes on. */
  end(): Promise<void>
  /** Ends both directions: the engine cancels what it was doing. */
  close(): void
}

/** The way to the engine. Everything above it is the same in Electron and in a browser. */
export interface Transport {
  /** Rejects with the engine's error for an answer of 400 and above. */
  request(request: EngineRequest): Promise<EngineAnswer>
  open(request: StreamRequest): Promise<EngineStream>
  /** Writes a long answer to a file of the user's; false where they chose none. */
  save(request: StreamRequest, name: string): Promise<boolean>
  /** Starts the engine where none answers. */
  startEngine(): Promise<void>
}
