import { expect, test } from 'vitest'
import { EventBus } from './events.ts'

test('the last 1024 events are kept, in order', () => {
  const events = new EventBus()
  for (let number = 0; number < 5000; number++) events.emit('container', 'start', String(number), {})
  const ids = events.past().map(({ Actor }) => Number(Actor.ID))
  expect(ids).toEqual(Array.from({ length: 1024 }, (_, at) => 5000 - 1024 + at))
})
