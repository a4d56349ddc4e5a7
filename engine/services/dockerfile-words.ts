/** Words of a line, with quotes and escapes still in them. */
export function splitWords(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s])+/gs) ?? []
}

const PART = /\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/gs

/** Takes quotes and escapes away, and puts in the variables, as a Dockerfile means them. */
export function expandWord(word: string, env: string[]): string {
  return word.replace(
    PART,
    (
      whole,
      escaped?: string,
      single?: string,
      double?: string,
      bare?: string,
      name?: string,
      how?: string,
      other = '',
    ) => {
      if (escaped !== undefined) return escaped
      if (single !== undefined) return single
      // Within double quotes only some characters can be escaped, and single quotes mean themselves.
      if (double !== undefined)
        return double
          .split("'")
          .map((part) => expandDouble(part, env))
          .join("'")
      const value = valueOf(bare ?? name ?? whole, env)
      if (how === '-') return value === '' ? expandWord(other as string, env) : value
      if (how === '+') return value === '' ? '' : expandWord(other as string, env)
      return value
    },
  )
}

const expandDouble = (text: string, env: string[]): string =>
  expandWord(text.replace(/\\(?!["$\\])/g, '\\\\'), env)

function valueOf(name: string, env: string[]): string {
  return env.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}
