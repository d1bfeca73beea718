// Recorded series of requests and calls: how many there were in a window, and how many of them failed or were slow.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local requests = obskit.http.server_request_duration;
  local calls = obskit.http.client_request_duration;
  local l = calls.labels;
  local events(series, extra='') = q.events(series, obskit.runtime.memory_usage.name, extra);
  local sum(labels, events) = 'sum by (%s) (\n%s)' % [q.by(labels), events];
  // `what` is the middle of the names.
  local shares(what, name, group='') =
    local n = q.select('obskit:%s:count' % what);
    local some = q.select('obskit:%s_%s:count' % [what, name]);
    [
      record('obskit:%s_%s:ratio' % [what, name], 'clamp(%s / (%s > 0), 0, 1)' % [some, n], group),
      record('obskit:%s_%s:bound' % [what, name], q.wilson(n, q.select('obskit:%s_%s:ratio' % [what, name])), group),
    ];
  local zero = '%s * 0' % q.select('obskit:http_requests:count');
  local gone = q.select(obskit.telemetry.alerts.name, 'alertstate="firing", alertname="ObskitServiceTrafficGone"');
  [
    record('obskit:http_requests:count', sum([], events(requests.count))),
    // error.type stands on every answer of 5xx and on what ended in an exception, and on nothing else.
    record('obskit:http_requests_failed:count', '%s\nor %s' % [sum([], events(requests.count, '%s!=""' % requests.labels.error_type)), zero]),
    record('obskit:http_requests_slow:count', 'clamp_min(%s - %s, 0)' % [
      q.select('obskit:http_requests:count'),
      sum([], events(requests.bucket, '<<slo_latency_le>>')),
    ]),
  ]
  + shares('http_requests', 'failed')
  + shares('http_requests', 'slow')
  + [
    // While the traffic is gone, its absence is not learnt.
    record('obskit:http_requests:healthy', '%s unless on (%s) %s' % [q.select('obskit:http_requests:count'), q.by(), gone]),
    // What nineteen of twenty windows of an hour had at least: of traffic that comes and goes, nothing.
    record('obskit:http_requests:usual', 'quantile_over_time(0.05, %s[1h] offset 1m)' % q.select('obskit:http_requests:healthy')),
  ]
  + [
    record('obskit:http_calls:count', sum([l.server_address, l.server_port], events(calls.count)), 'calls'),
    // An answer of 4xx is of the caller's making, but for the one that says that there are too many.
    record(
      'obskit:http_calls_failed:count',
      sum(
        [l.server_address, l.server_port],
        events(calls.count, '%s!="", %s!~"4([013-9].|2[0-8])"' % [l.error_type, l.http_response_status_code])
      ),
      'calls'
    ),
    record('obskit:http_calls_slow:count', 'clamp_min(%s - %s, 0)' % [
      q.select('obskit:http_calls:count'),
      sum([l.server_address, l.server_port], events(calls.bucket, '<<slo_latency_le>>')),
    ], 'calls'),
  ]
  + shares('http_calls', 'failed', 'calls')
  + shares('http_calls', 'slow', 'calls')
  + [
    record('obskit:http_calls:usual', 'quantile_over_time(0.05, %s[1h] offset 1m)' % q.select('obskit:http_calls:count'), 'calls'),
    record('obskit:http_calls_slow:usual', 'avg_over_time(%s[6h] offset 5m)' % q.select('obskit:http_calls_slow:ratio'), 'calls'),
  ]
