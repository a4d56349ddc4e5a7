import type { ContainerConfig, ContainerCreateRequest } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { mergeHealthcheck } from './health.ts'

/** Docker accepts one word where a list is meant. */
function list(value: string[] | string | null | undefined): string[] {
  if (typeof value === 'string') return value ? [value] : []
  return value ?? []
}

/** Later wins, by name; order of first appearance stays. */
export function mergeEnv(...lists: (string[] | null | undefined)[]): string[] {
  const merged = new Map<string, string>()
  for (const entry of lists.flatMap((each) => each ?? [])) merged.set(entry.split('=', 1)[0]!, entry)
  // A name without `=` takes the variable away that the image set.
  return [...merged.values()].filter((entry) => entry.includes('='))
}

/** The image's config with the request's on top, as Docker merges them. Rejects a container without a command. */
export function mergeConfig(
  image: ContainerConfig,
  request: ContainerCreateRequest,
  id: string,
): ContainerConfig {
  const { HostConfig, NetworkingConfig, ...own } = request
  const entrypointGiven = request.Entrypoint !== undefined && request.Entrypoint !== null
  // Docker's way to clear an image's entrypoint is a list of one empty word.
  const entrypoint = list(entrypointGiven ? request.Entrypoint : image.Entrypoint).filter(
    (word, at, all) => !(all.length === 1 && at === 0 && word === ''),
  )
  const cmdGiven = list(request.Cmd).length > 0
  const cmd = cmdGiven ? list(request.Cmd) : entrypointGiven ? [] : list(image.Cmd)
  if (entrypoint.length + cmd.length === 0) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      'no command specified: the image names none; give one after the image',
    )
  }
  return {
    ...own,
    Hostname: request.Hostname || id.slice(0, 12),
    Domainname: request.Domainname ?? '',
    User: request.User || image.User || '',
    Tty: request.Tty ?? false,
    OpenStdin: request.OpenStdin ?? false,
    StdinOnce: request.StdinOnce ?? false,
    Env: mergeEnv(image.Env, request.Env),
    Cmd: cmd.length ? cmd : null,
    Entrypoint: entrypoint.length ? entrypoint : null,
    ExposedPorts: { ...image.ExposedPorts, ...request.ExposedPorts },
    Volumes: { ...image.Volumes, ...request.Volumes },
    WorkingDir: request.WorkingDir || image.WorkingDir || '/',
    Labels: { ...image.Labels, ...request.Labels },
    StopSignal: request.StopSignal || image.StopSignal,
    StopTimeout: request.StopTimeout ?? image.StopTimeout,
    Healthcheck: mergeHealthcheck(image.Healthcheck, request.Healthcheck),
    Shell: request.Shell ?? image.Shell,
  }
}

/** Entrypoint and command as the one argument list that is executed. */
export function argv(config: ContainerConfig): string[] {
  return [...list(config.Entrypoint), ...list(config.Cmd)]
}
