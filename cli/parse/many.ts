import { Option } from 'commander'

const gather = (value: string, before: string[]): string[] => [...before, value]

/** A flag that may be given again and again. */
export function many(flags: string, description: string): Option {
  return new Option(flags, description).default([]).argParser(gather)
}
