import type * as electron from 'electron'

/** All of Electron, in its own types. */
export type Electron = typeof electron

/**
 * A fake: the binary is not everywhere, and its windows need a display. It has only what a test gives; any other part
 * that is touched is an error that names it, so that nothing is called by accident.
 */
export function fakeElectron(parts: { [Name in keyof Electron]?: object }): Electron {
  const parted = Object.entries(parts).map(([name, part]) => [name, fake(`electron.${name}`, part)])
  return fake('electron', Object.fromEntries(parted) as object) as Electron
}

/** `given`, typed as the whole; what it lacks fails when it is touched. Functions stay what they are. */
export function fake<T extends object>(name: string, given: object): T {
  if (typeof given === 'function') return given as T
  return new Proxy(given, {
    get(target, property, receiver) {
      // A promise is told from other values by this; it is asked of everything that is awaited.
      if (property === 'then' || typeof property === 'symbol' || property in target)
        return Reflect.get(target, property, receiver) as unknown
      throw new Error(`the test's ${name} has no ${property}`)
    },
  }) as T
}
