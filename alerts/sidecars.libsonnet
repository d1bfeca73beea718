// Alerts on the sidecars of the service's pods, from their own metrics: what they lose, refuse, and cannot pass on.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local s = obskit.sidecars;
  local pod = '<<by>>namespace, pod';
  local names = {
    pod: pod,
    exporter: pod + ', exporter',
    queue: pod + ', exporter, data_type',
    part: pod + ', name',
    container: pod + ', container',
    size: q.collector(s.exporter_queue_size.name),
    capacity: q.collector(s.exporter_queue_capacity.name),
    retries: q.fluentbit(s.output_retries.name),
    records: q.fluentbit(s.output_records.name),
    paused: q.fluentbit(s.input_paused.name),
    up: q.sidecar(obskit.telemetry.up.name, '~"obskit-(collector|fluent-bit)"'),
    running: '%s{%s, container=~"obskit-(collector|fluent-bit)"}' % [obskit.kubernetes.init_container_running.name, q.namespace],
    own: q.container(obskit.kubernetes.container_info.name),
  };
  local failed = {
    traces: q.collector(s.exporter_send_failed_spans.name),
    metrics: q.collector(s.exporter_send_failed_metric_points.name),
    logs: q.collector(s.exporter_send_failed_log_records.name),
  };
  local refused = {
    traces: q.collector(s.receiver_refused_spans.name),
    metrics: q.collector(s.receiver_refused_metric_points.name),
    logs: q.collector(s.receiver_refused_log_records.name),
  };
  local sent = [q.collector(r.name) for r in [s.exporter_sent_spans, s.exporter_sent_metric_points, s.exporter_sent_log_records]];
  local counted(counter) = q.counted(counter, q.collector(s.collector_uptime.name));
  local read(record) = q.counted(q.fluentbit(record.name), q.fluentbit(s.fluent_bit_uptime.name));
  // The signals have counters of the same labels: they are told apart before they are joined.
  local by_signal(counters) = std.join('or ', [
    'label_replace(sum by (%s) (\n%s), "signal", "%s", "", "")\n' % [pod, counted(counters[signal]), signal]
    for signal in ['traces', 'metrics', 'logs']
  ]);
  // What a counter of a collector tells where it is not what it told before.
  local sending(counter) = 'max by (%(exporter)s) (%(now)s unless %(now)s == %(before)s)' % {
    exporter: names.exporter,
    now: 'last_over_time(%s[<<scrape_minute>>s])' % counter,
    before: 'last_over_time(%s[<<scrape_minute>>s] offset <<scrape_minute>>s)' % counter,
  };
  local each = { group: 'sidecars', source: 'scrape', window_share: '0' };
  [
    a.alert('ObskitCollectorLosesRecords', each {
      keep_firing_for: '5m',
      value: by_signal(failed),
      above: '0',
      unit: 'short',
      legend: '{{pod}}: {{signal}}',
      summary: 'A backend refuses telemetry for good; the collector gives it up.',
      description: 'The backend of {{ $labels.signal }} refused {{ $value | printf "%.0f" }} records of pod {{ $labels.pod }} within <<scrape_minute>> s, and they are lost.',
      fault: 'a backend answers 400, 401, 404 or 500',
      budget: 15,
    }),
    a.alert('ObskitCollectorLosesMetrics', each {
      'for': '2m',
      latency_class: 'normal',
      severity: 'critical',
      value: 'sum by (%s) (\n%s)' % [pod, counted(failed.metrics)],
      above: '0',
      unit: 'short',
      legend: '{{pod}}',
      summary: 'Prometheus refuses metrics for good: alerts on them are blind.',
      description: 'Prometheus has been refusing metrics of pod {{ $labels.pod }} for two minutes, {{ $value | printf "%.0f" }} points within the last <<scrape_minute>> s.',
      fault: 'Prometheus answers 400, 401, 404 or 500',
      budget: 165,
    }),
    a.alert('ObskitCollectorRefusing', each {
      keep_firing_for: '5m',
      inhibited_by: a.held(['ObskitCollectorQueueFull'], ['pod']),
      value: by_signal(refused),
      above: '0',
      unit: 'short',
      legend: '{{pod}}: {{signal}}',
      summary: 'A collector takes no telemetry of its service.',
      description: 'The collector of pod {{ $labels.pod }} refused {{ $value | printf "%.0f" }} records of {{ $labels.signal }} within <<scrape_minute>> s; the service keeps them as long as it can.',
      fault: 'the collector reaches its memory limit',
      budget: 15,
    }),
    a.alert('ObskitCollectorQueueFull', each {
      keep_firing_for: '2m',
      value: 'max by (%(queue)s) (%(size)s / (%(capacity)s > 0))' % names,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{pod}}: {{data_type}}',
      // The next batch must fit: the queue stops short of its capacity.
      params: { share: a.param('0.7', 0.1, 0.99, 'ratio', 'Share of its capacity that a queue may use.') },
      summary: 'A queue of a collector is full.',
      description: 'The queue of {{ $labels.data_type }} of pod {{ $labels.pod }} is at {{ $value | humanizePercentage }} of its capacity: the service has to wait with what it sends.',
      fault: 'a queue reaches 75 % of its capacity',
      budget: 15,
    }),
    a.alert('ObskitCollectorQueueFilling', each {
      'for': '1m',
      latency_class: 'normal',
      keep_firing_for: '2m',
      inhibited_by: a.held(['ObskitCollectorQueueFull'], ['pod', 'exporter', 'data_type']),
      // Until three quarters, where a queue of large batches stops, at the lesser of two slopes: a step is soon flat.
      value: |||
        max by (%(queue)s) (
          clamp_min(0.75 * %(capacity)s - %(size)s, 0)
          / ((deriv(%(size)s[5m]) <= deriv(%(size)s[<<scrape_minute>>s]) or deriv(%(size)s[<<scrape_minute>>s])) > 0)
        )
      ||| % names,
      below: '<<param:seconds>>',
      guard: 'max by (%(queue)s) (%(size)s / (%(capacity)s > 0)) > 0.1' % names,
      unit: 's',
      legend: '{{pod}}: {{data_type}}',
      params: { seconds: a.param('900', 60, 86400, 'seconds', 'How long the rest of a queue must last.') },
      summary: 'A queue of a collector will soon be full.',
      description: 'The queue of {{ $labels.data_type }} of pod {{ $labels.pod }} will be full in {{ $value | humanizeDuration }}: its backend takes less than comes.',
      fault: 'a backend takes so much less than comes that the queue is full in ten minutes',
      window_share: '0.5',
      budget: 250,
    }),
    a.alert('ObskitCollectorExportStalled', each {
      'for': '30s',
      latency_class: 'normal',
      inhibited_by: a.held(['ObskitCollectorQueueFull', 'ObskitCollectorQueueFilling'], ['pod', 'exporter', 'data_type']),
      // Something waits all the time, and nothing is taken. A counter of what was sent is born with its first value, so
      // that none proves nothing: only of a queue that was seen three times is it known that nothing was sent.
      value: |||
        max by (%(queue)s) (
          min_over_time(%(size)s[<<scrape_minute>>s])
          and count_over_time(%(size)s[<<scrape_minute>>s]) >= 3
        )
        unless on (%(exporter)s) (
          %(sending)s
        )
      ||| % (names { sending: std.join('\n  or ', [sending(counter) for counter in sent]) }),
      above: '0',
      unit: 'bytes',
      legend: '{{pod}}: {{data_type}}',
      summary: 'A backend takes nothing from a collector.',
      description: 'For <<scrape_minute>> s pod {{ $labels.pod }} could not send any {{ $labels.data_type }}; {{ $value | humanize1024 }}B wait on its disk.',
      fault: 'a backend cannot be reached, or answers 429 or 503',
      window_share: '1',
      budget: 125,
    }),
    a.alert('ObskitFluentBitLosesLines', each {
      keep_firing_for: '5m',
      // What is given up after errors and failed retries is among the dropped records; what is too long is never read.
      value: |||
        sum by (%(part)s) (
        %(dropped)s  or
        %(long)s)
      ||| % (names { dropped: read(s.output_dropped), long: read(s.input_long_lines) }),
      above: '0',
      unit: 'short',
      legend: '{{pod}}: {{name}}',
      summary: 'Fluent Bit loses log lines.',
      description: 'Fluent Bit of pod {{ $labels.pod }} lost {{ $value | printf "%.0f" }} lines within <<scrape_minute>> s, at {{ $labels.name }}.',
      fault: 'Loki answers 400, or the buffer is full',
      budget: 15,
    }),
    a.alert('ObskitFluentBitRetrying', each {
      'for': '30s',
      latency_class: 'normal',
      inhibited_by: a.held(['ObskitFluentBitPaused'], ['pod', 'name']),
      value: |||
        sum by (%(part)s) (increase(%(retries)s[<<scrape_minute>>s]))
        unless sum by (%(part)s) (increase(%(records)s[<<scrape_minute>>s])) > 0
      ||| % names,
      above: '0',
      unit: 'short',
      legend: '{{pod}}',
      summary: 'Loki takes no log lines from Fluent Bit.',
      description: 'Fluent Bit of pod {{ $labels.pod }} failed about {{ $value | printf "%.0f" }} times within <<scrape_minute>> s, and delivered nothing.',
      fault: 'Loki cannot be reached, or answers anything but 200 and 400',
      window_share: '1',
      budget: 125,
    }),
    a.alert('ObskitFluentBitPaused', each {
      latency_class: 'normal',
      value: 'max by (%(part)s) (min_over_time(%(paused)s[<<scrape_minute>>s]))' % names,
      above: '0',
      unit: 'short',
      legend: '{{pod}}: {{name}}',
      summary: 'Fluent Bit has stopped reading, since its buffer is full.',
      description: 'Fluent Bit of pod {{ $labels.pod }} has not read the files of input {{ $labels.name }} for <<scrape_minute>> s: the oldest lines will be lost.',
      fault: 'Loki takes nothing until the buffer is full',
      window_share: '1',
      budget: 95,
    }),
    a.alert('ObskitSidecarNotScraped', each {
      latency_class: 'normal',
      // Against the sidecars that run: of a target that Prometheus does not know there is no up, and no absent() of one.
      // Each by itself a minute long: in a rollout there is always one that has just been started.
      value: |||
        count by (<<by>>namespace, container) (
          %(running)s == 1
          and on (%(container)s) %(running)s offset <<scrape_minute>>s == 1
          and on (%(pod)s) %(own)s
          unless on (%(container)s) max_over_time(%(up)s[<<scrape_minute>>s]) == 1
        )
      ||| % names,
      above: '0',
      unit: 'short',
      legend: '{{container}}',
      summary: 'Sidecars run, and Prometheus does not scrape them.',
      description: '{{ $value }} containers {{ $labels.container }} have run for <<scrape_minute>> s and were not scraped: no alert tells what they lose.',
      fault: 'a sidecar no longer answers Prometheus, or its target is gone',
      window_share: '1',
      budget: 95,
    }),
  ]
