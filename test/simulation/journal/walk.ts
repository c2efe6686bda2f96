/** What may happen next: one call to the disk or the lock, which nothing else can split. */
export interface Step<World> {
  /** Told in the story of a violation. */
  readonly name: string
  /** Changes a copy of the world. */
  readonly take: (world: World) => void
}

/** A world whose participants take steps in any order. One that is never chosen again has stopped for good. */
export interface Model<World, Violation extends string> {
  readonly start: World
  readonly copy: (world: World) => World
  /** Every step that can be taken now. */
  readonly steps: (world: World) => readonly Step<World>[]
  /** What is and must not be; `null` when all holds. */
  readonly violation: (world: World) => Violation | null
}

/** What a walk found. */
export interface WalkResult<Violation extends string> {
  /** How many different worlds it saw. */
  readonly states: number
  /** The first violation, with one of the shortest ways to it; `null` when all holds in every world. */
  readonly violation: { readonly kind: Violation; readonly story: readonly string[] } | null
}

/** A world, and the step that led to it. */
interface Visit<World> {
  readonly world: World
  readonly way: Way | null
}

interface Way {
  readonly before: Way | null
  readonly step: string
}

/** Goes through every order of steps, the short ones first. */
export function walk<World, Violation extends string>(model: Model<World, Violation>): WalkResult<Violation> {
  const seen = new Set([JSON.stringify(model.start)])
  let visits: Visit<World>[] = [{ world: model.start, way: null }]
  while (visits.length > 0) {
    const next: Visit<World>[] = []
    for (const visit of visits) {
      const kind = model.violation(visit.world)
      if (kind !== null) return { states: seen.size, violation: { kind, story: storyOf(visit.way) } }
      next.push(...follow(model, visit, seen))
    }
    visits = next
  }
  return { states: seen.size, violation: null }
}

/** Takes every step that leads to a world which was not seen yet. */
function follow<World, Violation extends string>({ copy, steps }: Model<World, Violation>, { world, way }: Visit<World>, seen: Set<string>): Visit<World>[] {
  return steps(world).flatMap(({ name, take }) => {
    const changed = copy(world)
    take(changed)
    const key = JSON.stringify(changed)
    if (seen.has(key)) return []
    seen.add(key)
    return [{ world: changed, way: { before: way, step: name } }]
  })
}

function storyOf(way: Way | null): string[] {
  const story: string[] = []
  for (let at = way; at !== null; at = at.before) story.unshift(at.step)
  return story
}
