import { readFile } from 'node:fs/promises'
import type { Rectangle } from 'electron'
import { replaceFile } from './settings.ts'

export interface WindowState {
  bounds: Rectangle
  maximized: boolean
  fullScreen: boolean
}

export const SMALLEST = { width: 800, height: 560 }
const FIRST = { width: 1280, height: 800 }

/** Serves: window state kept. What was saved, where some of it can still be seen; else the first size, in the middle. */
export async function readWindowState(
  file: string,
  workAreas: Rectangle[],
): Promise<{
  bounds: Partial<Rectangle> & { width: number; height: number }
  maximized: boolean
  fullScreen: boolean
}> {
  const saved = await readFile(file, 'utf8').then(parse, () => undefined)
  if (!saved) return { bounds: FIRST, maximized: false, fullScreen: false }
  const { bounds, maximized, fullScreen } = saved
  const width = Math.max(bounds.width, SMALLEST.width)
  const height = Math.max(bounds.height, SMALLEST.height)
  const seen = workAreas.some((area) => overlap(area, bounds))
  return { bounds: seen ? { ...bounds, width, height } : { width, height }, maximized, fullScreen }
}

export function saveWindowState(file: string, state: WindowState): Promise<void> {
  return replaceFile(file, JSON.stringify(state))
}

function parse(text: string): WindowState | undefined {
  try {
    const { bounds, maximized, fullScreen } = JSON.parse(text) as Partial<WindowState>
    const { x, y, width, height } = bounds ?? ({} as Partial<Rectangle>)
    if (![x, y, width, height].every(Number.isInteger)) return undefined
    return {
      bounds: { x, y, width, height } as Rectangle,
      maximized: maximized === true,
      fullScreen: fullScreen === true,
    }
  } catch {
    return undefined
  }
}

/** So much that it can be taken hold of. */
function overlap(a: Rectangle, b: Rectangle): boolean {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return wide >= 100 && high >= 50
}
