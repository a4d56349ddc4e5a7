import { honoured, idle, only, refused, type Rules } from './rule.ts'

/** The fields of a create request beside HostConfig and NetworkingConfig. One row each. */
export const CONFIG_RULES: Rules = {
  Hostname: honoured('host name of the VM; the first 12 digits of the id where it is not given'),
  Domainname: honoured('NIS domain name, and behind the host name in /etc/hosts'),
  User: honoured('looked up in the container’s own /etc/passwd and /etc/group'),
  AttachStdin: idle('tells a client what it attached; attaching is a request of its own'),
  AttachStdout: idle('the same'),
  AttachStderr: idle('the same'),
  ExposedPorts: honoured('shown, and published by PublishAllPorts'),
  Tty: honoured('a terminal of the guest'),
  OpenStdin: honoured('standard input stays open while nobody is attached'),
  StdinOnce: honoured('the first client that ends its input ends that of the process'),
  Env: honoured('on top of the image’s; a name without = takes one away'),
  Cmd: honoured('replaces the image’s'),
  Healthcheck: honoured('probed by the engine with an exec'),
  ArgsEscaped: only([false], 'it is for Windows; leave it out'),
  Image: honoured('by name, tag, digest or id'),
  Volumes: honoured('a volume without a name at each place where nothing else is mounted'),
  WorkingDir: honoured('made where it is not there'),
  Entrypoint: honoured('replaces the image’s, and its command with it; a list of one empty word clears it'),
  NetworkDisabled: refused('use the network mode none'),
  MacAddress: honoured('of the endpoint in the first network'),
  OnBuild: idle('is only read by who builds on an image'),
  Labels: honoured('on top of the image’s'),
  StopSignal: honoured('sent by stop'),
  StopTimeout: honoured('seconds between that and SIGKILL; -1 waits for good'),
  Shell: honoured('what a health check’s line is given to'),
  HostConfig: honoured('see there'),
  NetworkingConfig: honoured('see there'),
  // Of docker-compose 1, which sends it at both places.
  Runtime: only(['ramet'], 'every container is a VM; leave it out'),
}
