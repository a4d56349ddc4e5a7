import { connect } from 'node:net'
import type { GuestConnection } from '../../guest/connections.ts'
import type { BindSources } from './bind-source.ts'
import type { MountRecord } from './record.ts'
import { descriptorPath } from './refused.ts'

/**
 * Connects what a container connected to one of its sockets with the bind's source, each direction for itself. `number`
 * is the guest's claim: only a bind of this container has one, and only a socket is connected to. It is opened anew
 * each time, so that a server that came back, its socket another, is found.
 */
export async function forwardConnection(
  mounts: MountRecord[],
  number: number,
  connection: GuestConnection,
  sources: BindSources,
): Promise<void> {
  const mount = mounts[number]
  try {
    if (mount?.type !== 'bind') throw new Error('the container has no such socket')
    const { kind, handle } = await sources.open(mount.source, { make: false })
    try {
      if (kind !== 'socket') throw new Error(`${mount.source} is no socket`)
      await join(descriptorPath(handle), connection)
    } finally {
      await handle.close()
    }
  } catch (error) {
    connection.hangUp()
    throw error
  }
}

/** Resolves once it is connected; what becomes of the connection after that is the two ends' business. */
function join(path: string, { input, output, hangUp }: GuestConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      output.pipe(socket)
      socket.pipe(input)
      resolve()
    })
    // After an end in order what is still on its way to the guest arrives.
    socket.once('close', (failed) => (failed || !socket.readableEnded ? hangUp() : undefined))
    for (const side of [input, output]) side.once('close', () => closedEarly(side) && socket.destroy())
  })
}

const closedEarly = (side: GuestConnection['input'] | GuestConnection['output']): boolean =>
  'readableEnded' in side ? !side.readableEnded : !side.writableFinished
