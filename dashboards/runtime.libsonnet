local p = import 'lib/panel.libsonnet';

function(obskit)
  local run = obskit.runtime;
  local k = obskit.kubernetes;
  local rate(series) = 'rate(%s[$__rate_interval])' % p.own(series);
  local container(metric, extra='') = '%s{namespace="<<namespace>>", container="<<container>>"%s}' % [metric.name, extra];
  {
    title: 'runtime',
    description: 'The Python processes of the service and their containers: CPU, memory, pauses, and the limits they run into.',
    panels: [
      p.timeseries('cpu', 'CPU', run.cpu_time.brief, 'short', [p.query('sum by (instance) (%s)' % rate(run.cpu_time.name), '{{instance}}')], width=8),
      p.timeseries('memory', 'Memory', run.memory_usage.brief, 'bytes', [p.query('sum by (instance) (%s)' % p.fresh(run.memory_usage.name), '{{instance}}')], width=8),
      p.timeseries('pauses', 'Pauses', 'Garbage collection and event-loop lag, p99.', 's', [
        p.query('histogram_quantile(0.99, sum by (le) (%s))' % rate(run.gc_pause.bucket), 'garbage collection'),
        p.query('histogram_quantile(0.99, sum by (le) (%s))' % rate(run.event_loop_lag.bucket), 'event loop'),
      ], width=8),
      p.timeseries('executors', 'Wait for a thread', 'How long work waited for a free thread of its pool, p99.', 's', [
        p.query('histogram_quantile(0.99, sum by (le, %s) (%s))' % [run.executor_wait_time.labels.executor, rate(run.executor_wait_time.bucket)], '{{%s}}' % run.executor_wait_time.labels.executor),
      ], width=8),
      p.timeseries('limit', 'Memory and its limit', 'Memory of each container that cannot be taken back, and the lowest limit.', 'bytes', [
        p.query('max by (pod) (%s)' % container(k.memory_working_set), '{{pod}}'),
        p.query('min(%s)' % container(k.container_resource_limits, ', resource="memory"'), 'limit'),
      ], width=8),
      p.timeseries('threads', 'Threads', run.thread_count.brief, 'short', [p.query('sum by (instance) (%s)' % p.fresh(run.thread_count.name), '{{instance}}')], width=8),
    ],
  }
