// Alerts on the telemetry itself, as the service's processes tell of it: what is given up, and what no longer comes.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local t = obskit.telemetry;
  local signal = t.signal.label;
  local names = {
    job: q.by(),
    instance: q.by(['instance']),
    exported: q.select('obskit:telemetry_exported:count', '%s=~"traces|logs"' % signal),
    processes: q.select('obskit:telemetry_processes:count'),
    requests: q.select('obskit:telemetry_requests:count'),
    count: q.select('obskit:telemetry_lost:count1h'),
    lost: q.select('obskit:telemetry_lost:ratio1h'),
    metrics: q.select(t.exported.name, '%s="metrics"' % signal),
    pushes: 'last_over_time(%s[<<window_long>>])' % q.select(t.target_info.name),
    running: q.container(obskit.kubernetes.container_running.name),
  };
  // Processes that send from pods, where nothing tells of their containers. It fires for as long as that is so, and not for
  // an hour: alerts that were never able to see are no better than those that went blind. Outside of Kubernetes none can.
  local unseen(series) = |||
    count by (%(job)s) (%(processes)s)
    unless on (<<by>>) %(series)s
  ||| % { job: q.by(), processes: q.fresh(t.target_info.name, 'k8s_pod_name!=""'), series: q.container(series) };
  // What every process emits from its start on, whatever it does.
  local always = [
    record.series[0]
    for topic in std.objectValues(obskit)
    for record in std.objectValues(topic)
    if std.get(record, 'presence') == 'always' && 'otel' in record
  ];
  local missing(series) = |||
    label_replace(
      count by (%(job)s) (
        count by (%(instance)s) (%(all)s offset <<window_longest>>)
        unless on (%(instance)s) last_over_time(%(all)s[<<window_long>>])
        and on (%(instance)s) %(pushes)s
      ),
      "series", "%(series)s", "", ""
    )
  ||| % (names { all: q.select(series), series: series });
  [
    a.alert('ObskitTelemetryDropped', {
      keep_firing_for: '5m',
      value: q.select('obskit:telemetry_dropped:count'),
      above: '<<param:records>>',
      unit: 'short',
      legend: '{{%s}}: {{%s}}' % [signal, t.reason.label],
      params: { records: a.param('0', 0, 1000000, 'records', 'Records given up in the window that are borne.') },
      summary: 'Telemetry was given up.',
      description: '{{ $value | printf "%%.0f" }} records of {{ $labels.%s }} were given up: {{ $labels.%s }}.' % [signal, t.reason.label],
      fault: 'a process gives up one record',
      window_share: '0',
      budget: 11,
    }),
    a.alert('ObskitTelemetryDeliveryLow', {
      latency_class: 'normal',
      value: '1 - %(lost)s' % names,
      below: '<<param:ratio>>',
      guard: '%(count)s >= <<param:minimum>>' % names,
      unit: 'percentunit',
      legend: 'delivered',
      // Every record is counted: this is no estimate, and of few records a share says little.
      params: {
        ratio: a.param('0.9999', 0.5, 0.999999, 'ratio', 'Share of the records that must be delivered, over an hour.'),
        minimum: a.param('10', 1, 1000000, 'records', 'Lost records in the hour, at the least.'),
      },
      summary: 'Less of the telemetry is delivered than was promised.',
      description: 'Of the records of the last hour {{ $value | humanizePercentage }} were delivered.',
      fault: 'one record in fifty is given up',
      window_share: '0.01',
      budget: 77,
    }),
    a.alert('ObskitTelemetryExportStalled', {
      latency_class: 'slow',
      // What would have been sent, by the requests that were served and what was sent for each of them before.
      value: |||
        avg_over_time(%(exported)s[30m] offset 5m) * 300 / <<window_count>>
        * on (%(job)s) group_left () (
          avg_over_time(%(requests)s[5m])
          / (avg_over_time(%(requests)s[30m] offset 5m) > 0)
        )
      ||| % names,
      above: '<<param:records>>',
      guard: 'sum by (%s) (increase(%s[5m])) == 0' % [q.by([signal]), q.select(t.exported.name, '%s=~"traces|logs"' % signal)],
      unit: 'short',
      legend: '{{%s}}' % signal,
      params: { records: a.param('500', 50, 1000000, 'records', 'Records that were to be expected in five minutes of which none was sent.') },
      summary: 'Traces or logs are no longer sent, and requests are served as before.',
      description: 'About {{ $value | printf "%%.0f" }} records of {{ $labels.%s }} were to be expected in the last five minutes; none was sent.' % signal,
      fault: 'the sidecar takes no more traces',
      window_share: '1',
      budget: 336,
    }),
    a.alert('ObskitTelemetryStale', {
      'for': '30s',
      latency_class: 'normal',
      severity: 'critical',
      // A service without pods sends nothing, and one that has just been started not yet.
      expr: |||
        last_over_time(%(processes)s[1h] offset <<window_long>>)
        unless on (%(job)s) %(processes)s
        and on (%(job)s) label_replace(%(running)s == 1 and %(running)s offset 2m == 1, "job", "<<job>>", "", "")
      ||| % names,
      summary: 'No process of the service sends metrics any more, though its containers run.',
      description: '{{ $value }} processes of {{ $labels.job }} sent metrics and none does any more: every alert on them is blind.',
      fault: 'the metrics of every process are lost on their way',
      window_share: '1',
      budget: 96,
      panel: 'telemetry#processes',
      no_line: 'it fires where the series ends',
    }),
    a.alert('ObskitPodsUnseen', {
      'for': '2m',
      latency_class: 'normal',
      value: unseen(obskit.kubernetes.container_info.name),
      above: '0',
      unit: 'short',
      legend: 'processes',
      summary: 'Nothing tells of the pods of the service any more.',
      description: '{{ $value }} processes of {{ $labels.job }} send metrics from pods, and kube-state-metrics tells of no container <<container>> in namespace <<namespace>>: every alert on them is blind.',
      fault: 'kube-state-metrics is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitPodUsageUnseen', {
      'for': '2m',
      latency_class: 'normal',
      value: unseen(obskit.kubernetes.memory_working_set.name),
      above: '0',
      unit: 'short',
      legend: 'processes',
      summary: 'Nothing tells how much memory and CPU the service uses.',
      description: '{{ $value }} processes of {{ $labels.job }} send metrics from pods, and cAdvisor tells of no container <<container>> in namespace <<namespace>>: alerts on memory and CPU are blind.',
      fault: 'the kubelets are no longer scraped',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitTelemetrySeriesMissing', {
      // The samples of one push are moments apart.
      'for': '5s',
      latency_class: 'normal',
      keep_firing_for: '15m',
      expr: std.join('or ', [missing(series) for series in always]),
      summary: 'Processes no longer send a series that every process has.',
      description: '{{ $value }} processes of {{ $labels.job }} no longer send {{ $labels.series }}, but others: alerts on it are blind.',
      fault: 'a series of a process is not sent any more',
      window_share: '1',
      budget: 71,
      panel: 'telemetry#processes',
      no_line: 'a series is compared with that of any',
    }),
    a.alert('ObskitInstrumentationFailed', {
      keep_firing_for: '1m',
      expr: 'count by (%s) (%s == 1)' % [
        q.by([t.library.label, t.state_reason.label]),
        q.fresh(t.instrumentation_status.name, '%s="failed"' % t.state.label),
      ],
      summary: 'An instrumentation could not be started.',
      description: '{{ $value }} processes do without the instrumentation of {{ $labels.%s }}: {{ $labels.%s }}.' % [t.library.label, t.state_reason.label],
      fault: 'the instrumentation of a library fails when a process starts',
      window_share: '0',
      budget: 11,
      panel: 'telemetry#instrumentations',
      no_line: 'one that failed is one',
    }),
    a.alert('ObskitInstrumentationFaults', {
      keep_firing_for: '5m',
      value: 'sum by (%s) (\n%s)' % [q.by([t.hook.label]), q.gained(t.faults.name, t.exported.name, '5m')],
      above: '<<param:faults>>',
      unit: 'short',
      legend: '{{%s}}' % t.hook.label,
      // A hook that always fails is left out after ten faults and tried once a minute.
      params: { faults: a.param('2', 0, 1000, 'faults', 'Faults of a hook within five minutes that are borne.') },
      summary: 'A part of obskit fails again and again; the service runs without it.',
      description: '{{ $labels.%s }} failed {{ $value | printf "%%.0f" }} times within five minutes.' % t.hook.label,
      fault: 'a hook fails at every call',
      window_share: '0',
      budget: 11,
    }),
    a.alert('ObskitHeartbeat', {
      heartbeat: true,
      severity: 'info',
      // By the clock of the process: what waits in a queue is old when it arrives. In intervals of the export, since no
      // sample is younger than the last one.
      value: 'min by (%(job)s) (time() - timestamp(%(metrics)s)) / <<export_seconds>>' % names,
      below: '<<param:exports>>',
      unit: 'short',
      legend: 'age in exports',
      params: { exports: a.param('6', 2, 60, 'intervals of the export', 'Age of the newest sample up to which all is well.') },
      summary: 'Metrics arrive and alerts are sent: this one must never stop.',
      description: 'The newest sample of {{ $labels.job }} is {{ $value | printf "%.1f" }} intervals of the export old.',
      fault: 'the first sample arrives',
      window_share: '0',
      budget: 11,
    }),
  ]
