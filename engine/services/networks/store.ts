import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '../durable.ts'
import type { NetworkRecord } from './record.ts'

/** The records of networks on disk: a file each, by id. */
export class NetworkStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What is there. One that cannot be read is left where it is, and told to `log`. */
  async read(log: (message: string) => void): Promise<NetworkRecord[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const records: NetworkRecord[] = []
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      // Half written by an engine that was killed.
      if (name.endsWith('.new')) await rm(path, { force: true })
      else if (name.endsWith('.json')) {
        try {
          const record = JSON.parse(await readFile(path, 'utf8')) as NetworkRecord
          if (`${record.Id}.json` !== name || !record.Name) throw new Error('it is of another network')
          records.push(record)
        } catch (error) {
          log(`the network ${name} is left out, its record cannot be read: ${(error as Error).message}`)
        }
      }
    }
    return records
  }

  async write(record: NetworkRecord): Promise<void> {
    await writeDurably(this.#path(record), JSON.stringify(record))
  }

  async remove(record: NetworkRecord): Promise<void> {
    await rm(this.#path(record), { force: true })
    await syncFolder(this.#folder)
  }

  #path({ Id }: NetworkRecord): string {
    return join(this.#folder, `${Id}.json`)
  }
}
