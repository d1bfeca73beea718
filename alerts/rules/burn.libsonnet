// The share of requests that missed an objective, by window: of those that failed, and of those that were slow.
// The long windows read the counts of the short one, which are two series, and not those of every route and process.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit) [
  record(
    'obskit:http_requests_%s:ratio_%s' % [name, window],
    'sum_over_time(%s[%s]) / (sum_over_time(%s[%s]) > 0)' % [
      q.select('obskit:http_requests_%s:count' % name),
      window,
      q.select('obskit:http_requests:count'),
      window,
    ],
    { failed: 'errors', slow: 'latency' }[name]
  )
  for name in ['failed', 'slow']
  for window in ['5m', '30m', '1h', '2h', '6h', '1d', '3d']
]
