// Recorded series of the telemetry itself: what was sent and given up in a window, who pushes, what was lost in an hour.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local t = obskit.telemetry;
  local signal = t.signal.label;
  local names = {
    job: q.by(),
    signal: q.by([signal]),
    reason: q.by([signal, t.reason.label]),
    exported: q.select('obskit:telemetry_exported:count'),
    dropped: q.select('obskit:telemetry_dropped:count'),
    lost: q.select('obskit:telemetry_lost:count1h'),
    sent: q.select('obskit:telemetry_sent:count1h'),
    // Of what is seen at each evaluation for the time of a window.
    once: '<<evaluation_seconds>> / <<window_count>>',
    pushed: 'last_over_time(%s[<<window_long>>])' % q.select(t.exported.name, '%s="metrics"' % signal),
    requests: 'rate(%s[<<window>>]) * <<window_count>>' % q.select(obskit.http.server_request_duration.count),
  };
  [
    record('obskit:telemetry_exported:count', 'sum by (%s) (\n%s)' % [names.signal, q.gained(t.exported.name, t.exported.name)]),
    record('obskit:telemetry_dropped:count', 'sum by (%s) (\n%s)' % [names.reason, q.gained(t.dropped.name, t.exported.name)]),
    record('obskit:telemetry_processes:count', 'count by (%(job)s) (%(pushed)s)' % names),
    record('obskit:telemetry_requests:count', 'sum by (%(job)s) (%(requests)s)' % names),
    // Sums of short counts: the series of every process for an hour would be millions of samples.
    record('obskit:telemetry_lost:count1h', 'sum by (%(job)s) (sum_over_time(%(dropped)s[1h])) * %(once)s' % names),
    record('obskit:telemetry_sent:count1h', 'sum by (%(job)s) (sum_over_time(%(exported)s[1h])) * %(once)s' % names),
    record('obskit:telemetry_lost:ratio1h', '%(lost)s / (%(lost)s + %(sent)s > 0)' % names),
  ]
