// The share of requests that missed an objective, by window: of those that failed, and of those that were slow.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local groups = { requests_failed: 'errors', requests_slow: 'latency' };
  // Once in five minutes there is a sum of five minutes: three days of them are 864 samples to read instead of 51,840,
  // at every evaluation. What is divided by 0 is no sample. They are made beside the counts, of the same moments.
  local coarse(name) =
    record('obskit:http_%s:sum_5m' % name, 'sum_over_time(%s[5m]) / (time() %% 300 < bool <<evaluation_seconds>>) < Inf' % q.select('obskit:http_%s:count' % name));
  local ratio(name, series, window) =
    record(
      'obskit:http_%s:ratio_%s' % [name, window],
      'sum_over_time(%s[%s]) / (sum_over_time(%s[%s]) > 0)' % [q.select('obskit:http_%s:%s' % [name, series]), window, q.select('obskit:http_requests:%s' % series), window],
      groups[name]
    );
  [coarse(name) for name in ['requests', 'requests_failed', 'requests_slow']]
  + [ratio(name, 'count', window) for name in std.objectFields(groups) for window in ['5m', '30m', '1h', '2h']]
  + [ratio(name, 'sum_5m', window) for name in std.objectFields(groups) for window in ['6h', '1d', '3d']]
