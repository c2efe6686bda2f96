import type { Registry } from 'prom-client'

/** The value of one time series; `undefined` if there is none. */
export async function metricValue(registry: Registry, name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const metrics = await registry.getMetricsAsJSON()
  const values: readonly { value: number; labels: object; metricName?: string }[] = metrics.flatMap((metric) => metric.values)
  const wanted = JSON.stringify(labels)
  const family = metrics.find((metric) => metric.name === name)
  return (family?.values ?? values.filter(({ metricName }) => metricName === name)).find((value) => JSON.stringify(value.labels) === wanted)?.value
}
