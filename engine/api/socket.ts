import { chmod, lstat, rename, rm, stat } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { EngineError } from '../../contract/errors.ts'

/** Longest path of a unix socket, without the zero at its end. */
const LONGEST = 107

/**
 * Has `server` listen on a unix socket that only its user may open. A socket that nobody listens on any more is
 * replaced. Rejects with CONFLICT where an engine answers there already. Resolves to what removes the file again.
 */
export async function listenOn(server: Server, path: string): Promise<() => Promise<void>> {
  const fresh = `${path}.new`
  if (Buffer.byteLength(fresh) > LONGEST) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `the path of the socket is too long (${path}): choose a home with a shorter path`,
    )
  }
  await refuseTaken(path)
  await rm(fresh, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(fresh, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // One rename: the name never stands for a socket that others may open, nor for none.
  await chmod(fresh, 0o600)
  const { ino } = await stat(fresh)
  await rename(fresh, path)
  return async () => {
    const now = await stat(path).catch(() => undefined)
    if (now?.ino === ino) await rm(path, { force: true })
  }
}

async function refuseTaken(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) {
    throw new EngineError('INVALID_ARGUMENT', `${path} is not a socket; remove it, or choose another home`)
  }
  if (await answers(path)) {
    throw new EngineError('CONFLICT', `an engine is already running on ${path}; stop it first`)
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else reject(error)
    })
  })
}
