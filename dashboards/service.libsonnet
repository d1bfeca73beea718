local p = import 'lib/panel.libsonnet';

function(obskit)
  local http = obskit.http.server_request_duration;
  local tel = obskit.telemetry;
  local rate(series, extra='') = 'rate(%s[$__rate_interval])' % p.own(series, extra);
  local quantile(q) =
    p.query('histogram_quantile(%s, sum by (le) (%s))' % [q, rate(http.bucket)], 'p' + std.substr(q, 2, 2), { exemplar: true });
  {
    title: 'service',
    description: 'Requests, errors and durations of the service, its objectives and what it calls; and whether its telemetry arrives.',
    panels: [
      p.timeseries('requests', 'Requests', 'Requests a second by route.', 'reqps', [p.query('sum by (%s) (%s)' % [http.labels.route, rate(http.count)], '{{%s}}' % http.labels.route)], stack=true),
      p.timeseries('errors', 'Errors', 'Share of requests that ended in an error, by its type.', 'percentunit', [
        p.query(
          'sum by (%s) (%s) / ignoring (%s) group_left () sum(%s)' % [http.labels.error_type, rate(http.count, ', %s!=""' % http.labels.error_type), http.labels.error_type, rate(http.count)],
          '{{%s}}' % http.labels.error_type
        ),
      ]),
      p.timeseries('latency', 'Duration', http.brief, 's', [quantile('0.50'), quantile('0.95'), quantile('0.99')]),
      p.timeseries('active', 'In flight', obskit.http.server_active_requests.brief, 'short', [p.query('sum by (instance) (%s)' % p.fresh(obskit.http.server_active_requests.name), '{{instance}}')]),
      p.timeseries('exported', 'Telemetry sent', tel.exported.brief, 'short', [p.query('sum by (%s) (%s)' % [tel.exported.labels.signal, rate(tel.exported.name)], '{{%s}}' % tel.exported.labels.signal)], width=8),
      p.timeseries('dropped', 'Telemetry given up', tel.dropped.brief, 'short', [
        p.query('sum by (%s, %s) (%s)' % [tel.dropped.labels.signal, tel.dropped.labels.reason, rate(tel.dropped.name)], '{{%s}}: {{%s}}' % [tel.dropped.labels.signal, tel.dropped.labels.reason]),
      ], width=8),
      p.timeseries('faults', 'Contained faults', tel.faults.brief, 'short', [p.query('sum by (%s) (%s)' % [tel.faults.labels.hook, rate(tel.faults.name)], '{{%s}}' % tel.faults.labels.hook)], width=8),
      p.table('instrumentation', 'Instrumentations', tel.instrumentation_status.brief, [p.query('max by (%s, %s, %s) (%s)' % [tel.instrumentation_status.labels.library, tel.instrumentation_status.labels.state, tel.instrumentation_status.labels.state_reason, p.fresh(tel.instrumentation_status.name)])], width=24),
    ],
  }
