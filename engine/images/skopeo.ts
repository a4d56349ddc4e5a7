import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegistryAuth } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { MAX_JSON_BYTES } from './json.ts'
import { loginError } from './login.ts'
import { pushError } from './push-errors.ts'
import { registryError } from './skopeo-errors.ts'

const MAX_STDERR = 64 * 1024
/** For a manifest or config, retries of its own included: some registries take a connection and then say nothing. */
const INSPECT_MS = 120_000

/** How one registry is spoken to. */
export interface Access {
  host: string
  /** Without TLS, or with a certificate that nobody vouches for. */
  insecure: boolean
  /** A docker config.json; without it skopeo looks where it always looks, `~/.docker/config.json` among others. */
  authFile?: string
}

/** Raw bytes of a manifest or, with `config`, of the config. Rejects as registryError says. */
export async function inspectRaw(
  reference: string,
  access: Access,
  options: { config?: boolean; signal?: AbortSignal },
): Promise<Buffer> {
  const args = ['inspect', '--raw', ...(options.config ? ['--config'] : []), ...flags('', access)]
  // One byte more than is accepted: the parser then refuses it with its own words.
  const limit = new AbortController()
  const why = `the registry ${access.host} did not answer for ${reference} in ${INSPECT_MS / 1000} seconds; try again`
  const timer = setTimeout(() => limit.abort(new EngineError('REGISTRY_UNREACHABLE', why)), INSPECT_MS)
  const signal = AbortSignal.any([limit.signal, ...(options.signal ? [options.signal] : [])])
  try {
    const result = await skopeo([...args, `docker://${reference}`], MAX_JSON_BYTES + 2, signal)
    if (result.code !== 0) throw registryError(result.stderr, reference, access.host)
    return result.stdout
  } finally {
    clearTimeout(timer)
  }
}

/** Copies an image's blobs to `blobs`/sha256/HEX, skipping those that are there. `scratch` is where it works. */
export async function copyBlobs(
  reference: string,
  access: Access,
  to: { scratch: string; blobs: string },
  signal?: AbortSignal,
): Promise<void> {
  const args = [
    ...['copy', '--quiet', '--retry-times', '2', ...flags('src-', access)],
    ...['--dest-oci-accept-uncompressed-layers', '--dest-shared-blob-dir', to.blobs],
    ...[`docker://${reference}`, `oci:${to.scratch}:image`],
  ]
  const result = await skopeo(args, 0, signal)
  if (result.code !== 0) throw registryError(result.stderr, reference, access.host)
}

/**
 * Pushes the only image of an OCI layout with the digests that it has. `onStart` is told the process's id. Rejects as
 * pushError says.
 */
export async function copyToRegistry(
  layout: string,
  reference: string,
  access: Access,
  options: { signal?: AbortSignal; onStart?(pid: number): void },
): Promise<void> {
  const args = ['copy', '--quiet', '--retry-times', '2', '--preserve-digests', ...flags('dest-', access)]
  const result = await skopeo([...args, `oci:${layout}`, `docker://${reference}`], 0, options.signal, options)
  if (result.code !== 0) throw pushError(result.stderr, reference, access.host)
}

/** Has a registry check a login; `authFile` is where skopeo then keeps it. Rejects as loginError says. */
export async function checkLogin(
  { username = '', password = '' }: RegistryAuth,
  access: Access & { authFile: string },
  signal?: AbortSignal,
): Promise<void> {
  const args = ['login', ...flags('', access), `--username=${username}`, '--password-stdin', access.host]
  const result = await skopeo(args, 0, signal, { input: password })
  if (result.code !== 0) throw loginError(result.stderr, access.host)
}

function flags(side: '' | 'src-' | 'dest-', access: Access): string[] {
  const config = join(process.env['DOCKER_CONFIG'] ?? '', 'config.json')
  const auth = access.authFile ?? (process.env['DOCKER_CONFIG'] && existsSync(config) ? config : undefined)
  return [
    ...(access.insecure ? [`--${side}tls-verify=false`] : []),
    ...(auth ? [`--${side}authfile`, auth] : []),
  ]
}

/** Writes credentials where only this user reads them; undefined where there are none. */
export async function writeAuthFile(
  folder: string,
  domain: string,
  auth: RegistryAuth | undefined,
): Promise<string | undefined> {
  const { username = '', password = '', identitytoken } = auth ?? {}
  if (!username && !identitytoken) return undefined
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const path = join(folder, 'auth.json')
  const entry = { auth: basic, ...(identitytoken && { identitytoken }) }
  await writeFile(path, JSON.stringify({ auths: { [domain]: entry } }), { mode: 0o600, flag: 'wx' })
  return path
}

interface Finished {
  code: number
  stdout: Buffer
  stderr: string
}

function skopeo(
  args: string[],
  maxStdout: number,
  signal?: AbortSignal,
  { input, onStart }: { input?: string; onStart?(pid: number): void } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const child = spawn('skopeo', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    // One that ends without reading its input has said why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    if (child.pid !== undefined) onStart?.(child.pid)
    const stdout: Buffer[] = []
    let stdoutBytes = 0
    let stderr = ''
    const kill = (): void => void child.kill('SIGKILL')
    signal?.addEventListener('abort', kill, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdoutBytes < maxStdout) stdout.push(chunk.subarray(0, maxStdout - stdoutBytes))
      stdoutBytes += chunk.length
    })
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-MAX_STDERR)))
    child.once('error', (error: NodeJS.ErrnoException) => {
      const message =
        'skopeo, which talks to registries, is not installed; install it with `apt install skopeo`'
      reject(error.code === 'ENOENT' ? new EngineError('TOOL_MISSING', message, { cause: error }) : error)
    })
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) return reject(signal.reason as Error)
      if (killedBy) stderr += `\nskopeo was killed by ${killedBy}`
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout), stderr })
    })
  })
}
