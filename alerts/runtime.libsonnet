// Alerts on the Python process and its container: a loop and threads that are late, collections, throttling, memory.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local r = obskit.runtime;
  local k = obskit.kubernetes;
  local container = '<<by>>namespace, pod, container';
  local names = {
    each: q.by(['instance']),
    container: container,
    ticks: q.select(r.event_loop_lag.count),
    active: q.fresh(obskit.http.server_active_requests.name),
    pauses: q.select(r.gc_pause.sum),
    throttled: q.container('obskit:container_cpu_throttled:ratio'),
    suffering: q.select(obskit.telemetry.alerts.name, 'alertstate="firing", alertname=~"ObskitServiceSlow|ObskitServiceLatencyBudgetHour|ObskitRuntimeEventLoopLate"'),
    working: q.container(k.memory_working_set.name),
    used: 'max by (%s) (%s)' % [container, q.container(k.memory_working_set.name)],
    limit: 'max by (%s) (%s)' % [container, q.container(k.container_resource_limits.name, 'resource="memory"')],
  };
  [
    a.alert('ObskitRuntimeEventLoopLate', {
      judged: true,
      'for': '1m', // longer than a start takes
      keep_firing_for: '1m',
      latency_class: 'normal',
      value: q.select('obskit:event_loop_late:bound'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{instance}}',
      params: { share: a.param('0.05', 0.001, 1, 'ratio', 'Share of late timers that even the lower bound (three sigma) exceeds.') },
      summary: 'An event loop runs its timers late.',
      description: 'At least {{ $value | humanizePercentage }} of the timers of {{ $labels.instance }} run more than 100 ms late: something blocks its event loop.',
      fault: 'half of the timers of an event loop run more than 100 ms late',
      window_share: '0.4',
      budget: 111,
      inhibited_by: a.held(['ObskitRuntimeEventLoopStuck'], ['instance']),
    }),
    a.alert('ObskitRuntimeEventLoopStuck', {
      judged: true,
      keep_firing_for: '1m',
      severity: 'critical',
      // The process sends its metrics on another thread. A loop that has ended has no request left.
      value: 'sum by (%(each)s) (rate(%(ticks)s[<<window>>]))' % names,
      below: '<<param:ticks>>',
      guard: 'on (%(each)s) sum by (%(each)s) (%(active)s) > 0' % names,
      unit: 'ops',
      legend: '{{instance}}',
      params: { ticks: a.param('0.1', 0.001, 1, 'timers a second', 'Timers that run; there are two a second and loop.') },
      summary: 'An event loop stands still.',
      description: 'The event loop of {{ $labels.instance }} has not run a timer for a while, and requests wait in it.',
      fault: 'a call blocks the event loop for good',
      window_share: '1',
      budget: 21,
    }),
    a.alert('ObskitRuntimeExecutorSaturated', {
      judged: true,
      'for': '30s',
      keep_firing_for: '1m',
      latency_class: 'normal',
      value: q.select('obskit:executor_late:bound'),
      above: '<<param:share>>',
      guard: q.select('obskit:executor_late:count') + ' >= <<param:minimum>>',
      unit: 'percentunit',
      legend: '{{instance}} {{%s}}' % r.executor_wait_time.labels.executor,
      params: {
        share: a.param('0.05', 0.001, 1, 'ratio', 'Share of late work that even the lower bound (three sigma) exceeds.'),
        minimum: a.param('5', 1, 100000, 'pieces of work', 'Late work in the window, at the least.'),
      },
      summary: 'Work waits for a free thread.',
      description: 'At least {{ $value | humanizePercentage }} of the work for the threads of {{ $labels.%s }} in {{ $labels.instance }} waits longer than 100 ms for one of them.' % r.executor_wait_time.labels.executor,
      fault: 'half of the work waits 250 ms for a free thread',
      window_share: '0.4',
      budget: 81,
    }),
    a.alert('ObskitRuntimeGarbageCollection', {
      judged: true,
      'for': '30s',
      keep_firing_for: '1m',
      latency_class: 'normal',
      value: 'sum by (%(each)s) (rate(%(pauses)s[<<window_longest>>]))' % names,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{instance}}',
      params: { share: a.param('0.1', 0.001, 1, 'ratio', 'Share of the time.') },
      summary: 'A process spends its time collecting garbage.',
      description: '{{ $labels.instance }} stands still for {{ $value | humanizePercentage }} of the time while garbage is collected.',
      fault: 'a process stands still for a fifth of the time',
      window_share: '0.9',
      budget: 121,
    }),
    a.alert('ObskitRuntimeCpuThrottled', {
      'for': '1m',
      keep_firing_for: '5m',
      latency_class: 'slow',
      severity: 'info',
      // Throttling alone is common and harmless: it is told of as the likely cause of what is felt, or when it is extreme.
      value: names.throttled,
      above: '<<param:share>>',
      guard: |||
        on (%(container)s) (
          %(throttled)s > <<param:extreme>>
          or %(throttled)s and on (<<by>>) %(suffering)s
        )
      ||| % names,
      unit: 'percentunit',
      legend: '{{pod}}',
      params: {
        share: a.param('0.25', 0.01, 1, 'ratio', 'Share of throttled periods while requests are slow or an event loop is late.'),
        extreme: a.param('0.8', 0.01, 1, 'ratio', 'Share of throttled periods that is too much in any case.'),
      },
      summary: 'A container is held back by its CPU limit.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} had to wait in {{ $value | humanizePercentage }} of the periods in which it wanted to run.',
      fault: 'every period of a container is throttled',
      window_share: '0.85',
      source: 'scrape',
      budget: 352,
    }),
    a.alert('ObskitRuntimeMemoryNearLimit', {
      'for': '2m',
      keep_firing_for: '5m',
      latency_class: 'normal',
      value: '%(used)s / on (%(container)s) %(limit)s' % names,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{pod}}',
      params: { share: a.param('0.9', 0.1, 1, 'ratio', 'Memory that cannot be taken back, against the limit.') },
      summary: 'A container is near its memory limit.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit; at the limit it is killed.',
      fault: 'a container uses 95 % of its memory limit',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitRuntimeMemoryRunsOut', {
      'for': '15m',
      latency_class: 'slow',
      // After a start memory grows and levels out: a container is judged when it is older than the line through an hour.
      value: '(%(limit)s - on (%(container)s) %(used)s) / on (%(container)s) (max by (%(container)s) (deriv(%(working)s[1h]) and %(working)s offset 1h) > 0)' % names,
      below: '<<param:seconds>>',
      guard: 'on (%(container)s) %(used)s / on (%(container)s) %(limit)s > <<param:share>>' % names,
      unit: 's',
      legend: '{{pod}}',
      params: {
        seconds: a.param('14400', 600, 604800, 'seconds', 'Time until the limit, as the last hour went on.'),
        share: a.param('0.6', 0, 1, 'ratio', 'Memory against the limit, at the least.'),
      },
      summary: 'The memory of a container runs out.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} reaches its memory limit in {{ $value | humanizeDuration }} when it grows on as in the last hour.',
      fault: 'memory begins to grow by a fifth of its limit an hour',
      window_share: '0.5',
      source: 'scrape',
      budget: 2740,
      inhibited_by: a.held(['ObskitRuntimeMemoryNearLimit'], ['pod', 'container']),
    }),
  ]
