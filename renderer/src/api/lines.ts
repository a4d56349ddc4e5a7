import type { EngineStream } from './transport.ts'

/** The values of a stream of JSON lines, as many at a time as came together. */
export async function* jsonLines<T>(stream: EngineStream): AsyncGenerator<T[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const data = await stream.read()
    rest += data === null ? decoder.decode() : decoder.decode(data, { stream: true })
    const lines = rest.split('\n')
    rest = data === null ? '' : lines.pop()!
    const values = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T)
    if (values.length > 0) yield values
    if (data === null) return
  }
}
