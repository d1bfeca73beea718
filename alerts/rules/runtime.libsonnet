// Recorded series of the Python process and its container: timers and work that are late, periods that are throttled.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local k = obskit.kubernetes;
  local container = '<<by>>namespace, pod, container';
  // Two families of series, of the same shape: how many there were in a window, and the share that was 100 ms late.
  local family(name, metric, labels) =
    local in_window(series) = 'sum by (%s) (rate(%s[<<window_long>>])) * <<window_long_count>>' % [q.by(['instance'] + labels), series];
    local n = q.select('obskit:%s:count' % name);
    local late = q.select('obskit:%s_late:count' % name);
    local p = q.select('obskit:%s_late:ratio' % name);
    [
      record('obskit:%s:count' % name, in_window(q.select(metric.count))),
      record('obskit:%s_late:count' % name, 'clamp_min(%s - %s, 0)' % [n, in_window(q.select(metric.bucket, 'le="0.1"'))]),
      record('obskit:%s_late:ratio' % name, 'clamp(%s / (%s > 0), 0, 1)' % [late, n]),
      record('obskit:%s_late:bound' % name, q.wilson(n, p)),
    ];
  local periods(metric) = 'sum by (%s) (rate(%s[5m]))' % [container, q.container(metric.name)];
  family('event_loop', obskit.runtime.event_loop_lag, [])
  + family('executor', obskit.runtime.executor_wait_time, [obskit.runtime.executor_wait_time.labels.executor])
  + [
    // One period a second: a container that hardly runs is often stopped in one of its few periods.
    record('obskit:container_cpu_throttled:ratio', '%s / (%s > 1)' % [periods(k.cpu_throttled_periods), periods(k.cpu_periods)]),
  ]
