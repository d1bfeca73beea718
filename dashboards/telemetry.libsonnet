local p = import 'lib/panel.libsonnet';

function(obskit)
  local t = obskit.telemetry;
  local s = obskit.sidecars;
  local sidecar(metric) = '%s{namespace="<<namespace>>", job="<<namespace>>/obskit-<<service>>"}' % metric.name;
  local rate(by, metric) = 'sum by (%s) (rate(%s[$__rate_interval]))' % [by, sidecar(metric)];
  local rates(by, metrics, legend) = [p.query(rate(by, metric), legend) for metric in metrics];
  {
    title: 'telemetry',
    description: 'What becomes of the telemetry: what processes send and give up, what the sidecars pass on, keep and lose.',
    panels: [
      p.timeseries('exported', 'Sent', t.exported.brief, 'short', [p.query('sum by (%s) (rate(%s[$__rate_interval]))' % [t.signal.label, p.own(t.exported.name)], '{{%s}}' % t.signal.label)]),
      p.timeseries('processes', 'Processes that send metrics', 'Processes whose metrics arrive, and those that send each of the series that every process has.', 'short', [
        p.query(p.own('obskit:telemetry_processes:count'), 'any'),
      ] + [
        p.query('count(count by (instance) (%s))' % p.fresh(record.series[0]), record.series[0])
        for topic in std.objectValues(obskit)
        for record in std.objectValues(topic)
        if std.get(record, 'presence') == 'always' && 'otel' in record
      ]),
      p.table('instrumentations', 'Instrumentations', t.instrumentation_status.brief, [
        p.query('count by (%s, %s, %s) (%s == 1)' % [t.library.label, t.state.label, t.state_reason.label, p.fresh(t.instrumentation_status.name)]),
      ]),
      p.timeseries('passed', 'Passed on by the collectors', 'Spans, metric points and log records a second that backends took.', 'short', rates('exporter', [
        s.exporter_sent_spans,
        s.exporter_sent_metric_points,
        s.exporter_sent_log_records,
      ], '{{exporter}}')),
      p.timeseries('lines', 'Log lines', 'Lines a second that Fluent Bit reads, and that Loki takes.', 'short', rates('name', [s.input_records], 'read: {{name}}') + rates('name', [s.output_records], 'taken: {{name}}')),
      p.timeseries('waiting', 'Waiting in the collectors', s.exporter_queue_size.brief, 'bytes', [p.query('sum by (data_type) (%s)' % sidecar(s.exporter_queue_size), '{{data_type}}')]),
      p.timeseries('scraped', 'Sidecars that are scraped', 'Containers of each sidecar whose last scrape worked.', 'short', [p.query('sum by (container) (%s)' % sidecar(t.up), '{{container}}')]),
    ],
  }
